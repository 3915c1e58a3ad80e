/** The two ways into the form: a new config, and one that exists. Loaded when first needed. */

import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  MessageBar,
  MessageBarBody,
  Spinner,
} from "@fluentui/react-components";
import { useCallback, useEffect, useMemo, useState } from "react";
import { getConfig } from "../api/configs";
import { sentenceFor, SignedOut } from "../api/problem";
import type { AuthType, Config, Options } from "../api/types";
import { sessionEnded } from "../app/sessionEnd";
import { useReturnFocus } from "../ui/useReturnFocus";
import type { OpenWindow } from "../flows/browser";
import { draftOf, emptyDraft } from "./draft";
import { FormWindow, type SavedConfig } from "./FormWindow";
import { NOTHING_HELD } from "./validate";

interface Props {
  options: Options;
  onSaved: (saved: SavedConfig, popup?: OpenWindow | null) => void;
  onClose: () => void;
}

const nothingHeld = () => NOTHING_HELD;

export function AddWindow({ authType, ...rest }: Props & { authType: AuthType }) {
  useReturnFocus("add");
  const [base] = useState(() => emptyDraft(authType, rest.options));
  return (
    <FormWindow
      title={authType === "basic" ? "Add Basic" : "Add OAuth2"}
      base={base}
      editing={null}
      heldFor={nothingHeld}
      {...rest}
    />
  );
}

interface Loaded {
  config: Config;
  etag: string;
}

function LoadingWindow({ failure, onClose }: { failure: string | null; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(_, { open }) => {
        if (!open) onClose();
      }}
    >
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Edit mailbox</DialogTitle>
          <DialogContent>
            {failure === null ? (
              <Spinner label="Loading…" />
            ) : (
              <MessageBar intent="error" layout="multiline" role="alert">
                <MessageBarBody>{failure}</MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

export function EditWindow({ id, ...rest }: Props & { id: string }) {
  useReturnFocus();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    getConfig(id, stop.signal).then(
      ({ data, etag }) => {
        setLoaded({ config: data, etag: etag ?? "*" });
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
  }, [id]);
  if (!loaded) return <LoadingWindow failure={failure} onClose={rest.onClose} />;
  return <LoadedWindow loaded={loaded} {...rest} />;
}

function LoadedWindow({ loaded, ...rest }: Props & { loaded: Loaded }) {
  const { config, etag } = loaded;
  const base = useMemo(() => draftOf(config), [config]);
  const editing = useMemo(
    () => ({ id: config.id, etag, base, changedAt: config.updatedAt }),
    [config, etag, base],
  );
  const heldFor = useCallback(
    (authType: AuthType) =>
      authType === config.authType
        ? { password: config.passwordSet, clientSecret: config.clientSecretSet }
        : NOTHING_HELD,
    [config],
  );
  return (
    <FormWindow
      title={`Edit ${config.userName}`}
      base={base}
      editing={editing}
      heldFor={heldFor}
      {...rest}
    />
  );
}
