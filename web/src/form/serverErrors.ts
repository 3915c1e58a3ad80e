/** Puts what the API found wrong at the fields that it names. */

import { ApiProblem } from "../api/problem";
import type { Draft, Field } from "./draft";
import { fieldsOf } from "./draft";
import type { FieldErrors } from "./validate";

export interface Placed {
  fields: FieldErrors;
  /** Sentences that belong to no field of the form. */
  rest: string[];
}

export function placeErrors(problem: ApiProblem, draft: Draft): Placed {
  const known = new Set<string>(fieldsOf(draft.authType));
  const placed: Placed = { fields: {}, rest: [] };
  for (const { pointer, message } of problem.errors) {
    const name = pointer.replace(/^\//, "").split("/")[0] ?? "";
    if (!known.has(name)) placed.rest.push(message);
    else placed.fields[name as Field] ??= message;
  }
  return placed;
}
