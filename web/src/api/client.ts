/** One request to the API: JSON in, JSON out, failures as exceptions. */

import { problemOf, Unreachable } from "./problem";

export interface Answer<T> {
  data: T;
  /** The version of a single resource, for `If-Match`. */
  etag: string | null;
}

export interface RequestOptions {
  body?: unknown;
  ifMatch?: string | undefined;
  signal?: AbortSignal | undefined;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

function headersFor(method: Method, options: RequestOptions): Headers {
  const headers = new Headers({ Accept: "application/json" });
  if (options.body !== undefined) {
    const merge = method === "PATCH";
    headers.set("Content-Type", merge ? "application/merge-patch+json" : "application/json");
  }
  if (options.ifMatch !== undefined) headers.set("If-Match", options.ifMatch);
  return headers;
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const init: RequestInit = { method, headers: headersFor(method, options) };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal) init.signal = options.signal;
  try {
    return await fetch(path, init);
  } catch (failure) {
    if (options.signal?.aborted) throw failure;
    throw new Unreachable();
  }
}

/**
 * @throws {ApiProblem} the API turned it down; {@link SignedOut} when nobody is signed in.
 * @throws {Unreachable} there was no answer.
 */
export async function request<T>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  const response = await send(method, path, options);
  if (!response.ok) throw await problemOf(response);
  const data = (response.status === 204 ? undefined : await response.json()) as T;
  return { data, etag: response.headers.get("ETag") };
}
