import {
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  tokens,
} from "@fluentui/react-components";
import { useCallback, useEffect, useState } from "react";
import type { Session } from "../api/session";
import type { Config, Options } from "../api/types";
import { navigate, useRoute } from "../app/route";
import { SessionEndBar, sessionFound } from "../app/sessionEnd";
import { useBoard } from "../flows/useBoard";
import { openWindow, trustRedirectUri } from "../flows/browser";
import { ConfigTable } from "./ConfigTable";
import { Dialogs, type OpenDialog } from "./Dialogs";
import { ListState } from "./ListState";
import { Pager } from "./Pager";
import { Toolbar } from "./Toolbar";
import { useConfigs } from "./useConfigs";
import { useSelection } from "./useSelection";

const useStyles = makeStyles({
  title: {
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    marginBlock: `${tokens.spacingVerticalM} 0`,
    outlineStyle: "none",
  },
  intro: { marginBlock: tokens.spacingVerticalXS, color: tokens.colorNeutralForeground2 },
});

interface Props {
  session: Session;
  options: Options;
}

function ReadOnlyBar() {
  return (
    <MessageBar layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>You can look, but not change</MessageBarTitle>
        Changing needs the role OutgoingMail.Manage, which you do not have.
      </MessageBarBody>
    </MessageBar>
  );
}

function Heading() {
  const styles = useStyles();
  return (
    <>
      <h1 id="page-title" tabIndex={-1} className={styles.title}>
        Outgoing Mail
      </h1>
      <p className={styles.intro}>The mailboxes that your notifications and reports are sent from.</p>
    </>
  );
}

export function OutgoingMail({ session, options }: Props) {
  const route = useRoute();
  const configs = useConfigs(route, route.cursors.at(-1) ?? null);
  const { put, reload } = configs;
  const selection = useSelection();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const gone = useCallback(() => {
    reload();
  }, [reload]);
  const [board, work] = useBoard(put, gone);
  const { mayManage } = session;

  useEffect(sessionFound, []);
  useEffect(() => {
    trustRedirectUri(options.redirectUri);
  }, [options.redirectUri]);

  const actions = {
    open: ({ id }: Config) => {
      navigate({ configId: id });
    },
    edit: ({ id }: Config) => {
      setDialog({ kind: "edit", id });
    },
    remove: ({ id, userName }: Config) => {
      setDialog({ kind: "delete", configs: new Map([[id, userName]]) });
    },
    check: (config: Config) => void board.check(config),
    test: ({ id }: Config) => {
      setDialog({ kind: "test", id });
    },
    authorize: (config: Config) => void board.authorize(config, openWindow()),
    cancel: ({ id }: Config) => {
      board.cancel(id);
    },
  };
  const shown = configs.listing?.ids.flatMap((id) => configs.known.get(id) ?? []) ?? [];

  return (
    <>
      <Heading />
      <SessionEndBar />
      {!mayManage && <ReadOnlyBar />}
      <Toolbar
        route={route}
        mayManage={mayManage}
        selected={selection.chosen.size}
        onAdd={(authType) => {
          setDialog({ kind: "add", authType });
        }}
        onDelete={() => {
          setDialog({ kind: "delete", configs: selection.chosen });
        }}
      />
      <ListState route={route} configs={configs} mayManage={mayManage} />
      {shown.length > 0 && (
        <ConfigTable
          configs={shown}
          selection={selection.chosen}
          onSelect={selection.choose}
          work={work}
          loading={configs.loading}
          mayManage={mayManage}
          actions={actions}
        />
      )}
      {configs.listing && <Pager route={route} listing={configs.listing} />}
      <Dialogs
        dialog={dialog}
        setDialog={setDialog}
        route={route}
        options={options}
        configs={configs}
        selection={selection}
        board={board}
        work={work}
        actions={actions}
        mayManage={mayManage}
        person={session.name}
      />
    </>
  );
}
