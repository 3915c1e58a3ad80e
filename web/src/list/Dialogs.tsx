import { useAnnounce } from "@fluentui/react-components";
import { useEffect, useState } from "react";
import type { AuthType, BulkDeleteResult, Options } from "../api/types";
import { navigate, type Route } from "../app/route";
import type { SavedConfig } from "../form/FormWindow";
import { later, WindowNotLoaded } from "../ui/later";
import type { Board, Snapshot } from "../flows/board";
import type { OpenWindow } from "../flows/browser";
import type { RowActions } from "./ConfigRow";
import { DeleteDialog } from "./DeleteDialog";
import type { Configs } from "./useConfigs";
import type { Selection } from "./useSelection";

const AddWindow = later(async () => (await import("../form/windows")).AddWindow, WindowNotLoaded);
const EditWindow = later(async () => (await import("../form/windows")).EditWindow, WindowNotLoaded);
const TestMessage = later(
  async () => (await import("../details/TestMessage")).default,
  WindowNotLoaded,
);
const Details = later(async () => (await import("../details/Details")).default, WindowNotLoaded);

export type OpenDialog =
  | { kind: "add"; authType: AuthType }
  | { kind: "edit"; id: string }
  | { kind: "test"; id: string }
  | { kind: "delete"; configs: ReadonlyMap<string, string> };

interface Props {
  dialog: OpenDialog | null;
  setDialog: (dialog: OpenDialog | null) => void;
  route: Route;
  options: Options;
  configs: Configs;
  selection: Selection;
  board: Board;
  work: Snapshot;
  actions: RowActions;
  mayManage: boolean;
  /** Who is signed in. */
  person: string;
}

/** What a deletion came to, as a sentence. */
export function deletionSentence({ deleted, notFound, failed }: BulkDeleteResult): string {
  const count = deleted.length + notFound.length;
  const gone = count === 1 ? "1 mailbox deleted." : `${count} mailboxes deleted.`;
  return failed.length ? `${gone} ${failed.length} could not be deleted; try again.` : gone;
}

type OpenProps = Omit<Props, "route" | "actions" | "mayManage" | "work"> & { onTried: () => void };

type TestProps = Pick<OpenProps, "configs" | "person" | "onTried"> & {
  id: string;
  onClose: () => void;
};

function TestOne({ id, configs, person, onTried, onClose }: TestProps) {
  const config = configs.known.get(id);
  if (!config) return null;
  return (
    <TestMessage
      config={config}
      person={person}
      onClose={onClose}
      onTried={(tried) => {
        configs.put(tried);
        onTried();
      }}
    />
  );
}

function OpenOne(props: OpenProps) {
  const { dialog, setDialog, options, configs, selection, board } = props;
  const { announce } = useAnnounce();
  const close = () => {
    setDialog(null);
  };
  const onSaved = ({ config, isCheckedSoon }: SavedConfig, popup?: OpenWindow | null) => {
    close();
    configs.put(config);
    configs.reload();
    if (popup !== undefined) void board.authorize(config, popup);
    else if (isCheckedSoon) void board.follow(config);
    else announce(`${config.userName} was saved.`, { polite: true });
  };
  switch (dialog?.kind) {
    case "add":
      return (
        <AddWindow authType={dialog.authType} options={options} onSaved={onSaved} onClose={close} />
      );
    case "edit":
      return <EditWindow id={dialog.id} options={options} onSaved={onSaved} onClose={close} />;
    case "test":
      return <TestOne {...props} id={dialog.id} onClose={close} />;
    case "delete":
      return (
        <DeleteDialog
          configs={dialog.configs}
          onClose={close}
          onDone={(result) => {
            close();
            const gone = [...result.deleted, ...result.notFound];
            selection.forget(gone);
            navigate({ configId: null, cursors: [null] }, true);
            configs.drop(gone);
            configs.reload();
            announce(deletionSentence(result), { alert: result.failed.length > 0 });
          }}
        />
      );
    default:
      return null;
  }
}

/** Going back leaves a question behind too; a form asks first, in its own way. */
function useLeaveOnBack(dialog: OpenDialog | null, setDialog: Props["setDialog"]): void {
  const leaves = dialog?.kind === "test" || dialog?.kind === "delete";
  useEffect(() => {
    if (!leaves) return;
    const leave = () => {
      setDialog(null);
    };
    addEventListener("popstate", leave);
    return () => {
      removeEventListener("popstate", leave);
    };
  }, [leaves, setDialog]);
}

function closeDetails(): void {
  navigate({ configId: null });
}

/** Whatever is open over the list. */
export function Dialogs(props: Props) {
  const { route, configs, work, actions, mayManage, board } = props;
  const [trials, setTrials] = useState(0);
  useLeaveOnBack(props.dialog, props.setDialog);
  return (
    <>
      {route.configId !== null && (
        <Details
          key={route.configId}
          id={route.configId}
          configs={configs}
          board={board}
          work={work}
          actions={actions}
          mayManage={mayManage}
          trials={trials}
          onClose={closeDetails}
        />
      )}
      <OpenOne
        {...props}
        onTried={() => {
          setTrials((count) => count + 1);
        }}
      />
    </>
  );
}
