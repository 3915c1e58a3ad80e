/** The calls that the page makes. */

import { type Answer, request } from "./client";
import type {
  BulkDeleteResult,
  Config,
  ConfigChange,
  ConfigPage,
  EventPage,
  NewConfig,
  Options,
  StartedAuthorization,
  TestMessageOutcome,
} from "./types";

export interface ListQuery {
  search: string;
  authType: string;
  status: string;
}

const MOST_AT_ONCE = 100;

function at(id: string, action = ""): string {
  return `/api/configs/${encodeURIComponent(id)}${action}`;
}

/** The part of an absolute `nextLink` that stays right behind another host name. */
function pathOf(link: string): string {
  const url = new URL(link);
  return url.pathname + url.search;
}

export async function listConfigs(
  query: ListQuery,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<ConfigPage> {
  const parameters = new URLSearchParams();
  const given: Record<string, string> = { ...query, cursor: cursor ?? "" };
  for (const [name, value] of Object.entries(given)) {
    if (value) parameters.set(name, value);
  }
  const path = `/api/configs?${parameters.toString()}`;
  return (await request<ConfigPage>("GET", path, { signal })).data;
}

/** The cursor of the page after this one, or null on the last page. */
export function cursorOf(nextLink: string | undefined): string | null {
  return nextLink ? new URL(nextLink).searchParams.get("cursor") : null;
}

export function getConfig(id: string, signal?: AbortSignal): Promise<Answer<Config>> {
  return request<Config>("GET", at(id), { signal });
}

export function createConfig(fields: NewConfig): Promise<Answer<Config>> {
  return request<Config>("POST", "/api/configs", { body: fields });
}

export function updateConfig(
  id: string,
  changes: ConfigChange,
  ifMatch?: string,
): Promise<Answer<Config>> {
  return request<Config>("PATCH", at(id), { body: changes, ifMatch });
}

/** Deletes any number of configs, in as many requests as the API's limit asks for. */
export async function deleteConfigs(ids: readonly string[]): Promise<BulkDeleteResult> {
  const sum: BulkDeleteResult = { deleted: [], notFound: [], failed: [] };
  for (let start = 0; start < ids.length; start += MOST_AT_ONCE) {
    const body = { ids: ids.slice(start, start + MOST_AT_ONCE) };
    const { data } = await request<BulkDeleteResult>("POST", "/api/configs/bulk-delete", { body });
    sum.deleted.push(...data.deleted);
    sum.notFound.push(...data.notFound);
    sum.failed.push(...data.failed);
  }
  return sum;
}

export async function checkNow(id: string): Promise<Config> {
  return (await request<Config>("POST", at(id, "/verify"))).data;
}

export async function sendTestMessage(id: string, to: string): Promise<TestMessageOutcome> {
  const path = at(id, "/test-message");
  return (await request<TestMessageOutcome>("POST", path, { body: { to } })).data;
}

export async function startAuthorization(id: string): Promise<StartedAuthorization> {
  return (await request<StartedAuthorization>("POST", at(id, "/authorize"))).data;
}

export async function listEvents(
  id: string,
  nextLink?: string,
  signal?: AbortSignal,
): Promise<EventPage> {
  const path = nextLink ? pathOf(nextLink) : at(id, "/events");
  return (await request<EventPage>("GET", path, { signal })).data;
}

export async function getOptions(): Promise<Options> {
  return (await request<Options>("GET", "/api/options")).data;
}
