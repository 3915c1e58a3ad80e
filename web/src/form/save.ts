/** Saving: a new config, or a change that does not run over somebody else's. */

import type { Answer } from "../api/client";
import { ApiProblem } from "../api/problem";
import type { Config, ConfigChange, NewConfig } from "../api/types";
import { changeOf, type Draft, draftOf, newConfigOf } from "./draft";
import { type Conflict, conflictOf } from "./merge";

/** What an edit began with. */
export interface Editing {
  id: string;
  etag: string;
  base: Draft;
  /** When somebody last changed the config; a check in the background leaves it as it is. */
  changedAt: string;
}

export interface SaveApi {
  create(fields: NewConfig): Promise<Answer<Config>>;
  update(id: string, change: ConfigChange, ifMatch: string): Promise<Answer<Config>>;
  read(id: string): Promise<Answer<Config>>;
}

export type Saved =
  | { kind: "saved"; config: Config; isCheckedSoon: boolean }
  | { kind: "conflict"; conflict: Conflict; etag: string };

const ATTEMPTS = 5;

/** Whether the service signs in by itself now that this was saved. */
function isCheckedSoon(config: Config, change: ConfigChange | NewConfig): boolean {
  const code = config.reason?.code;
  return code === "not_checked" || ("clientSecret" in change && code !== "authorization_needed");
}

export async function create(draft: Draft, api: SaveApi): Promise<Saved> {
  const fields = newConfigOf(draft);
  const { data } = await api.create(fields);
  return { kind: "saved", config: data, isCheckedSoon: data.reason?.code === "not_checked" };
}

async function tryUpdate(id: string, change: ConfigChange, etag: string, api: SaveApi) {
  try {
    return (await api.update(id, change, etag)).data;
  } catch (failure) {
    if (failure instanceof ApiProblem && failure.status === 412) return null;
    throw failure;
  }
}

/**
 * Sends the change on the condition that nobody else made one. Where only a check in the background
 * wrote to the config, it is sent again; where somebody changed a field, both versions come back.
 */
export async function update(editing: Editing, draft: Draft, api: SaveApi): Promise<Saved> {
  const change = changeOf(editing.base, draft);
  let { etag } = editing;
  if (Object.keys(change).length === 0) {
    return { kind: "saved", config: (await api.read(editing.id)).data, isCheckedSoon: false };
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const config = await tryUpdate(editing.id, change, etag, api);
    if (config) return { kind: "saved", config, isCheckedSoon: isCheckedSoon(config, change) };
    const now = await api.read(editing.id);
    const conflict = conflictOf(editing.base, draft, now.data);
    etag = now.etag ?? "*";
    const byPerson = now.data.updatedAt !== editing.changedAt;
    if (byPerson && conflict.differences.length > 0) return { kind: "conflict", conflict, etag };
  }
  throw new ApiProblem(412, "stale", "It keeps changing while you save. Try again in a moment.");
}

/** What an edit goes on with after both versions were seen. */
export function afterConflict(editing: Editing, conflict: Conflict, etag: string): Editing {
  const { theirs } = conflict;
  return { ...editing, etag, base: draftOf(theirs), changedAt: theirs.updatedAt };
}
