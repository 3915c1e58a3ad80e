import { Field, makeStyles, Radio, RadioGroup, tokens } from "@fluentui/react-components";
import { useState } from "react";
import type { AuthType, Options } from "../api/types";
import { BasicInfo } from "./BasicInfo";
import type { Draft } from "./draft";
import { Guide } from "./Guide";
import { ServerDetail } from "./ServerDetail";
import { type Form, inputId } from "./useForm";
import type { Held } from "./validate";

const useStyles = makeStyles({
  columns: {
    display: "flex",
    alignItems: "flex-start",
    gap: tokens.spacingHorizontalXXL,
    "@media (max-width: 900px)": { flexDirection: "column-reverse", alignItems: "stretch" },
  },
  form: {
    flex: "1 1 0",
    minWidth: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXL,
  },
  section: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
  heading: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
  guide: {
    flex: "0 0 340px",
    minWidth: 0,
    padding: tokens.spacingHorizontalM,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    "@media (max-width: 900px)": { flex: "none" },
  },
  summary: { cursor: "pointer", fontWeight: tokens.fontWeightSemibold },
  steps: { marginTop: tokens.spacingVerticalM },
});

interface Props {
  form: Form;
  options: Options;
  held: Held;
  base: Draft;
  /** An existing config can move to the other auth type. */
  isNew: boolean;
}

const WIDE = "(min-width: 901px)";

function GuideBeside({ options, form }: Pick<Props, "options" | "form">) {
  const styles = useStyles();
  const [open] = useState(() => matchMedia(WIDE).matches);
  const { hostName } = form.draft;
  const provider = options.providers.find((it) => it.hostName === hostName) ?? options.providers[0];
  return (
    <details open={open} className={styles.guide}>
      <summary className={styles.summary}>Where to find these in the Azure portal</summary>
      <div className={styles.steps}>
        <Guide redirectUri={options.redirectUri} portalUrl={provider?.portalUrl} />
      </div>
    </details>
  );
}

function TypeChoice({ form }: { form: Form }) {
  return (
    <Field label="Auth type">
      <RadioGroup
        layout="horizontal"
        id={inputId("authType")}
        value={form.draft.authType}
        onChange={(_, { value }) => {
          form.set({ authType: value as AuthType });
        }}
      >
        <Radio value="basic" label="Basic (password)" />
        <Radio value="oauth2.0" label="OAuth2" />
      </RadioGroup>
    </Field>
  );
}

export function FormBody({ form, options, held, base, isNew }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.columns}>
      <div className={styles.form}>
        <section className={styles.section} aria-labelledby="server-detail">
          <h3 id="server-detail" className={styles.heading}>
            Server Detail
          </h3>
          {!isNew && <TypeChoice form={form} />}
          <ServerDetail
            key={form.draft.authType}
            form={form}
            options={options}
            held={held}
            heldExpiry={base.clientSecretExpiresOn}
          />
        </section>
        <section className={styles.section} aria-labelledby="server-basic-info">
          <h3 id="server-basic-info" className={styles.heading}>
            Server Basic Info
          </h3>
          <BasicInfo form={form} wasDefault={base.isDefault} />
        </section>
      </div>
      {form.draft.authType === "oauth2.0" && <GuideBeside options={options} form={form} />}
    </div>
  );
}
