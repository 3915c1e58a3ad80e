/** What is going on with single configs: checks and authorizations, and what came of them. */

import { ApiProblem, sentenceFor, SignedOut } from "../api/problem";
import type { Config } from "../api/types";
import {
  authorize,
  BLOCKED,
  type OutcomeMessage,
  type Popup,
  sentence,
  type Surroundings,
} from "./authorize";
import { isAwaitingCheck, watch } from "./watch";

export interface Note {
  ok: boolean;
  text: string;
}

export type Activity = "checking" | "authorizing";

/** What the board needs from the page and the API. */
export interface BoardSurroundings extends Surroundings {
  read(id: string): Promise<Config>;
  checkNow(id: string): Promise<Config>;
  /** A config as it is now. */
  seen(config: Config): void;
  /** The config is there no more. */
  gone(id: string): void;
  signedOut(): void;
  announce(note: Note): void;
}

export interface Snapshot {
  activities: ReadonlyMap<string, Activity>;
  notes: ReadonlyMap<string, Note>;
}

function withEntry<T>(map: ReadonlyMap<string, T>, id: string, value: T | null) {
  const next = new Map(map);
  if (value === null) next.delete(id);
  else next.set(id, value);
  return next;
}

/** What a check found, as a sentence. */
export function noteOfCheck(config: Config): Note {
  const who = config.userName;
  if (config.status !== "verified") {
    const reason = config.reason?.title ?? "no reason was given";
    return { ok: false, text: `${who} is not verified: ${reason}.` };
  }
  const warning = config.warnings[0];
  const but = warning ? ` One warning: ${warning.title}.` : "";
  return { ok: !warning, text: `${who} is verified.${but}` };
}

export class Board {
  private snapshot: Snapshot = { activities: new Map(), notes: new Map() };
  private readonly listeners = new Set<() => void>();
  private readonly running = new Map<string, AbortController>();

  constructor(private readonly around: BoardSurroundings) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): Snapshot => this.snapshot;

  /** Signs in to the mailbox now. */
  check(config: Config): Promise<void> {
    return this.during(config.id, "checking", async () => {
      const checked = await this.around.checkNow(config.id);
      this.around.seen(checked);
      this.say(config.id, noteOfCheck(checked));
    });
  }

  /** Follows a saved config until the check in the background is over. */
  follow(saved: Config): Promise<void> {
    return this.during(saved.id, "checking", async (signal) => {
      await this.settle(saved, signal);
      if (!signal.aborted) this.say(saved.id, noteOfCheck(await this.refresh(saved.id)));
    });
  }

  /** `popup` was opened in the click itself, or browsers block it; null when it was blocked. */
  async authorize(config: Config, popup: Popup | null): Promise<void> {
    if (!popup) {
      this.say(config.id, { ok: false, text: BLOCKED });
      return;
    }
    await this.during(config.id, "authorizing", async (signal) => {
      const outcome = await authorize(config.id, popup, this.around, signal);
      let after = await this.refresh(config.id);
      if (outcome.ending === "authorized" && isAwaitingCheck(after)) {
        await this.settle(after, signal);
        after = await this.refresh(config.id);
      }
      this.say(config.id, sentence(outcome, after));
    });
  }

  cancel(id: string): void {
    this.running.get(id)?.abort();
  }

  /** An outcome that comes when nobody waits for it any more still belongs into the row. */
  async heard({ configId: id, ok, reasonCode }: OutcomeMessage): Promise<void> {
    if (!id || this.running.has(id)) return;
    try {
      const ending = ok ? "authorized" : "failed";
      this.say(id, sentence({ ending, reasonCode }, await this.refresh(id)));
    } catch (failure) {
      this.fail(id, failure);
    }
  }

  /** Takes what was said about a config away. */
  dismiss(id: string): void {
    this.say(id, null);
  }

  /** One thing at a time for each config: a new one ends what was going on. */
  private async during(
    id: string,
    activity: Activity,
    act: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.cancel(id);
    const control = new AbortController();
    this.running.set(id, control);
    this.change({ activities: withEntry(this.snapshot.activities, id, activity) });
    this.say(id, null);
    try {
      await act(control.signal);
    } catch (failure) {
      if (this.running.get(id) === control) this.fail(id, failure);
    } finally {
      if (this.running.get(id) === control) {
        this.running.delete(id);
        this.change({ activities: withEntry(this.snapshot.activities, id, null) });
      }
    }
  }

  private async settle(before: Config, signal: AbortSignal): Promise<void> {
    const { around } = this;
    await watch(before, () => around.read(before.id), around, signal);
  }

  private async refresh(id: string): Promise<Config> {
    const config = await this.around.read(id);
    this.around.seen(config);
    return config;
  }

  private fail(id: string, failure: unknown): void {
    if (failure instanceof SignedOut) this.around.signedOut();
    if (failure instanceof ApiProblem && failure.status === 404) this.around.gone(id);
    this.say(id, { ok: false, text: sentenceFor(failure) });
  }

  private say(id: string, note: Note | null): void {
    this.change({ notes: withEntry(this.snapshot.notes, id, note) });
    if (note) this.around.announce(note);
  }

  private change(part: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...part };
    for (const listener of this.listeners) listener();
  }
}
