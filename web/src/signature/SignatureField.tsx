import { Field, FieldContextProvider, Spinner } from "@fluentui/react-components";
import { lazy, Suspense } from "react";
import { messageFor } from "../form/TextField";
import type { Form } from "../form/useForm";

// The editor weighs more than the rest of the form: it comes when somebody opens the form.
const Editor = lazy(() => import("./Editor"));

export function SignatureField({ form }: { form: Form }) {
  return (
    <Field label={{ children: "Signature", id: "signature-label" }} {...messageFor(form, "signature")}>
      {/* The editor has inputs of its own, which must not take this field's label for theirs. */}
      <FieldContextProvider value={undefined}>
        <Suspense fallback={<Spinner size="tiny" label="Loading the editor…" />}>
          <Editor
            value={form.draft.signature}
            labelledBy="signature-label"
            onChange={(signature) => {
              form.set({ signature });
            }}
          />
        </Suspense>
      </FieldContextProvider>
    </Field>
  );
}
