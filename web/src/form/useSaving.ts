import { useState } from "react";
import { createConfig, getConfig, updateConfig } from "../api/configs";
import { ApiProblem, sentenceFor, SignedOut } from "../api/problem";
import { sessionEnded } from "../app/sessionEnd";
import type { OpenWindow } from "../flows/browser";
import type { Draft, Field } from "./draft";
import { type Conflict, resolve, type Side } from "./merge";
import { afterConflict, create, type Editing, type SaveApi, type Saved, update } from "./save";
import type { Form } from "./useForm";

const API: SaveApi = { create: createConfig, update: updateConfig, read: getConfig };

type Done = Extract<Saved, { kind: "saved" }>;

export interface Saving {
  conflict: Conflict | null;
  choice: ReadonlyMap<Field, Side>;
  choose: (field: Field, side: Side) => void;
  /** Saves what is typed. `popup` is closed again when that fails. */
  save: (popup?: OpenWindow | null) => Promise<void>;
  saveChosen: () => Promise<void>;
  backToForm: () => void;
}

interface Found {
  conflict: Conflict;
  etag: string;
}

function asProblem(failure: unknown): ApiProblem {
  return failure instanceof ApiProblem ? failure : new ApiProblem(0, "", sentenceFor(failure));
}

/** `onDone` hears of the saved config, and gets the window to authorize it in, if there is one. */
export function useSaving(
  form: Form,
  start: Editing | null,
  onDone: (saved: Done, popup?: OpenWindow | null) => void,
): Saving {
  const [editing, setEditing] = useState(start);
  const [found, setFound] = useState<Found | null>(null);
  const [choice, setChoice] = useState<ReadonlyMap<Field, Side>>(new Map());

  const send = async (from: Editing | null, draft: Draft, popup?: OpenWindow | null) => {
    form.setBusy(true);
    try {
      const saved = await (from ? update(from, draft, API) : create(draft, API));
      if (saved.kind === "saved") {
        onDone(saved, popup);
        return;
      }
      popup?.close();
      setChoice(new Map());
      setFound(saved);
    } catch (failure) {
      popup?.close();
      // The form says by itself that the session has ended, for as long as that is so.
      if (failure instanceof SignedOut) sessionEnded();
      else form.refuse(asProblem(failure));
      setFound(null);
    }
    form.setBusy(false);
  };

  const takeOver = (): [Editing | null, Draft] => {
    if (!found || !editing) return [editing, form.draft];
    const draft = resolve(found.conflict, choice);
    const next = afterConflict(editing, found.conflict, found.etag);
    form.replace(draft);
    setEditing(next);
    return [next, draft];
  };

  return {
    conflict: found?.conflict ?? null,
    choice,
    choose: (field, side) => {
      setChoice((last) => new Map([...last, [field, side]]));
    },
    save: (popup) => send(editing, form.draft, popup),
    saveChosen: () => send(...takeOver()),
    backToForm: () => {
      takeOver();
      setFound(null);
    },
  };
}
