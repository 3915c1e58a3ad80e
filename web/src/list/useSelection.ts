import { useCallback, useState } from "react";
import type { Config } from "../api/types";

export interface Selection {
  /** Ids with user names; they stay chosen on other pages of the list. */
  chosen: ReadonlyMap<string, string>;
  choose: (configs: readonly Config[], selected: boolean) => void;
  forget: (ids: readonly string[]) => void;
}

export function useSelection(): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map());

  const choose = useCallback((configs: readonly Config[], selected: boolean) => {
    setChosen((last) => {
      const next = new Map(last);
      for (const { id, userName } of configs) {
        if (selected) next.set(id, userName);
        else next.delete(id);
      }
      return next;
    });
  }, []);

  const forget = useCallback((ids: readonly string[]) => {
    setChosen((last) => new Map([...last].filter(([id]) => !ids.includes(id))));
  }, []);

  return { chosen, choose, forget };
}
