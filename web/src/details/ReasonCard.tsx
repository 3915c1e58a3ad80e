import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from "@fluentui/react-components";
import type { Owner, Reason } from "../api/types";
import { CopyButton } from "../ui/CopyButton";
import { When } from "../ui/When";

const useStyles = makeStyles({
  body: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    paddingBottom: tokens.spacingVerticalS,
    overflowWrap: "anywhere",
  },
  copied: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
  code: {
    flex: "1 1 200px",
    minWidth: 0,
    margin: 0,
    padding: tokens.spacingHorizontalS,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
  facts: { display: "grid", gridTemplateColumns: "auto 1fr", columnGap: tokens.spacingHorizontalM, margin: 0 },
  value: { margin: 0, minWidth: 0 },
});

const OWNERS: Record<Owner, string> = {
  "application admin": "Application administrator: who keeps the app registration and this page",
  "mailbox user": "Mailbox user: the person who signs in as the mailbox",
  "tenant admin": "Tenant administrator: who keeps Exchange Online and Entra ID's policies",
  network: "Whoever keeps the mail server and the network",
  wait: "Nobody: it is tried again by itself",
};

interface Props {
  reason: Reason;
  intent: "error" | "warning";
}

/** The PowerShell line stands by itself, where it can be copied. */
export function remedyWithout(command: string | undefined, remedy: string): string {
  return command ? remedy.replace(command, "").trimEnd() : remedy;
}

/** What somebody will want to paste elsewhere. */
export function CopiedText({ text, what }: { text: string; what: string }) {
  const styles = useStyles();
  return (
    <span className={styles.copied}>
      <code className={styles.code}>{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

/** What is wrong, what helps, and who can act. */
export function ReasonCard({ reason, intent }: Props) {
  const styles = useStyles();
  const { command, detail, reference } = reason;
  const support = [detail, reference && `Reference: ${reference}`].filter(Boolean).join("\n");
  return (
    <MessageBar
      intent={reason.owner === "wait" ? "info" : intent}
      layout="multiline"
      data-reason={reason.code}
    >
      <MessageBarBody className={styles.body}>
        <MessageBarTitle>{reason.title}</MessageBarTitle>
        <span>{remedyWithout(command, reason.remedy)}</span>
        {command && <CopiedText text={command} what="the PowerShell line" />}
        <dl className={styles.facts}>
          <dt>Who can act</dt>
          <dd className={styles.value}>{OWNERS[reason.owner]}</dd>
          <dt>Since</dt>
          <dd className={styles.value}>
            <When at={reason.at} />
          </dd>
        </dl>
        {support && <CopiedText text={support} what="the details for support" />}
      </MessageBarBody>
    </MessageBar>
  );
}
