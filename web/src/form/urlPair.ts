/** The two URLs of an application fill each other in. */

import type { Provider } from "../api/types";
import { counterpart, endpointIn, hostOf } from "./authorityUrls";
import type { Draft } from "./draft";

function isDerived(value: string, from: string): boolean {
  return value.trim() === "" || value.trim() === counterpart(from);
}

/** A pasted URL fills in the one beside it, and the mail server of its cloud. */
export function withUrl(
  draft: Draft,
  field: "authorizationUrl" | "tokenUrl",
  typed: string,
  providers: readonly Provider[],
): Partial<Draft> {
  const other = field === "tokenUrl" ? "authorizationUrl" : "tokenUrl";
  const value = endpointIn(typed);
  const change: Partial<Draft> = { [field]: value };
  const derived = counterpart(value);
  const isOwn = derived !== null && counterpart(derived) === value.trim();
  const ending = field === "tokenUrl" ? "authorize" : "token";
  if (isOwn && derived.endsWith(ending) && isDerived(draft[other], draft[field])) {
    change[other] = derived;
  }
  const cloud = providers.find(
    (it) => it.authorizationUrl && hostOf(it.authorizationUrl) === hostOf(value),
  );
  if (cloud && providers.some(({ hostName }) => hostName === draft.hostName)) {
    change.hostName = cloud.hostName;
  }
  return change;
}
