import { Link, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { CopyButton } from "../ui/CopyButton";
import { inputId } from "./useForm";
import type { Field } from "./draft";

const useStyles = makeStyles({
  root: { fontSize: tokens.fontSizeBase300, lineHeight: tokens.lineHeightBase300 },
  list: {
    margin: 0,
    paddingInlineStart: tokens.spacingHorizontalXL,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
  },
  title: { display: "block", fontWeight: tokens.fontWeightSemibold },
  fills: { display: "block", color: tokens.colorNeutralForeground2 },
  uri: { overflowWrap: "anywhere", fontFamily: tokens.fontFamilyMonospace },
});

/** Names a field of the form, and goes there. */
function Go({ to, children }: { to: Field | "redirectUri"; children: string }) {
  const id = to === "redirectUri" ? "field-redirectUri" : inputId(to);
  return (
    <Link
      as="button"
      type="button"
      inline
      onClick={() => {
        const target = document.getElementById(id) ?? document.getElementById(`${id}-replace`);
        target?.scrollIntoView({ block: "center" });
        target?.focus();
      }}
    >
      {children}
    </Link>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles();
  return (
    <li>
      <strong className={styles.title}>{title}</strong>
      {children}
    </li>
  );
}

function Fills({ children }: { children: ReactNode }) {
  return <span className={useStyles().fills}>Fills {children}.</span>;
}

interface Props {
  redirectUri: string;
  portalUrl: string | undefined;
}

/** What to click in the Azure portal, in its order, and which field each step fills. */
export function Guide({ redirectUri, portalUrl }: Props) {
  const styles = useStyles();
  const portal = portalUrl ?? "https://entra.microsoft.com";
  return (
    <div className={styles.root}>
      <ol className={styles.list}>
        <Step title="Register an application">
          In the{" "}
          <Link href={portal} target="_blank" rel="noreferrer" inline>
            Microsoft Entra admin center
          </Link>{" "}
          open <em>Entra ID › App registrations › New registration</em>. Give it a name, and choose{" "}
          <em>Accounts in this organizational directory only</em>.
        </Step>
        <Step title="Redirect URI">
          On the same page, choose the platform <em>Web</em> and paste the{" "}
          <Go to="redirectUri">Redirect URI</Go>: <span className={styles.uri}>{redirectUri}</span>{" "}
          <CopyButton text={redirectUri} what="the redirect URI of the guide" /> Then press{" "}
          <em>Register</em>.
        </Step>
        <Step title="Client secret">
          Open <em>Certificates & secrets › Client secrets › New client secret</em>, choose when it
          expires (at most 24 months), and press <em>Add</em>. Copy its <em>Value</em> now: the
          portal never shows it again. The <em>Secret ID</em> is not it.
          <Fills>
            <Go to="clientSecret">Client Secret</Go> and{" "}
            <Go to="clientSecretExpiresOn">Client Secret expires on</Go>
          </Fills>
        </Step>
        <Step title="API permissions">
          Open <em>API permissions › Add a permission › Microsoft Graph › Delegated permissions</em>,
          tick <em>SMTP.Send</em> and <em>IMAP.AccessAsUser.All</em>, and press{" "}
          <em>Add permissions</em>. If your users may not consent themselves, press{" "}
          <em>Grant admin consent</em> too.
        </Step>
        <Step title="Client ID">
          Open <em>Overview</em> and copy the <em>Application (client) ID</em>.
          <Fills>
            <Go to="clientId">Client ID</Go>
          </Fills>
        </Step>
        <Step title="Endpoints">
          On <em>Overview</em> press <em>Endpoints</em> and copy the{" "}
          <em>OAuth 2.0 authorization endpoint (v2)</em>; the token endpoint beside it is filled in
          for you.
          <Fills>
            <Go to="authorizationUrl">Authorization URL</Go> and{" "}
            <Go to="tokenUrl">Token Service URL</Go>
          </Fills>
        </Step>
        <Step title="Authorize">
          Enter the mailbox as <Go to="userName">User Name</Go>, press <em>Authorize</em>, sign in as
          that mailbox, and accept.
        </Step>
      </ol>
    </div>
  );
}
