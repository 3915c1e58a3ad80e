/** The configs that the page knows, and the page of the list that is shown. */

import { useCallback, useEffect, useState } from "react";
import { cursorOf, listConfigs, type ListQuery } from "../api/configs";
import { sentenceFor, SignedOut } from "../api/problem";
import type { Config, ConfigPage } from "../api/types";
import { sessionEnded } from "../app/sessionEnd";

export interface Listing {
  ids: readonly string[];
  total: number;
  next: string | null;
}

export interface Configs {
  known: ReadonlyMap<string, Config>;
  /** Null until the first page has come. */
  listing: Listing | null;
  loading: boolean;
  failure: string | null;
  reload: () => void;
  put: (config: Config) => void;
  /** Takes configs out of what is shown, before the list is read again. */
  drop: (ids: readonly string[]) => void;
}

function withAll(known: ReadonlyMap<string, Config>, configs: readonly Config[]) {
  return new Map([...known, ...configs.map((config) => [config.id, config] as const)]);
}

function listingOf(page: ConfigPage): Listing {
  const ids = page.value.map(({ id }) => id);
  return { ids, total: page.total, next: cursorOf(page.nextLink) };
}

function without(listing: Listing, ids: readonly string[]): Listing {
  return { ...listing, ids: listing.ids.filter((id) => !ids.includes(id)) };
}

interface State {
  listing: Listing | null;
  /** The request that the listing, or the failure, answers. */
  answered: string | null;
  failure: string | null;
}

export function useConfigs(query: ListQuery, cursor: string | null): Configs {
  const { search, authType, status } = query;
  const [known, setKnown] = useState<ReadonlyMap<string, Config>>(new Map());
  const [state, setState] = useState<State>({ listing: null, answered: null, failure: null });
  const [reloads, setReloads] = useState(0);
  const asked = JSON.stringify([search, authType, status, cursor, reloads]);

  useEffect(() => {
    const stop = new AbortController();
    const fail = (failure: unknown) => {
      if (stop.signal.aborted) return;
      if (failure instanceof SignedOut) sessionEnded();
      setState((last) => ({ ...last, answered: asked, failure: sentenceFor(failure) }));
    };
    listConfigs({ search, authType, status }, cursor, stop.signal).then((page) => {
      setKnown((last) => withAll(last, page.value));
      setState({ listing: listingOf(page), answered: asked, failure: null });
    }, fail);
    return () => {
      stop.abort();
    };
  }, [search, authType, status, cursor, asked]);

  const reload = useCallback(() => {
    setReloads((count) => count + 1);
  }, []);
  const put = useCallback((config: Config) => {
    setKnown((last) => withAll(last, [config]));
  }, []);
  const drop = useCallback((ids: readonly string[]) => {
    setState((last) => ({ ...last, listing: last.listing && without(last.listing, ids) }));
  }, []);
  const { listing, answered, failure } = state;
  return { known, listing, failure, loading: answered !== asked, reload, put, drop };
}
