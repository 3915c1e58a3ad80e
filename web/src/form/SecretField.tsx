import { Button, Field, Input, makeStyles, Text, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled, EyeOffRegular, EyeRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { messageFor } from "./TextField";
import { type Form, inputId } from "./useForm";

const useStyles = makeStyles({
  set: { display: "flex", alignItems: "center", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
  icon: { color: tokens.colorStatusSuccessForeground1 },
  keep: { marginTop: tokens.spacingVerticalXS },
});

interface Props {
  form: Form;
  name: "password" | "clientSecret";
  label: string;
  hint?: string;
  /** The server holds one already; it never sends it back. */
  held: boolean;
  onReplace?: () => void;
  onKeep?: () => void;
}

function focusLater(id: string): void {
  setTimeout(() => document.getElementById(id)?.focus(), 0);
}

function SecretInput({ form, name, label, hint, held }: Props) {
  const [shown, setShown] = useState(false);
  const reveal = (
    <Button
      size="small"
      appearance="transparent"
      icon={shown ? <EyeOffRegular /> : <EyeRegular />}
      aria-label={`Show the ${label.toLowerCase()}`}
      aria-pressed={shown}
      onClick={() => {
        setShown(!shown);
      }}
    />
  );
  return (
    <Field
      label={{ children: label, htmlFor: inputId(name) }}
      required={!held}
      {...(hint !== undefined && { hint })}
      {...messageFor(form, name)}
    >
      <Input
        id={inputId(name)}
        type={shown ? "text" : "password"}
        autoComplete="new-password"
        spellCheck={false}
        value={form.draft[name]}
        contentAfter={reveal}
        onBlur={() => {
          form.leave(name);
        }}
        onChange={(_, { value }) => {
          form.set({ [name]: value });
        }}
      />
    </Field>
  );
}

/** A secret shows as set, with Replace; or takes a new one. */
export function SecretField(props: Props) {
  const { form, name, label, held, onReplace, onKeep } = props;
  const styles = useStyles();
  const [replacing, setReplacing] = useState(false);
  const replaceId = `${inputId(name)}-replace`;
  if (!held) return <SecretInput {...props} />;
  if (replacing) {
    return (
      <div>
        <SecretInput {...props} />
        <Button
          size="small"
          className={styles.keep}
          onClick={() => {
            setReplacing(false);
            form.set({ [name]: "" });
            onKeep?.();
            focusLater(replaceId);
          }}
        >
          Keep the current one
        </Button>
      </div>
    );
  }
  return (
    <div role="group" aria-label={label}>
      <Text block>{label}</Text>
      <span className={styles.set}>
        <CheckmarkCircleFilled aria-hidden className={styles.icon} />
        <Text>Set</Text>
        <Button
          size="small"
          id={replaceId}
          aria-label={`Replace the ${label.toLowerCase()}`}
          onClick={() => {
            setReplacing(true);
            onReplace?.();
            focusLater(inputId(name));
          }}
        >
          Replace
        </Button>
      </span>
    </div>
  );
}
