/** Two people changed one config: what differs, and whose version of each field counts. */

import type { Config } from "../api/types";
import type { Draft, Field } from "./draft";
import { changedFields, draftOf, SECRETS } from "./draft";

export type Side = "mine" | "theirs";

export interface Difference {
  field: Field;
  mine: string | boolean;
  theirs: string | boolean;
  /** Both of us changed it: somebody has to choose. */
  contested: boolean;
}

export interface Conflict {
  base: Draft;
  mine: Draft;
  theirs: Config;
  differences: Difference[];
}

/**
 * Compares my draft with the config as it is now; `base` is what I began with.
 * Without differences nobody but a check in the background has touched the config.
 */
export function conflictOf(base: Draft, mine: Draft, theirs: Config): Conflict {
  const now = draftOf(theirs);
  const theirChanges = new Set(changedFields(base, now).filter((field) => !SECRETS.has(field)));
  const myChanges = new Set(changedFields(base, mine));
  const differences = [...theirChanges]
    .filter((field) => now[field] !== mine[field])
    .map((field) => ({
      field,
      mine: mine[field],
      theirs: now[field],
      contested: myChanges.has(field),
    }));
  return { base, mine, theirs, differences };
}

/** What I typed stands unless only they changed it. */
export function defaultSide(difference: Difference): Side {
  return difference.contested ? "mine" : "theirs";
}

/** My draft with their value wherever `choice` says so. */
export function resolve(conflict: Conflict, choice: ReadonlyMap<Field, Side>): Draft {
  const taken = conflict.differences
    .filter((difference) => (choice.get(difference.field) ?? defaultSide(difference)) === "theirs")
    .map(({ field, theirs }) => [field, theirs] as const);
  return { ...conflict.mine, ...Object.fromEntries(taken) };
}
