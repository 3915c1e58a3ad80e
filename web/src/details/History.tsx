import { Button, makeStyles, MessageBar, MessageBarBody, Spinner, tokens } from "@fluentui/react-components";
import { useEffect, useState } from "react";
import { listEvents } from "../api/configs";
import { sentenceFor } from "../api/problem";
import type { Config, EventPage, EventType, HistoryEvent } from "../api/types";
import { LABELS } from "../form/labels";
import { When } from "../ui/When";

const useStyles = makeStyles({
  heading: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
  list: { listStyleType: "none", margin: 0, padding: 0 },
  event: {
    paddingBlock: tokens.spacingVerticalS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    overflowWrap: "anywhere",
  },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  title: { fontWeight: tokens.fontWeightSemibold },
});

const TITLES: Record<EventType, string> = {
  created: "Added",
  updated: "Changed",
  deleted: "Deleted",
  authorizationStarted: "Authorization started",
  authorized: "Authorized",
  authorizationFailed: "Authorization failed",
  checkSucceeded: "Check succeeded",
  checkFailed: "Check failed",
  checkDeferred: "Check put off: passing trouble",
  checkDropped: "Check overtaken by a change",
  clientSecretExpiring: "Client secret expires soon",
  clientSecretExpired: "Client secret expired",
  messageFailed: "Message not sent",
};

function fieldNames(fields: readonly string[]): string {
  const labels: Record<string, string> = LABELS;
  return fields.map((name) => labels[name] ?? name).join(", ");
}

function Entry({ event }: { event: HistoryEvent }) {
  const styles = useStyles();
  const { type, reason, fields, detail, reference, actor, at } = event;
  return (
    <li className={styles.event}>
      <div>
        <span className={styles.title}>{TITLES[type]}</span>
        {reason && `: ${reason.title}`}
        {fields && fields.length > 0 && `: ${fieldNames(fields)}`}
      </div>
      {detail && <div className={styles.small}>{detail}</div>}
      {reference && <div className={styles.small}>Reference: {reference}</div>}
      <div className={styles.small}>
        {actor === "system" ? "By itself" : actor}, <When at={at} />
      </div>
    </li>
  );
}

interface Loaded {
  events: readonly HistoryEvent[];
  next: string | undefined;
}

function joined(last: Loaded | null, page: EventPage): Loaded {
  return { events: [...(last?.events ?? []), ...page.value], next: page.nextLink };
}

interface Props {
  config: Config;
  /** Grows with each test message, which leaves an event without a change of the config. */
  trials: number;
}

/** What happened to the config, newest first, page by page. */
export function History({ config, trials }: Props) {
  const styles = useStyles();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const { id, updatedAt, checkedAt, status } = config;

  useEffect(() => {
    const stop = new AbortController();
    listEvents(id, undefined, stop.signal).then(
      (page) => {
        setLoaded(joined(null, page));
        setFailure(null);
      },
      (problem: unknown) => {
        if (!stop.signal.aborted) setFailure(sentenceFor(problem));
      },
    );
    return () => {
      stop.abort();
    };
    // Whatever changes the config leaves an event.
  }, [id, updatedAt, checkedAt, status, trials]);

  const more = async () => {
    try {
      const page = await listEvents(id, loaded?.next);
      setLoaded((last) => joined(last, page));
    } catch (problem) {
      setFailure(sentenceFor(problem));
    }
  };

  return (
    <section aria-labelledby="history">
      <h3 id="history" className={styles.heading}>
        History
      </h3>
      {!loaded && failure === null && <Spinner size="tiny" label="Loading the history…" />}
      <ul className={styles.list}>
        {loaded?.events.map((event) => (
          <Entry key={event.id} event={event} />
        ))}
      </ul>
      {failure !== null && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>{failure}</MessageBarBody>
        </MessageBar>
      )}
      {loaded?.next && <Button onClick={() => void more()}>Show older</Button>}
    </section>
  );
}
