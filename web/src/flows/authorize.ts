/** One authorization: a window at Microsoft, and how its end reaches this page. */

import type { Config, HistoryEvent, StartedAuthorization } from "../api/types";

/** What the outcome page of the callback sends, by `postMessage` and `BroadcastChannel`. */
export interface OutcomeMessage {
  type: "outgoing-mail/authorization";
  ok: boolean;
  configId?: string;
  reasonCode?: string;
}

/** The channel on which pages of this origin tell each other what happened. */
export const CHANNEL = "outgoing-mail";

export type Ending = "authorized" | "failed" | "closed" | "expired" | "cancelled";

export interface Outcome {
  ending: Ending;
  reasonCode?: string | undefined;
}

/** What the flow needs from the browser and the API; tests give their own. */
export interface Surroundings {
  start(id: string): Promise<StartedAuthorization>;
  events(id: string): Promise<HistoryEvent[]>;
  /** Calls `listener` for each outcome message that may be believed; returns how to stop. */
  listen(listener: (message: OutcomeMessage) => void): () => void;
  wait(milliseconds: number): Promise<void>;
  now(): number;
}

/** The part of `Window` that the flow touches. */
export interface Popup {
  readonly closed: boolean;
  close(): void;
  goTo(url: string): void;
}

const STEP = 500;
const STEPS_BETWEEN_LOOKS = 8;
/** A window that was closed, or cut off by the sign-in page's own policy, may still finish. */
const GRACE = 2_000;
const SLACK = 15_000;

export function isOutcomeMessage(value: unknown): value is OutcomeMessage {
  const message = value as Partial<OutcomeMessage> | null;
  return (
    typeof message === "object" &&
    message?.type === "outgoing-mail/authorization" &&
    typeof message.ok === "boolean"
  );
}

/** How the newest authorization ended, as the history (newest first) tells it; null while open. */
export function endingIn(events: readonly HistoryEvent[]): Outcome | null {
  for (const event of events) {
    if (event.type === "authorizationStarted") return null;
    if (event.type === "authorized") return { ending: "authorized" };
    if (event.type === "authorizationFailed") {
      return { ending: "failed", reasonCode: event.reason?.code };
    }
  }
  return null;
}

function outcomeOf(message: OutcomeMessage): Outcome {
  return { ending: message.ok ? "authorized" : "failed", reasonCode: message.reasonCode };
}

/**
 * Sends `popup` to Microsoft and waits for the end: a message from the outcome page, or what the
 * history says when none arrives (the sign-in page's policy can cut the window off from us).
 */
export async function authorize(
  id: string,
  popup: Popup,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Outcome> {
  const messages: OutcomeMessage[] = [];
  const stop = around.listen((message) => {
    if (message.configId === undefined || message.configId === id) messages.push(message);
  });
  try {
    const started = await around.start(id);
    popup.goTo(started.authorizationUrl);
    return await ending(id, popup, around, signal, started, messages);
  } catch (failure) {
    popup.close();
    throw failure;
  } finally {
    stop();
  }
}

async function ending(
  id: string,
  popup: Popup,
  around: Surroundings,
  signal: AbortSignal,
  started: StartedAuthorization,
  messages: readonly OutcomeMessage[],
): Promise<Outcome> {
  const deadline = Math.max(Date.parse(started.expiresAt), around.now()) + SLACK;
  for (let step = 1; around.now() < deadline; step++) {
    await around.wait(STEP);
    const message = messages[0];
    if (message) return outcomeOf(message);
    if (signal.aborted) {
      popup.close();
      return { ending: "cancelled" };
    }
    if (popup.closed) return afterClosing(id, around, messages);
    if (step % STEPS_BETWEEN_LOOKS === 0) {
      const outcome = await look(id, around);
      if (outcome) return outcome;
    }
  }
  return { ending: "expired" };
}

async function afterClosing(
  id: string,
  around: Surroundings,
  messages: readonly OutcomeMessage[],
): Promise<Outcome> {
  await around.wait(GRACE);
  const message = messages[0];
  if (message) return outcomeOf(message);
  return (await look(id, around)) ?? { ending: "closed" };
}

/** A look that fails is no outcome: the next one may succeed. */
async function look(id: string, around: Surroundings): Promise<Outcome | null> {
  try {
    return endingIn(await around.events(id));
  } catch {
    return null;
  }
}

export const BLOCKED =
  "Your browser blocked the sign-in window. Allow pop-ups for this site, then press Authorize again.";

/** The sentence for an ending. `config` is the config as it is after it. */
export function sentence(outcome: Outcome, config: Config): { ok: boolean; text: string } {
  const who = config.userName;
  switch (outcome.ending) {
    case "authorized":
      if (config.status === "verified") return { ok: true, text: `${who} is authorized and verified.` };
      return { ok: false, text: `${who} is authorized, but not verified: ${titleOf(config)}` };
    case "closed":
      return {
        ok: false,
        text: `The sign-in window for ${who} was closed before the sign-in was finished. Press Authorize to start again.`,
      };
    case "expired":
      return {
        ok: false,
        text: `The sign-in for ${who} took too long. Press Authorize to start again.`,
      };
    case "cancelled":
      return { ok: false, text: `The authorization of ${who} was cancelled.` };
    case "failed":
      return { ok: false, text: failure(outcome.reasonCode, config) };
  }
}

function failure(code: string | undefined, config: Config): string {
  const who = config.userName;
  if (code === "consent_declined") {
    return `The permissions for ${who} were declined. Press Authorize again and choose Accept.`;
  }
  if (code === "wrong_account") {
    return `Another account signed in. Press Authorize again and sign in as ${who}.`;
  }
  if (config.reason && config.reason.code === code) {
    return `${who} was not authorized: ${config.reason.title}.`;
  }
  return `${who} was not authorized. Its history tells why.`;
}

function titleOf(config: Config): string {
  const title = config.reason?.title ?? "it has not been checked yet";
  return title.endsWith(".") ? title : `${title}.`;
}
