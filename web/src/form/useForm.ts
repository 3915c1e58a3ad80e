/** The state of the form: what is typed, what is wrong with it, and where. */

import { useCallback, useMemo, useState } from "react";
import type { ApiProblem } from "../api/problem";
import type { AuthType } from "../api/types";
import { today } from "../ui/time";
import { type Draft, type Field, fieldsOf, isChanged } from "./draft";
import { placeErrors } from "./serverErrors";
import { type FieldErrors, type Held, hintFor, validate } from "./validate";

export interface Form {
  draft: Draft;
  changed: boolean;
  busy: boolean;
  /** Sentences from the server that belong to no field. */
  rest: readonly string[];
  set: (change: Partial<Draft>) => void;
  /** Takes a value in without marking anything as touched. */
  replace: (draft: Draft) => void;
  leave: (field: Field) => void;
  errorAt: (field: Field) => string | null;
  hintAt: (field: Field) => string | null;
  /** Checks everything; moves to the first field that is wrong. */
  check: () => boolean;
  refuse: (problem: ApiProblem) => void;
  setBusy: (busy: boolean) => void;
}

export function inputId(field: Field): string {
  return `field-${field}`;
}

function focusFirst(draft: Draft, errors: FieldErrors): void {
  const field = fieldsOf(draft.authType).find((name) => errors[name]);
  // After React has shown the sentences, so that a screen reader finds them at the field.
  if (field) setTimeout(() => document.getElementById(inputId(field))?.focus(), 0);
}

function without(errors: FieldErrors, change: Partial<Draft>): FieldErrors {
  const left = Object.entries(errors).filter(([field]) => !(field in change));
  return Object.fromEntries(left);
}

interface Touch {
  all: boolean;
  fields: ReadonlySet<Field>;
}

const UNTOUCHED: Touch = { all: false, fields: new Set() };

export function useForm(base: Draft, heldFor: (authType: AuthType) => Held): Form {
  const [draft, setDraft] = useState(base);
  const [touched, setTouched] = useState(UNTOUCHED);
  const [refused, setRefused] = useState<{ fields: FieldErrors; rest: string[] }>({
    fields: {},
    rest: [],
  });
  const [busy, setBusy] = useState(false);
  const local = useMemo(() => validate(draft, heldFor(draft.authType)), [draft, heldFor]);

  const set = useCallback((change: Partial<Draft>) => {
    setDraft((last) => ({ ...last, ...change }));
    setRefused((last) => ({ fields: without(last.fields, change), rest: last.rest }));
  }, []);

  const replace = useCallback((next: Draft) => {
    setDraft(next);
    setRefused({ fields: {}, rest: [] });
  }, []);

  const leave = useCallback((field: Field) => {
    setTouched((last) => ({ ...last, fields: new Set([...last.fields, field]) }));
  }, []);

  const errorAt = (field: Field) => {
    const shown = touched.all || touched.fields.has(field);
    return (shown ? local[field] : undefined) ?? refused.fields[field] ?? null;
  };

  const check = () => {
    setTouched({ all: true, fields: new Set() });
    setRefused({ fields: {}, rest: [] });
    focusFirst(draft, local);
    return Object.keys(local).length === 0;
  };

  const refuse = (problem: ApiProblem) => {
    const placed = placeErrors(problem, draft);
    const nothing = problem.errors.length === 0;
    setRefused({ ...placed, rest: nothing ? [problem.message] : placed.rest });
    focusFirst(draft, placed.fields);
  };

  return {
    draft,
    changed: isChanged(base, draft),
    busy,
    rest: refused.rest,
    set,
    replace,
    leave,
    errorAt,
    hintAt: (field) => hintFor(draft, field, today()),
    check,
    refuse,
    setBusy,
  };
}
