import { Field, Input, type InputProps, makeStyles } from "@fluentui/react-components";
import type { Draft, Field as Name } from "./draft";
import { type Form, inputId } from "./useForm";

type TextName = {
  [Key in Name]: Draft[Key] extends boolean ? never : Key;
}[Name];

interface Props {
  form: Form;
  name: TextName;
  label: string;
  required?: boolean;
  hint?: string;
  type?: InputProps["type"];
  inputMode?: "numeric" | "email" | "url";
  autoComplete?: string;
  className?: string;
  /** Instead of storing what is typed as it is. */
  onType?: (value: string) => void;
}

// An input asks for room for 20 characters, which a port does not need.
const useStyles = makeStyles({ input: { minWidth: 0, width: "100%" } });

/** The sentence under a field: what is wrong, or advice. */
export function messageFor(form: Form, name: Name) {
  const error = form.errorAt(name);
  if (error) return { validationState: "error", validationMessage: error } as const;
  const advice = form.hintAt(name);
  if (advice) return { validationState: "warning", validationMessage: advice } as const;
  return {};
}

export function TextField({ form, name, label, required = false, hint, ...rest }: Props) {
  const styles = useStyles();
  const { type = "text", inputMode, autoComplete = "off", className, onType } = rest;
  return (
    <Field
      className={className}
      label={{ children: label, htmlFor: inputId(name) }}
      required={required}
      {...(hint !== undefined && { hint })}
      {...messageFor(form, name)}
    >
      <Input
        id={inputId(name)}
        className={styles.input}
        type={type}
        inputMode={inputMode}
        autoComplete={autoComplete}
        spellCheck={false}
        value={form.draft[name]}
        onBlur={() => {
          form.leave(name);
        }}
        onChange={(_, { value }) => {
          if (onType) onType(value);
          else form.set({ [name]: value });
        }}
      />
    </Field>
  );
}
