import { describe, expect, it } from "vitest";
import { ApiProblem } from "../src/api/problem";
import type { Config, ConfigChange } from "../src/api/types";
import { draftOf } from "../src/form/draft";
import { afterConflict, type Editing, type SaveApi, update } from "../src/form/save";

const config = {
  id: "1",
  authType: "basic",
  hostName: "mail.example",
  port: 587,
  security: "starttls",
  userName: "a@b.example",
  passwordSet: true,
  isDefault: false,
  status: "verified",
  warnings: [],
  updatedAt: "2026-01-01T00:00:00.000Z",
} as unknown as Config;

/** A service whose config changes behind the editor's back. */
class Service implements SaveApi {
  version = 1;
  sent: ConfigChange[] = [];

  constructor(public now: Config) {}

  create(): never {
    throw new Error("nothing is created here");
  }
  read() {
    return Promise.resolve({ data: this.now, etag: `"${this.version}"` });
  }
  update(_id: string, change: ConfigChange, ifMatch: string) {
    if (ifMatch !== `"${this.version}"`) {
      return Promise.reject(new ApiProblem(412, "stale", "It was changed."));
    }
    this.sent.push(change);
    return Promise.resolve({ data: { ...this.now, ...change } as Config, etag: '"9"' });
  }
  becomes(change: Partial<Config>) {
    this.version += 1;
    this.now = { ...this.now, ...change };
  }
}

const editing: Editing = {
  id: "1",
  etag: '"1"',
  base: draftOf(config),
  changedAt: config.updatedAt,
};
const mine = { ...editing.base, fromName: "Mine" };
const byPerson = { updatedAt: "2026-02-01T00:00:00.000Z" };

describe("saving an edit", () => {
  it("sends what changed on the condition that nothing else did", async () => {
    const service = new Service(config);
    const saved = await update(editing, mine, service);
    expect(saved).toMatchObject({ kind: "saved", isCheckedSoon: false });
    expect(service.sent).toEqual([{ fromName: "Mine" }]);
  });

  it("sends nothing when nothing changed", async () => {
    const service = new Service(config);
    expect((await update(editing, editing.base, service)).kind).toBe("saved");
    expect(service.sent).toEqual([]);
  });

  it("goes through when only the service wrote to the config, whatever it wrote", async () => {
    const service = new Service(config);
    service.becomes({ status: "notVerified", isDefault: true });
    expect((await update(editing, mine, service)).kind).toBe("saved");
    expect(service.sent).toEqual([{ fromName: "Mine" }]);
  });

  it("goes through when somebody changed to the very same values", async () => {
    const service = new Service(config);
    service.becomes({ fromName: "Mine", ...byPerson });
    expect((await update(editing, mine, service)).kind).toBe("saved");
  });

  it("comes back with both versions when somebody changed something else", async () => {
    const service = new Service(config);
    service.becomes({ fromName: "Theirs", ...byPerson });
    const saved = await update(editing, mine, service);
    if (saved.kind !== "conflict") throw new Error("a conflict went unseen");
    expect(service.sent).toEqual([]);
    expect(saved.conflict.differences).toEqual([
      { field: "fromName", mine: "Mine", theirs: "Theirs", contested: true },
    ]);

    const next = afterConflict(editing, saved.conflict, saved.etag);
    expect((await update(next, mine, service)).kind).toBe("saved");
    expect(service.sent).toEqual([{ fromName: "Mine" }]);
  });

  it("says so when the config never stands still", async () => {
    const service = new Service(config);
    const read = service.read.bind(service);
    service.read = async () => {
      const answer = await read();
      service.becomes({});
      return answer;
    };
    service.becomes({});
    await expect(update(editing, mine, service)).rejects.toThrow(/keeps changing/);
  });

  it("expects a check after a new secret, unless there is no grant to check", async () => {
    const oauth = { ...config, authType: "oauth2.0", clientSecretSet: true } as Config;
    const from = { ...editing, base: draftOf(oauth) };
    const draft = { ...from.base, clientSecret: "new" };
    expect(await update(from, draft, new Service(oauth))).toMatchObject({ isCheckedSoon: true });
    const reason = { code: "authorization_needed" } as Config["reason"];
    const unauthorized = new Service({ ...oauth, reason } as Config);
    expect(await update(from, draft, unauthorized)).toMatchObject({ isCheckedSoon: false });
  });
});
