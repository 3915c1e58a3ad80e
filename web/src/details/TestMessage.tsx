import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { useState } from "react";
import { getConfig, sendTestMessage } from "../api/configs";
import { ApiProblem, sentenceFor, SignedOut } from "../api/problem";
import type { Config, TestMessageOutcome } from "../api/types";
import { SessionEndBar, sessionEnded } from "../app/sessionEnd";
import { useReturnFocus } from "../ui/useReturnFocus";
import { addressOfPerson, problemOfRecipient, sentenceOfTrial } from "../flows/trial";
import { CopiedText, ReasonCard } from "./ReasonCard";

const useStyles = makeStyles({
  form: { display: "contents" },
  content: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    overflowWrap: "anywhere",
  },
  text: { margin: 0 },
  reply: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    paddingBottom: tokens.spacingVerticalS,
  },
});

const INPUT = "test-message-to";

interface Props {
  config: Config;
  /** Who is signed in. */
  person: string;
  /** A message was tried: the config as it is now. */
  onTried: (config: Config) => void;
  onClose: () => void;
}

interface Trial {
  to: string;
  outcome: TestMessageOutcome;
}

interface Trying {
  busy: boolean;
  trial: Trial | null;
  /** What is wrong with the address. */
  error: string | null;
  /** Why the service could not say how it went. */
  failure: string | null;
  send: (to: string) => Promise<void>;
  forgive: () => void;
}

function errorAtRecipient(failure: unknown): string | null {
  if (!(failure instanceof ApiProblem)) return null;
  return failure.errors.find(({ pointer }) => pointer === "/to")?.message ?? null;
}

function refuse(set: (error: string) => void, error: string): void {
  set(error);
  document.getElementById(INPUT)?.focus();
}

function useTrying(config: Config, onTried: Props["onTried"]): Trying {
  const [busy, setBusy] = useState(false);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  const fail = (problem: unknown) => {
    const wrong = errorAtRecipient(problem);
    if (wrong !== null) refuse(setError, wrong);
    // The session's end is told by itself, for as long as that is so.
    else if (problem instanceof SignedOut) sessionEnded();
    else setFailure(sentenceFor(problem));
  };
  const attempt = async (to: string) => {
    try {
      setTrial({ to, outcome: await sendTestMessage(config.id, to) });
      // What it found out about the mailbox counts like a check.
      onTried((await getConfig(config.id)).data);
    } catch (problem) {
      fail(problem);
    }
  };
  const send = async (typed: string) => {
    if (busy) return;
    const wrong = problemOfRecipient(typed);
    if (wrong !== null) {
      refuse(setError, wrong);
      return;
    }
    setError(null);
    setFailure(null);
    setTrial(null);
    setBusy(true);
    await attempt(typed.trim());
    setBusy(false);
  };
  return {
    busy,
    trial,
    error,
    failure,
    send,
    forgive: () => {
      setError(null);
    },
  };
}

function Outcome({ to, outcome }: Trial) {
  const styles = useStyles();
  const { serverReply, messageId, reason } = outcome;
  if (outcome.outcome === "failed") {
    return (
      <>
        <p className={styles.text}>{sentenceOfTrial(outcome, to)}</p>
        {reason && <ReasonCard reason={reason} intent="error" />}
      </>
    );
  }
  const record = [serverReply, messageId && `Message-ID: ${messageId}`].filter(Boolean).join("\n");
  return (
    <MessageBar intent="success" layout="multiline">
      <MessageBarBody className={styles.reply}>
        <MessageBarTitle>Sent</MessageBarTitle>
        <span>{sentenceOfTrial(outcome, to)}</span>
        {record && <CopiedText text={record} what="the mail server's reply" />}
      </MessageBarBody>
    </MessageBar>
  );
}

function Result({ busy, trial, failure }: Trying) {
  return (
    <>
      {busy && <Spinner size="tiny" label="Sending, and waiting for the mail server’s reply…" />}
      {failure !== null && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>{failure}</MessageBarBody>
        </MessageBar>
      )}
      {trial && <Outcome {...trial} />}
    </>
  );
}

/** Sends one message through a config, now, and shows what the mail server said. */
export default function TestMessage({ config, person, onTried, onClose }: Props) {
  const styles = useStyles();
  useReturnFocus();
  const [to, setTo] = useState(() => addressOfPerson(person));
  const trying = useTrying(config, onTried);
  const { busy, error, trial } = trying;
  return (
    <Dialog
      open
      onOpenChange={(_, { open }) => {
        if (!open && !busy) onClose();
      }}
    >
      <DialogSurface>
        <form
          noValidate
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void trying.send(to);
          }}
        >
          <DialogBody>
            <DialogTitle>Send a test message</DialogTitle>
            <DialogContent className={styles.content}>
              <SessionEndBar />
              <p className={styles.text}>
                One message is sent through {config.userName} now, whatever its status is.
              </p>
              <Field
                label={{ children: "To", htmlFor: INPUT }}
                required
                {...(error !== null && { validationState: "error", validationMessage: error })}
              >
                <Input
                  id={INPUT}
                  type="email"
                  autoComplete="email"
                  spellCheck={false}
                  value={to}
                  onChange={(_, { value }) => {
                    setTo(value);
                    trying.forgive();
                  }}
                />
              </Field>
              <Result {...trying} />
            </DialogContent>
            <DialogActions fluid>
              <Button type="submit" appearance="primary" disabledFocusable={busy}>
                {busy ? "Sending…" : trial ? "Send another" : "Send"}
              </Button>
              <Button disabledFocusable={busy} onClick={onClose}>
                Close
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
