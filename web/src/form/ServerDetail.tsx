import { Field, Input, makeStyles, Select, tokens } from "@fluentui/react-components";
import type { Options, Security } from "../api/types";
import { CopyButton } from "../ui/CopyButton";
import { SecretField } from "./SecretField";
import { TextField } from "./TextField";
import { withUrl } from "./urlPair";
import { type Form, inputId } from "./useForm";
import type { Held } from "./validate";

const useStyles = makeStyles({
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "flex-start",
    gap: tokens.spacingHorizontalM,
  },
  wide: { flex: "3 1 220px", minWidth: 0 },
  narrow: { flex: "1 1 90px", minWidth: 0 },
  middle: { flex: "1 1 130px", minWidth: 0 },
  date: { maxWidth: "300px" },
  copy: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
  grow: { flexGrow: 1, minWidth: 0 },
});

interface Props {
  form: Form;
  options: Options;
  held: Held;
  /** The expiry date that belongs to the secret the server holds. */
  heldExpiry: string;
}

const PORTS: Record<Security, string> = { starttls: "587", tls: "465" };

function Server({ form }: { form: Form }) {
  const styles = useStyles();
  const { draft } = form;
  return (
    <div className={styles.row}>
      <TextField form={form} name="hostName" label="Host Name" required className={styles.wide} />
      <TextField
        form={form}
        name="port"
        label="Port"
        required
        inputMode="numeric"
        className={styles.narrow}
      />
      <Field
        label={{ children: "Security", htmlFor: inputId("security") }}
        className={styles.middle}>
        <Select
          id={inputId("security")}
          value={draft.security}
          onChange={(_, { value }) => {
            const security = value as Security;
            const usual = draft.port === PORTS[draft.security];
            form.set({ security, ...(usual && { port: PORTS[security] }) });
          }}
        >
          <option value="starttls">STARTTLS</option>
          <option value="tls">TLS</option>
        </Select>
      </Field>
    </div>
  );
}

/** Shown as it must be registered; nobody types it. */
function RedirectUri({ value }: { value: string }) {
  const styles = useStyles();
  return (
    <Field
      label={{ children: "Redirect URI", htmlFor: "field-redirectUri" }}
      hint="Register exactly this one, under Web."
    >
      {(control) => (
        <div className={styles.copy}>
          <Input {...control} id="field-redirectUri" className={styles.grow} readOnly value={value} />
          <CopyButton text={value} what="the redirect URI" />
        </div>
      )}
    </Field>
  );
}

function ClientSecret({ form, held, heldExpiry }: Omit<Props, "options">) {
  const styles = useStyles();
  return (
    <>
      <SecretField
        form={form}
        name="clientSecret"
        label="Client Secret"
        hint="The secret's Value, which the portal shows once; not its Secret ID."
        held={held.clientSecret}
        onReplace={() => {
          // The date belongs to the old secret.
          form.set({ clientSecretExpiresOn: "" });
        }}
        onKeep={() => {
          form.set({ clientSecretExpiresOn: heldExpiry });
        }}
      />
      <TextField
        form={form}
        name="clientSecretExpiresOn"
        label="Client Secret expires on"
        type="date"
        hint="The portal shows it under Expires. You are warned 30 days before."
        className={styles.date}
      />
    </>
  );
}

function OAuthFields({ form, options, held, heldExpiry }: Props) {
  const typeUrl = (field: "authorizationUrl" | "tokenUrl") => (value: string) => {
    form.set(withUrl(form.draft, field, value, options.providers));
  };
  return (
    <>
      <TextField
        form={form}
        name="authorizationUrl"
        label="Authorization URL"
        required
        inputMode="url"
        onType={typeUrl("authorizationUrl")}
      />
      <TextField
        form={form}
        name="tokenUrl"
        label="Token Service URL"
        required
        inputMode="url"
        onType={typeUrl("tokenUrl")}
      />
      <RedirectUri value={options.redirectUri} />
      <TextField form={form} name="clientId" label="Client ID" required />
      <ClientSecret form={form} held={held} heldExpiry={heldExpiry} />
    </>
  );
}

/** Where the mail server is, and how to sign in to it. */
export function ServerDetail(props: Props) {
  const { form, held } = props;
  const oauth = form.draft.authType === "oauth2.0";
  return (
    <>
      <Server form={form} />
      {oauth && <OAuthFields {...props} />}
      <TextField
        form={form}
        name="userName"
        label="User Name"
        required
        hint={oauth ? "The mailbox that signs in at Microsoft." : "What the mail server knows it by."}
      />
      {!oauth && (
        <SecretField form={form} name="password" label="Password" held={held.password} />
      )}
    </>
  );
}
