import { Spinner, useAnnounce } from "@fluentui/react-components";
import { lazy, Suspense } from "react";
import type { AuthType, BulkDeleteResult, Options } from "../api/types";
import { navigate, type Route } from "../app/route";
import type { SavedConfig } from "../form/FormWindow";
import type { Board, Snapshot } from "../work/board";
import type { OpenWindow } from "../work/browser";
import type { RowActions } from "./ConfigRow";
import { DeleteDialog } from "./DeleteDialog";
import type { Configs } from "./useConfigs";
import type { Selection } from "./useSelection";

const AddWindow = lazy(async () => ({ default: (await import("../form/windows")).AddWindow }));
const EditWindow = lazy(async () => ({ default: (await import("../form/windows")).EditWindow }));
const Details = lazy(() => import("../details/Details"));

export type OpenDialog =
  | { kind: "add"; authType: AuthType }
  | { kind: "edit"; id: string }
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
}

/** What a deletion came to, as a sentence. */
export function deletionSentence({ deleted, notFound, failed }: BulkDeleteResult): string {
  const count = deleted.length + notFound.length;
  const gone = count === 1 ? "1 mailbox deleted." : `${count} mailboxes deleted.`;
  return failed.length ? `${gone} ${failed.length} could not be deleted; try again.` : gone;
}

type OpenProps = Omit<Props, "route" | "actions" | "mayManage" | "work">;

function OpenOne({ dialog, setDialog, options, configs, selection, board }: OpenProps) {
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

/** Whatever is open over the list. */
export function Dialogs(props: Props) {
  const { route, configs, work, actions, mayManage, board } = props;
  return (
    <Suspense fallback={<Spinner label="Loading…" />}>
      {route.configId !== null && (
        <Details
          key={route.configId}
          id={route.configId}
          configs={configs}
          board={board}
          work={work}
          actions={actions}
          mayManage={mayManage}
        />
      )}
      <OpenOne {...props} />
    </Suspense>
  );
}
