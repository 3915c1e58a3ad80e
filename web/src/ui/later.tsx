/** Parts of the page whose code comes when they are first needed. */

import { MessageBar, MessageBarActions, MessageBarBody, Button, Spinner } from "@fluentui/react-components";
import { type ComponentType, createElement, useEffect, useState } from "react";
import { ConfirmDialog } from "./ConfirmDialog";

/** A connection can break; and after an update, the files that this page knows are there no more. */
const WHAT_HELPS = "Check your connection and try again. If the service was just updated, reload this page.";

interface FailedProps<P> {
  part: P;
  again: () => void;
}

/**
 * A component whose code is loaded when it is first shown. `Failed` stands in its place when that
 * does not succeed: the rest of the page, and what was typed in it, stay as they are.
 */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  Failed: ComponentType<FailedProps<P>>,
): ComponentType<P> {
  let code: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [state, setState] = useState<"loading" | "failed" | "there">(code ? "there" : "loading");
    useEffect(() => {
      if (state !== "loading") return;
      let current = true;
      load().then(
        (loaded) => {
          code = loaded;
          if (current) setState("there");
        },
        () => {
          if (current) setState("failed");
        },
      );
      return () => {
        current = false;
      };
    }, [state]);
    if (state === "there" && code) return createElement(code, props);
    if (state === "loading") return <Spinner size="tiny" label="Loading…" />;
    return (
      <Failed
        part={props}
        again={() => {
          setState("loading");
        }}
      />
    );
  };
}

/** In place of a window. */
export function WindowNotLoaded({ part, again }: FailedProps<{ onClose: () => void }>) {
  return (
    <ConfirmDialog
      title="This window could not be loaded"
      confirm="Try again"
      decline="Close"
      onConfirm={again}
      onDecline={part.onClose}
    >
      {WHAT_HELPS}
    </ConfirmDialog>
  );
}

/** In place of a part of a window. */
export function PartNotLoaded({ again }: FailedProps<object>) {
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>This part could not be loaded. {WHAT_HELPS}</MessageBarBody>
      <MessageBarActions>
        <Button onClick={again}>Try again</Button>
      </MessageBarActions>
    </MessageBar>
  );
}
