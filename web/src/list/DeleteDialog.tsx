import { makeStyles, MessageBar, MessageBarBody, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { deleteConfigs } from "../api/configs";
import { sentenceFor, SignedOut } from "../api/problem";
import type { BulkDeleteResult } from "../api/types";
import { sessionEnded } from "../app/sessionEnd";
import { ConfirmDialog } from "../ui/ConfirmDialog";

const useStyles = makeStyles({
  names: { maxHeight: "40vh", overflowY: "auto", overflowWrap: "anywhere" },
  failure: { marginTop: tokens.spacingVerticalM },
});

interface Props {
  /** Ids with the user names that the question names. */
  configs: ReadonlyMap<string, string>;
  onDone: (result: BulkDeleteResult) => void;
  onClose: () => void;
}

/** One question for any number of configs, naming each. */
export function DeleteDialog({ configs, onDone, onClose }: Props) {
  const styles = useStyles();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const many = configs.size > 1;

  const remove = async () => {
    setBusy(true);
    setFailure(null);
    try {
      onDone(await deleteConfigs([...configs.keys()]));
    } catch (problem) {
      if (problem instanceof SignedOut) sessionEnded();
      setFailure(sentenceFor(problem));
      setBusy(false);
    }
  };

  return (
    <ConfirmDialog
      title={many ? `Delete ${configs.size} mailboxes?` : "Delete this mailbox?"}
      confirm={busy ? "Deleting…" : "Delete"}
      decline="Cancel"
      busy={busy}
      onConfirm={() => void remove()}
      onDecline={onClose}
    >
      {/* A list that scrolls must be reachable by keyboard. */}
      <ul className={styles.names} tabIndex={configs.size > 8 ? 0 : undefined} aria-label="Mailboxes to delete">
        {[...configs].map(([id, userName]) => (
          <li key={id}>{userName}</li>
        ))}
      </ul>
      Mail is no longer sent from {many ? "them" : "it"}. {many ? "Their" : "Its"} stored secrets are deleted too. This
      cannot be undone.
      {failure && (
        <MessageBar intent="error" layout="multiline" className={styles.failure} role="alert">
          <MessageBarBody>{failure}</MessageBarBody>
        </MessageBar>
      )}
    </ConfirmDialog>
  );
}
