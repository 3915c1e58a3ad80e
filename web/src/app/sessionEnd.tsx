/** The session can end in the middle of work: what is typed stays, and the page says so. */

import { Link, MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useSyncExternalStore } from "react";
import { SIGN_IN } from "../api/session";
import { CHANNEL } from "../flows/authorize";

const RENEWED = "outgoing-mail/session";
const listeners = new Set<() => void>();
let ended = false;

function set(value: boolean): void {
  ended = value;
  for (const listener of listeners) listener();
}

/** Called when an answer says that nobody is signed in any more. */
export function sessionEnded(): void {
  set(true);
}

/** Called when a page has found a session: pages that lost theirs can go on with it. */
export function sessionFound(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ type: RENEWED });
  channel.close();
  set(false);
}

const channel = new BroadcastChannel(CHANNEL);
channel.addEventListener("message", ({ data }: MessageEvent<{ type?: unknown } | null>) => {
  if (data?.type === RENEWED) set(false);
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function SessionEndBar() {
  const isEnded = useSyncExternalStore(subscribe, () => ended);
  if (!isEnded) return null;
  return (
    <MessageBar intent="warning" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>Your session has ended</MessageBarTitle>
        What you typed is still here.{" "}
        <Link href={SIGN_IN} target="_blank" inline>
          Sign in again in a new tab
        </Link>
        , then come back and go on.
      </MessageBarBody>
    </MessageBar>
  );
}
