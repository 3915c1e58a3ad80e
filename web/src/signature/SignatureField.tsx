import { Field, Spinner } from "@fluentui/react-components";
import { lazy, Suspense } from "react";
import { messageFor } from "../form/TextField";
import type { Form } from "../form/useForm";

// The editor weighs more than the rest of the form: it comes when somebody opens the form.
const Editor = lazy(() => import("./Editor"));

export function SignatureField({ form }: { form: Form }) {
  return (
    <Field label={{ children: "Signature", id: "signature-label" }} {...messageFor(form, "signature")}>
      <div>
        <Suspense fallback={<Spinner size="tiny" label="Loading the editor…" />}>
          <Editor
            value={form.draft.signature}
            labelledBy="signature-label"
            onChange={(signature) => {
              form.set({ signature });
            }}
          />
        </Suspense>
      </div>
    </Field>
  );
}
