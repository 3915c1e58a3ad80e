import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import type { ReactNode } from "react";
import { useReturnFocus } from "./useReturnFocus";

interface Props {
  title: string;
  children: ReactNode;
  confirm: string;
  decline: string;
  busy?: boolean;
  onConfirm: () => void;
  onDecline: () => void;
}

/** One question with two answers; Escape declines. */
export function ConfirmDialog(props: Props) {
  useReturnFocus();
  return (
    <Dialog
      open
      modalType="alert"
      onOpenChange={(event, { open }) => {
        // A dialog below must not take the same Escape for its own.
        event.stopPropagation();
        if (!open && !props.busy) props.onDecline();
      }}
    >
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{props.title}</DialogTitle>
          <DialogContent>{props.children}</DialogContent>
          <DialogActions fluid>
            <Button appearance="primary" disabledFocusable={!!props.busy} onClick={props.onConfirm}>
              {props.confirm}
            </Button>
            <Button disabledFocusable={!!props.busy} onClick={props.onDecline}>
              {props.decline}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
