import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  mergeClasses,
  MessageBar,
  MessageBarBody,
  tokens,
} from "@fluentui/react-components";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { AuthType, Config, Options } from "../api/types";
import { guardBack } from "../app/route";
import { SessionEndBar } from "../app/sessionEnd";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { type OpenWindow, openWindow } from "../flows/browser";
import { ConflictView } from "./ConflictView";
import type { Draft } from "./draft";
import { FormBody } from "./FormBody";
import type { Editing } from "./save";
import { useForm } from "./useForm";
import { type Saving, useSaving } from "./useSaving";
import type { Held } from "./validate";

const useStyles = makeStyles({
  surface: { maxWidth: "min(720px, 100vw)", width: "100%" },
  // A margin above and below, where there is room; the surface adds its padding.
  body: { "@media (min-height: 700px)": { maxHeight: "calc(100vh - 96px)" } },
  wide: { maxWidth: "min(1160px, 100vw)" },
  form: { display: "contents" },
  actions: {
    "@media (max-width: 480px)": {
      flexDirection: "row",
      flexWrap: "wrap",
      "& > button": { minWidth: 0, flexGrow: 1, width: "auto" },
    },
  },
  bars: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalM,
    ":empty": { display: "none" },
  },
});

export interface SavedConfig {
  config: Config;
  isCheckedSoon: boolean;
}

interface Props {
  title: string;
  options: Options;
  base: Draft;
  /** Null for a new config. */
  editing: Editing | null;
  heldFor: (authType: AuthType) => Held;
  /** `popup` is undefined when nobody asked to authorize, and null when it was blocked. */
  onSaved: (saved: SavedConfig, popup?: OpenWindow | null) => void;
  onClose: () => void;
}

/** Asks before what was typed is lost, whichever way it would be. */
function useUnsaved(changed: boolean, onClose: () => void): [boolean, () => void, () => void] {
  const [asking, setAsking] = useState(false);
  const state = useRef({ changed, onClose });
  useEffect(() => {
    state.current = { changed, onClose };
  });
  const leave = useCallback(() => {
    if (state.current.changed) setAsking(true);
    else state.current.onClose();
  }, []);
  useEffect(() => guardBack(leave), [leave]);
  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("beforeunload", ask);
    };
  }, [changed]);
  const stay = useCallback(() => {
    setAsking(false);
  }, []);
  return [asking, leave, stay];
}

interface ButtonsProps {
  isNew: boolean;
  oauth: boolean;
  busy: boolean;
  saving: Saving;
  check: () => boolean;
  onLeave: () => void;
}

function Buttons({ isNew, oauth, busy, saving, check, onLeave }: ButtonsProps) {
  if (saving.conflict) {
    return (
      <>
        <Button
          appearance="primary"
          disabledFocusable={busy}
          onClick={() => void saving.saveChosen()}
        >
          Save these values
        </Button>
        <Button disabledFocusable={busy} onClick={saving.backToForm}>
          Back to the form
        </Button>
      </>
    );
  }
  // The window has to open in the click itself; what is wrong is told before that.
  const authorize = () => {
    if (check()) void saving.save(openWindow());
  };
  return (
    <>
      <Button
        type="submit"
        appearance={oauth && isNew ? "secondary" : "primary"}
        disabledFocusable={busy}
      >
        {busy ? "Saving…" : "Save"}
      </Button>
      {oauth && (
        <Button
          appearance={isNew ? "primary" : "secondary"}
          disabledFocusable={busy}
          onClick={authorize}
        >
          Authorize
        </Button>
      )}
      <Button disabledFocusable={busy} onClick={onLeave}>
        Cancel
      </Button>
    </>
  );
}

function Bars({ rest }: { rest: readonly string[] }): ReactNode {
  const styles = useStyles();
  return (
    <div className={styles.bars}>
      <SessionEndBar />
      {rest.map((sentence) => (
        <MessageBar key={sentence} intent="error" layout="multiline" role="alert">
          <MessageBarBody>{sentence}</MessageBarBody>
        </MessageBar>
      ))}
    </div>
  );
}

/** The window in which a config is added or edited. */
export function FormWindow({ title, options, base, editing, heldFor, onSaved, onClose }: Props) {
  const styles = useStyles();
  const form = useForm(base, heldFor);
  const saving = useSaving(form, editing, onSaved);
  const [asking, leave, stay] = useUnsaved(form.changed, onClose);
  const { authType } = form.draft;
  const oauth = authType === "oauth2.0";
  const submit = () => {
    if (!form.busy && !saving.conflict && form.check()) void saving.save();
  };
  return (
    <Dialog
      open
      onOpenChange={(_, { open }) => {
        if (!open && !form.busy && !asking) leave();
      }}
    >
      <DialogSurface className={mergeClasses(styles.surface, oauth && styles.wide)}>
        <form
          noValidate
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <DialogBody className={styles.body}>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent>
              <Bars rest={form.rest} />
              {saving.conflict ? (
                <ConflictView
                  conflict={saving.conflict}
                  choice={saving.choice}
                  onChoose={saving.choose}
                />
              ) : (
                <FormBody
                  form={form}
                  options={options}
                  held={heldFor(authType)}
                  base={base}
                  isNew={editing === null}
                />
              )}
            </DialogContent>
            <DialogActions fluid className={styles.actions}>
              <Buttons
                isNew={editing === null}
                oauth={oauth}
                busy={form.busy}
                saving={saving}
                check={form.check}
                onLeave={leave}
              />
            </DialogActions>
          </DialogBody>
        </form>
        {asking && (
          <ConfirmDialog
            title="Discard what you typed?"
            confirm="Discard"
            decline="Keep editing"
            onConfirm={onClose}
            onDecline={stay}
          >
            What you typed has not been saved.
          </ConfirmDialog>
        )}
      </DialogSurface>
    </Dialog>
  );
}
