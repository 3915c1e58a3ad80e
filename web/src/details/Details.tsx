import {
  Button,
  DrawerBody,
  DrawerHeader,
  DrawerHeaderTitle,
  makeStyles,
  MessageBar,
  MessageBarBody,
  OverlayDrawer,
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";
import { getConfig, updateConfig } from "../api/configs";
import { sentenceFor, SignedOut } from "../api/problem";
import type { Config } from "../api/types";
import { sessionEnded } from "../app/sessionEnd";
import type { RowActions } from "../list/ConfigRow";
import type { Configs } from "../list/useConfigs";
import { StatusLabel } from "../ui/StatusLabel";
import { useReturnFocus } from "../ui/useReturnFocus";
import type { Board, Snapshot } from "../flows/board";
import { Facts } from "./Facts";
import { History } from "./History";
import { ReasonCard } from "./ReasonCard";

const useStyles = makeStyles({
  drawer: { width: "min(640px, 100vw)" },
  content: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
    paddingBottom: tokens.spacingVerticalXXL,
    overflowWrap: "anywhere",
  },
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
  title: { overflowWrap: "anywhere" },
});

interface Props {
  id: string;
  configs: Configs;
  board: Board;
  work: Snapshot;
  actions: RowActions;
  mayManage: boolean;
  trials: number;
  onClose: () => void;
}

/** Reads the config anew whenever the panel opens; what the list knows is shown meanwhile. */
function useFresh(id: string, configs: Configs): string | null {
  const { put } = configs;
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    getConfig(id, stop.signal).then(
      ({ data }) => {
        put(data);
      },
      (problem: unknown) => {
        if (stop.signal.aborted) return;
        if (problem instanceof SignedOut) sessionEnded();
        setFailure(sentenceFor(problem));
      },
    );
    return () => {
      stop.abort();
    };
  }, [id, put]);
  return failure;
}

type ButtonsProps = Omit<Props, "id" | "onClose"> & { config: Config; fail: (sentence: string) => void };

function Buttons({ config, configs, work, actions, mayManage, fail }: ButtonsProps) {
  const styles = useStyles();
  const busy = !mayManage || work.activities.has(config.id);
  const makeDefault = async () => {
    try {
      configs.put((await updateConfig(config.id, { isDefault: true })).data);
      configs.reload();
    } catch (problem) {
      if (problem instanceof SignedOut) sessionEnded();
      fail(sentenceFor(problem));
    }
  };
  const button = (name: string, disabled: boolean, act: (config: Config) => void) => (
    <Button
      disabledFocusable={disabled}
      onClick={() => {
        act(config);
      }}
    >
      {name}
    </Button>
  );
  return (
    <div className={styles.buttons}>
      {button("Edit", !mayManage, actions.edit)}
      {button("Check now", busy, actions.check)}
      {button("Send test message", busy, actions.test)}
      {config.authType === "oauth2.0" && button("Authorize", busy, actions.authorize)}
      {!config.isDefault && button("Make default", !mayManage, () => void makeDefault())}
      {button("Delete", !mayManage, actions.remove)}
    </div>
  );
}

function Content(props: ButtonsProps) {
  const styles = useStyles();
  const { config, work } = props;
  const activity = work.activities.get(config.id);
  const note = work.notes.get(config.id);
  return (
    <div className={styles.content}>
      <StatusLabel status={config.status} />
      {activity && (
        <Spinner
          size="tiny"
          labelPosition="after"
          label={activity === "checking" ? "Checking…" : "Waiting for the sign-in window…"}
        />
      )}
      {note && !activity && (
        <MessageBar intent={note.ok ? "success" : "info"} layout="multiline">
          <MessageBarBody>{note.text}</MessageBarBody>
        </MessageBar>
      )}
      {config.reason && <ReasonCard reason={config.reason} intent="error" />}
      {config.warnings.map((warning) => (
        <ReasonCard key={warning.code} reason={warning} intent="warning" />
      ))}
      <Buttons {...props} />
      <Facts config={config} />
      <History config={config} trials={props.trials} />
    </div>
  );
}

/** One config: its status, why, what helps, and what happened to it. */
export default function Details(props: Props) {
  const styles = useStyles();
  useReturnFocus();
  const loading = useFresh(props.id, props.configs);
  const [failure, setFailure] = useState<string | null>(null);
  const config = props.configs.known.get(props.id);
  const sentence = failure ?? loading;
  return (
    <OverlayDrawer
      open
      position="end"
      className={styles.drawer}
      onOpenChange={(_, { open }) => {
        if (!open) props.onClose();
      }}
    >
      <DrawerHeader>
        <DrawerHeaderTitle
          heading={{ className: styles.title }}
          action={
            <Button
              appearance="subtle"
              aria-label="Close details"
              icon={<DismissRegular />}
              onClick={props.onClose}
            />
          }
        >
          {config?.userName ?? "Mailbox"}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        {sentence !== null && (
          <MessageBar intent="error" layout="multiline" role="alert">
            <MessageBarBody>{sentence}</MessageBarBody>
          </MessageBar>
        )}
        {!config && sentence === null && <Spinner label="Loading…" />}
        {config && loading === null && <Content {...props} config={config} fail={setFailure} />}
      </DrawerBody>
    </OverlayDrawer>
  );
}
