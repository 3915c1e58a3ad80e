/** What the page shows, kept in the address bar: search, filters, page, and the open config. */

import { useSyncExternalStore } from "react";
import type { ListQuery } from "../api/configs";

const HOME = "/settings/outgoing-mail";

export interface Route extends ListQuery {
  /** The cursors of the pages up to this one; the first page has none. */
  cursors: readonly (string | null)[];
  configId: string | null;
}

const AUTH_TYPES = ["basic", "oauth2.0"];
const STATUSES = ["verified", "notVerified"];
const FIRST_PAGE: readonly (string | null)[] = [null];
const listeners = new Set<() => void>();
let guard: (() => void) | null = null;
let isClearing = false;
let current = read();

function cursorsIn(state: unknown): readonly (string | null)[] {
  const cursors = (state as { cursors?: unknown } | null)?.cursors;
  return Array.isArray(cursors) ? (cursors as (string | null)[]) : FIRST_PAGE;
}

/** An address may be old, or typed: a filter that there is not filters nothing. */
function oneOf(known: readonly string[], value: string | null): string {
  return value !== null && known.includes(value) ? value : "";
}

function read(): Route {
  const parameters = new URLSearchParams(location.search);
  const rest = location.pathname.slice(HOME.length + 1);
  return {
    search: parameters.get("search") ?? "",
    authType: oneOf(AUTH_TYPES, parameters.get("authType")),
    status: oneOf(STATUSES, parameters.get("status")),
    cursors: cursorsIn(history.state),
    configId: location.pathname.startsWith(`${HOME}/`) && rest ? decodeURIComponent(rest) : null,
  };
}

function addressOf(route: Route): string {
  const parameters = new URLSearchParams();
  const { search, authType, status } = route;
  for (const [name, value] of Object.entries({ search, authType, status })) {
    if (value) parameters.set(name, value);
  }
  if (route.cursors.length > 1) parameters.set("page", String(route.cursors.length));
  const path = route.configId ? `${HOME}/${encodeURIComponent(route.configId)}` : HOME;
  return parameters.size ? `${path}?${parameters.toString()}` : path;
}

function show(route: Route): void {
  current = route;
  for (const listener of listeners) listener();
}

/** Goes to another view; `replace` leaves no entry to come back to. */
export function navigate(change: Partial<Route>, replace = false): void {
  const route = { ...current, ...change };
  const state = { cursors: route.cursors };
  if (replace) history.replaceState(state, "", addressOf(route));
  else history.pushState(state, "", addressOf(route));
  show(route);
}

/** An entry for Back to take away: even on the page's first entry, Back then stays on the page. */
function pushGuard(): void {
  history.pushState({ cursors: current.cursors, guard: true }, "", addressOf(current));
}

function isGuardOnTop(): boolean {
  return (history.state as { guard?: unknown } | null)?.guard === true;
}

/** While a guard is set, Back stays here and calls it: what is open decides what becomes of it. */
export function guardBack(onBack: () => void): () => void {
  guard = onBack;
  pushGuard();
  return () => {
    guard = null;
    if (!isGuardOnTop()) return;
    isClearing = true;
    history.back();
  };
}

addEventListener("popstate", () => {
  if (isClearing) {
    isClearing = false;
  } else if (guard) {
    pushGuard();
    guard();
  } else {
    show(read());
  }
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => current);
}
