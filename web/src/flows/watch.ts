/** Looks at a config again and again until the check in the background has had its say. */

import type { Config } from "../api/types";

const FIRST_PAUSE = 700;
const LONGEST_PAUSE = 5_000;
const PATIENCE = 60_000;

/** Whether the check that `before` was waiting for is over. */
export function isSettled(before: Config, now: Config): boolean {
  return now.checkedAt !== before.checkedAt && now.reason?.code !== "not_checked";
}

/** Whether saving makes the service check at once: there is something to sign in with. */
export function isAwaitingCheck(saved: Config): boolean {
  return saved.reason?.code === "not_checked";
}

interface WatchSurroundings {
  wait(milliseconds: number): Promise<void>;
  seen(config: Config): void;
}

/** Returns whether it settled; gives up after a minute, when the signal says so, or on a failure. */
export async function watch(
  before: Config,
  read: () => Promise<Config>,
  around: WatchSurroundings,
  signal: AbortSignal,
): Promise<boolean> {
  let waited = 0;
  for (let pause = FIRST_PAUSE; waited < PATIENCE; pause = Math.min(pause * 1.4, LONGEST_PAUSE)) {
    await around.wait(pause);
    waited += pause;
    if (signal.aborted) return false;
    const now = await read();
    around.seen(now);
    if (isSettled(before, now)) return true;
  }
  return false;
}
