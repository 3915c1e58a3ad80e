import { describe, expect, it } from "vitest";
import { ApiProblem } from "../src/api/problem";
import type { Config, HistoryEvent } from "../src/api/types";
import type { OutcomeMessage, Popup, Surroundings } from "../src/flows/authorize";
import { authorize, endingIn, isOutcomeMessage, sentence } from "../src/flows/authorize";
import { watch } from "../src/flows/watch";

const ID = "5a7cba3c-5c7a-4a53-b54b-3ae2f1a6a001";
const MICROSOFT = "https://login.microsoftonline.com/x";

class Window implements Popup {
  closed = false;
  at = "about:blank";
  close(): void {
    this.closed = true;
  }
  goTo(url: string): void {
    this.at = url;
  }
}

/** A browser whose clock moves only when the flow waits; `script` says what happens when. */
class Scene implements Surroundings {
  clock = 0;
  history: HistoryEvent[] = [];
  listeners = new Set<(message: OutcomeMessage) => void>();
  script = new Map<number, () => void>();

  start() {
    return Promise.resolve({ authorizationUrl: MICROSOFT, expiresAt: "1970-01-01T00:10:00Z" });
  }
  events() {
    return Promise.resolve(this.history);
  }
  listen(listener: (message: OutcomeMessage) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  wait(milliseconds: number) {
    this.clock += milliseconds;
    for (const [at, act] of [...this.script]) {
      if (at > this.clock) continue;
      this.script.delete(at);
      act();
    }
    return Promise.resolve();
  }
  now() {
    return this.clock;
  }
  say(message: Omit<OutcomeMessage, "type">) {
    for (const listener of this.listeners) {
      listener({ type: "outgoing-mail/authorization", ...message });
    }
  }
}

function event(type: HistoryEvent["type"], reasonCode?: string): HistoryEvent {
  const reason = { code: reasonCode ?? "", title: "" };
  return { id: type, type, at: "", actor: "a", ...(reasonCode && { reason }) };
}

function run(scene: Scene, window = new Window(), cancel = new AbortController()) {
  return authorize(ID, window, scene, cancel.signal);
}

describe("an authorization", () => {
  it("ends with what the outcome page says", async () => {
    const scene = new Scene();
    const window = new Window();
    scene.script.set(3_000, () => { scene.say({ ok: true, configId: ID }); });
    expect(await run(scene, window)).toEqual({ ending: "authorized" });
    expect(window.at).toBe(MICROSOFT);
    expect(scene.listeners.size).toBe(0);
  });

  it("does not end with what is said about another config", async () => {
    const scene = new Scene();
    scene.script.set(1_000, () => { scene.say({ ok: true, configId: "another" }); });
    scene.script.set(5_000, () => {
      scene.say({ ok: false, configId: ID, reasonCode: "wrong_account" });
    });
    expect(await run(scene)).toEqual({ ending: "failed", reasonCode: "wrong_account" });
  });

  it("is found in the history when the window was cut off from the page", async () => {
    const scene = new Scene();
    const window = new Window();
    scene.script.set(500, () => { window.close(); });
    scene.script.set(2_000, () => {
      scene.history = [event("checkSucceeded"), event("authorized"), event("authorizationStarted")];
    });
    expect(await run(scene, window)).toEqual({ ending: "authorized" });
  });

  it("is found in the history while the window stays open without a word", async () => {
    const scene = new Scene();
    scene.script.set(6_000, () => {
      scene.history = [event("authorizationFailed", "consent_declined"), event("authorizationStarted")];
    });
    expect(await run(scene)).toEqual({ ending: "failed", reasonCode: "consent_declined" });
  });

  it("counts as closed when the window went away and nothing came of it", async () => {
    const scene = new Scene();
    const window = new Window();
    scene.history = [event("authorizationStarted"), event("authorized")];
    scene.script.set(1_000, () => { window.close(); });
    expect(await run(scene, window)).toEqual({ ending: "closed" });
  });

  it("runs out with the time that the service gives it", async () => {
    const scene = new Scene();
    expect(await run(scene)).toEqual({ ending: "expired" });
    expect(scene.clock).toBeLessThan(11 * 60_000);
  });

  it("can be cancelled, which closes the window", async () => {
    const scene = new Scene();
    const window = new Window();
    const cancel = new AbortController();
    scene.script.set(1_000, () => { cancel.abort(); });
    expect(await run(scene, window, cancel)).toEqual({ ending: "cancelled" });
    expect(window.closed).toBe(true);
  });

  it("closes the window when it could not be started", async () => {
    const scene = new Scene();
    const window = new Window();
    scene.start = () => Promise.reject(new ApiProblem(409, "conflict", "No."));
    await expect(run(scene, window)).rejects.toThrow("No.");
    expect(window.closed).toBe(true);
  });

  it("survives a look at the history that fails", async () => {
    const scene = new Scene();
    scene.events = () => Promise.reject(new Error("offline"));
    scene.script.set(9_000, () => { scene.say({ ok: true, configId: ID }); });
    expect(await run(scene)).toEqual({ ending: "authorized" });
  });
});

describe("what is said about it", () => {
  const config = { userName: "noreply@contoso.example", status: "notVerified" } as Config;

  it("has a sentence of its own for each ending", () => {
    const sentences = [
      sentence({ ending: "authorized" }, { ...config, status: "verified" }),
      sentence({ ending: "authorized" }, config),
      sentence({ ending: "closed" }, config),
      sentence({ ending: "expired" }, config),
      sentence({ ending: "cancelled" }, config),
      sentence({ ending: "failed", reasonCode: "consent_declined" }, config),
      sentence({ ending: "failed", reasonCode: "wrong_account" }, config),
      sentence({ ending: "failed" }, config),
    ];
    expect(new Set(sentences.map(({ text }) => text)).size).toBe(sentences.length);
    expect(sentences.map(({ ok }) => ok)).toEqual([true, ...Array<boolean>(7).fill(false)]);
  });

  it("believes messages of the right form only", () => {
    expect(isOutcomeMessage({ type: "outgoing-mail/authorization", ok: true })).toBe(true);
    for (const other of [null, "x", {}, { type: "outgoing-mail/authorization" }, { ok: true }]) {
      expect(isOutcomeMessage(other)).toBe(false);
    }
  });

  it("takes an earlier authorization for none", () => {
    expect(endingIn([event("authorizationStarted"), event("authorized")])).toBeNull();
    expect(endingIn([])).toBeNull();
  });
});

describe("watching a config after it was saved", () => {
  const before = { id: ID, reason: { code: "not_checked" } } as Config;
  const { signal } = new AbortController();
  const around = (answers: Config[]) => {
    const seen: Config[] = [];
    return {
      read: () => Promise.resolve(answers[Math.min(seen.length, answers.length - 1)] ?? before),
      wait: () => Promise.resolve(),
      seen: (config: Config) => void seen.push(config),
      all: seen,
    };
  };

  it("ends when the check has had its say", async () => {
    const checked = { ...before, checkedAt: "2026-01-01T00:00:00.000Z", reason: { code: "x" } };
    const watching = around([before, before, checked as Config]);
    expect(await watch(before, watching.read, watching, signal)).toBe(true);
    expect(watching.all).toHaveLength(3);
  });

  it("gives up after a minute", async () => {
    const watching = around([before]);
    expect(await watch(before, watching.read, watching, signal)).toBe(false);
    expect(watching.all.length).toBeLessThan(30);
  });
});
