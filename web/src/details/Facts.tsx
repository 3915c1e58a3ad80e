import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import type { Config } from "../api/types";
import { calendarDate } from "../ui/time";
import { When } from "../ui/When";
import { SignaturePreview } from "./SignaturePreview";

const useStyles = makeStyles({
  heading: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
  list: {
    display: "grid",
    gridTemplateColumns: "minmax(110px, max-content) 1fr",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
  },
  pair: { display: "contents" },
  name: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0, minWidth: 0, overflowWrap: "anywhere" },
});

function when(at: string | undefined): ReactNode {
  return at ? <When at={at} /> : null;
}

function checks(config: Config): [string, ReactNode][] {
  return [
    ["Last check", when(config.checkedAt) ?? "not yet"],
    ["Next check", when(config.nextCheckAt) ?? "none planned"],
    ["Verified", when(config.verifiedAt)],
    ["Token refreshed", when(config.tokenRefreshedAt)],
  ];
}

function server(config: Config): [string, ReactNode][] {
  const expiry = config.clientSecretExpiresOn;
  return [
    ["Host Name", `${config.hostName}, port ${config.port}, ${config.security.toUpperCase()}`],
    ["Auth type", config.authType],
    ["Authorization URL", config.authorizationUrl],
    ["Token Service URL", config.tokenUrl],
    ["Redirect URI", config.redirectUri],
    ["Client ID", config.clientId],
    ["Client Secret expires", expiry && calendarDate(expiry)],
  ];
}

function sending(config: Config): [string, ReactNode][] {
  return [
    ["From", config.fromAddress ?? config.userName],
    ["From Name", config.fromName],
    ["Reply To", config.replyTo],
    ["Default", config.isDefault ? "Yes: mail that names no mailbox goes out here" : null],
    ["Signature", config.signature && <SignaturePreview html={config.signature} />],
  ];
}

function origin(config: Config): [string, ReactNode][] {
  return [
    ["Added", <span key="c">{when(config.createdAt)} by {config.createdBy}</span>],
    ["Changed", <span key="u">{when(config.updatedAt)} by {config.updatedBy}</span>],
  ];
}

function List({ title, facts }: { title: string; facts: [string, ReactNode][] }) {
  const styles = useStyles();
  return (
    <section>
      <h3 className={styles.heading}>{title}</h3>
      <dl className={styles.list}>
        {facts
          .filter(([, value]) => value !== null && value !== undefined && value !== "")
          .map(([name, value]) => (
            <div key={name} className={styles.pair}>
              <dt className={styles.name}>{name}</dt>
              <dd className={styles.value}>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

export function Facts({ config }: { config: Config }) {
  return (
    <>
      <List title="Checks" facts={checks(config)} />
      <List title="Server Detail" facts={server(config)} />
      <List title="Server Basic Info" facts={sending(config)} />
      <List title="Record" facts={origin(config)} />
    </>
  );
}
