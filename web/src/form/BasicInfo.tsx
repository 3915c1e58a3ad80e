import { Checkbox, makeStyles, tokens } from "@fluentui/react-components";
import { SignatureField } from "../signature/SignatureField";
import { TextField } from "./TextField";
import type { Form } from "./useForm";

const useStyles = makeStyles({
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "flex-start",
    gap: tokens.spacingHorizontalM,
  },
  half: { flex: "1 1 220px", minWidth: 0 },
});

/** What recipients see. */
export function BasicInfo({ form, wasDefault }: { form: Form; wasDefault: boolean }) {
  const styles = useStyles();
  return (
    <>
      <div className={styles.row}>
        <TextField
          form={form}
          name="fromAddress"
          label="From Address"
          inputMode="email"
          hint="The user name, unless given. Another address needs the right to send as it."
          className={styles.half}
        />
        <TextField form={form} name="fromName" label="From Name" className={styles.half} />
      </div>
      <TextField
        form={form}
        name="replyTo"
        label="Reply To"
        inputMode="email"
        hint="Where answers go, if not to the sender."
      />
      <SignatureField form={form} />
      <Checkbox
        id="field-isDefault"
        label="Use for mail that names no mailbox (default)"
        disabled={wasDefault}
        checked={form.draft.isDefault}
        onChange={(_, { checked }) => {
          form.set({ isDefault: checked === true });
        }}
      />
    </>
  );
}
