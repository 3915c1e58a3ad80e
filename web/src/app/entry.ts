/** What has to be known before there is anything to show. */

import { useCallback, useEffect, useState } from "react";
import { getOptions } from "../api/configs";
import { ApiProblem, sentenceFor, SignedOut } from "../api/problem";
import { readSession, type Session } from "../api/session";
import type { Options } from "../api/types";

export type Entry =
  | { at: "loading" }
  | { at: "signedOut" }
  | { at: "forbidden"; name: string; message: string }
  | { at: "failed"; message: string }
  | { at: "ready"; session: Session; options: Options };

async function enter(): Promise<Entry> {
  let name = "";
  try {
    const session = await readSession();
    if (!session) return { at: "signedOut" };
    name = session.name;
    return { at: "ready", session, options: await getOptions() };
  } catch (failure) {
    if (failure instanceof SignedOut) return { at: "signedOut" };
    const message = sentenceFor(failure);
    if (failure instanceof ApiProblem && failure.status === 403) {
      return { at: "forbidden", name, message };
    }
    return { at: "failed", message };
  }
}

export function useEntry(): [Entry, () => void] {
  const [entry, setEntry] = useState<Entry>({ at: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    void enter().then((next) => {
      if (current) setEntry(next);
    });
    return () => {
      current = false;
    };
  }, [attempt]);
  const again = useCallback(() => {
    setEntry({ at: "loading" });
    setAttempt((count) => count + 1);
  }, []);
  return [entry, again];
}
