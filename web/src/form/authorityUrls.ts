/** The two endpoints that the Azure portal shows for an application (Microsoft Entra ID, v2.0). */

export type Endpoint = "authorize" | "token";

const SHARED_TENANTS = new Set(["common", "organizations", "consumers"]);
const PATH = /^\/([^/]+)\/oauth2\/(v2\.0\/)?(authorize|token)\/?$/i;

interface Parsed {
  host: string;
  tenant: string;
  endpoint: Endpoint;
  isVersion2: boolean;
}

function parse(value: string): Parsed | null {
  let url: URL;
  try {
    url = new URL(value.trim());
  } catch {
    return null;
  }
  const match = PATH.exec(url.pathname);
  if (url.protocol !== "https:" || !match) return null;
  return {
    host: url.host,
    tenant: (match[1] ?? "").toLowerCase(),
    endpoint: (match[3] ?? "").toLowerCase() as Endpoint,
    isVersion2: match[2] !== undefined,
  };
}

/** What follows an endpoint where somebody copied more than it: a slash, a query, a fragment. */
const TAIL = /(?<=\/oauth2\/v2\.0\/(authorize|token))\/?([?#].*)?$/i;

/** A pasted endpoint alone. */
export function endpointIn(value: string): string {
  return parse(value) ? value.trim().replace(TAIL, "") : value;
}

/** `authorize` for a token endpoint and the other way round; null for anything else. */
export function counterpart(value: string): string | null {
  const parsed = parse(value);
  if (!parsed?.isVersion2) return null;
  const other: Endpoint = parsed.endpoint === "token" ? "authorize" : "token";
  return endpointIn(value).replace(/(authorize|token)$/i, other);
}

/** The host that signs in, as in a URL: with the port where it is not the usual one. */
export function hostOf(value: string): string | null {
  return parse(value)?.host ?? null;
}

const PLACE = {
  authorize: "authorization endpoint (v2)",
  token: "token endpoint (v2)",
} as const;

/** What is wrong with one of the two URLs, or null. */
export function problemOfUrl(value: string, endpoint: Endpoint): string | null {
  if (!value.trim()) return `Paste the OAuth 2.0 ${PLACE[endpoint]}.`;
  if (!/^https:\/\//i.test(value.trim())) return "Enter a URL that begins with https://.";
  const parsed = parse(value);
  if (!parsed) {
    return `Paste the OAuth 2.0 ${PLACE[endpoint]} as the portal shows it under Endpoints: it ends in /oauth2/v2.0/${endpoint}.`;
  }
  if (parsed.endpoint !== endpoint) {
    return `This is the ${PLACE[parsed.endpoint]}. Paste the ${PLACE[endpoint]} here.`;
  }
  if (!parsed.isVersion2) {
    return `This is a version 1 endpoint. Paste the OAuth 2.0 ${PLACE[endpoint]}.`;
  }
  if (SHARED_TENANTS.has(parsed.tenant)) {
    return `Use your own tenant's URL: put the Directory (tenant) ID in place of “${parsed.tenant}”.`;
  }
  return null;
}

/** What is wrong with the two together, or null; each is right by itself. */
export function problemOfPair(authorizationUrl: string, tokenUrl: string): string | null {
  const first = parse(authorizationUrl);
  const second = parse(tokenUrl);
  if (!first || !second) return null;
  if (first.host !== second.host) return "Both URLs must name the same sign-in host.";
  if (first.tenant !== second.tenant) return "Both URLs must name the same tenant.";
  return null;
}
