import {
  Button,
  Link,
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Text,
  tokens,
  useFocusFinders,
} from "@fluentui/react-components";
import { MailRegular } from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { SIGN_IN, SIGN_OUT } from "../api/session";
import { OutgoingMail } from "../list/OutgoingMail";
import { type Entry, useEntry } from "./entry";

const useStyles = makeStyles({
  header: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    // Ends where the main part ends, however wide the screen is.
    paddingBlock: tokens.spacingVerticalS,
    paddingInline: `max(${tokens.spacingHorizontalL}, calc((100% - 1600px) / 2))`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  path: { flexGrow: 1, minWidth: 0 },
  person: { display: "flex", gap: tokens.spacingHorizontalM, minWidth: 0, overflowWrap: "anywhere" },
  main: { padding: tokens.spacingHorizontalL, maxWidth: "1600px", margin: "0 auto" },
  notice: {
    display: "flex",
    flexDirection: "column",
    alignItems: "flex-start",
    gap: tokens.spacingVerticalL,
    maxWidth: "560px",
    margin: `${tokens.spacingVerticalXXXL} auto`,
  },
  title: { fontSize: tokens.fontSizeBase600, lineHeight: tokens.lineHeightBase600, margin: 0 },
});

function Notice({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles();
  return (
    <div className={styles.notice}>
      <h1 className={styles.title}>{title}</h1>
      {children}
    </div>
  );
}

function Content({ entry, again }: { entry: Entry; again: () => void }) {
  switch (entry.at) {
    case "loading":
      return <Spinner label="Loading…" />;
    case "signedOut":
      return (
        <Notice title="Outgoing Mail">
          <Text>Sign in to see and change the mailboxes that your organization sends mail from.</Text>
          <Button as="a" appearance="primary" href={SIGN_IN}>
            Sign in
          </Button>
        </Notice>
      );
    case "forbidden":
      return (
        <Notice title="You have no access to Outgoing Mail">
          <MessageBar intent="error" layout="multiline">
            <MessageBarBody>
              <MessageBarTitle>Not allowed</MessageBarTitle>
              {entry.message}
            </MessageBarBody>
          </MessageBar>
          <Text>
            An administrator of your directory assigns roles in Microsoft Entra ID, under Enterprise
            applications. After that, sign out and in again.
          </Text>
        </Notice>
      );
    case "failed":
      return (
        <Notice title="Outgoing Mail">
          <MessageBar intent="error" layout="multiline">
            <MessageBarBody>
              <MessageBarTitle>The page could not be loaded</MessageBarTitle>
              {entry.message}
            </MessageBarBody>
          </MessageBar>
          <Button appearance="primary" onClick={again}>
            Try again
          </Button>
        </Notice>
      );
    case "ready":
      return <OutgoingMail session={entry.session} options={entry.options} />;
  }
}

function nameOf(entry: Entry): string | null {
  if (entry.at === "ready") return entry.session.name;
  return entry.at === "forbidden" ? entry.name : null;
}

export function App() {
  const styles = useStyles();
  const [entry, again] = useEntry();
  // Fluent drops its focus manager with the last component that uses it, before the manager has
  // shown what lay behind a dialog to screen readers again. This keeps one user for good.
  useFocusFinders();
  const name = nameOf(entry);
  return (
    <>
      <header className={styles.header}>
        <MailRegular fontSize={24} aria-hidden />
        <Text className={styles.path}>Settings › System › Outgoing Mail</Text>
        {name !== null && (
          <span className={styles.person}>
            <Text>{name}</Text>
            <Link href={SIGN_OUT}>Sign out</Link>
          </span>
        )}
      </header>
      <main id="main" className={styles.main}>
        <Content entry={entry} again={again} />
      </main>
    </>
  );
}
