import { Field, FieldContextProvider } from "@fluentui/react-components";
import { messageFor } from "../form/TextField";
import type { Form } from "../form/useForm";
import { later, PartNotLoaded } from "../ui/later";

// The editor weighs more than the rest of the form: it comes when somebody opens the form.
const Editor = later(async () => (await import("./Editor")).default, PartNotLoaded);

export function SignatureField({ form }: { form: Form }) {
  return (
    <Field label={{ children: "Signature", id: "signature-label" }} {...messageFor(form, "signature")}>
      {/* The editor has inputs of its own, which must not take this field's label for theirs. */}
      <FieldContextProvider value={undefined}>
        <Editor
          value={form.draft.signature}
          labelledBy="signature-label"
          onChange={(signature) => {
            form.set({ signature });
          }}
        />
      </FieldContextProvider>
    </Field>
  );
}
