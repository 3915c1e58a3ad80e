import { useSyncExternalStore } from "react";
import { absolute, relative } from "./time";

const TICK = 20_000;

/** The time as of the last tick: moments on the page grow older together. */
let now = Date.now();

function subscribe(listener: () => void): () => void {
  now = Date.now();
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, TICK);
  return () => {
    clearInterval(timer);
  };
}

/** A moment: how far off it is, and when exactly. */
export function When({ at }: { at: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  return (
    <time dateTime={at}>
      {relative(at, current)} ({absolute(at)})
    </time>
  );
}
