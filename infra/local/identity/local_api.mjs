/** The private endpoints under /local: for the mailbox, for `make token`, and for tests. */
import {
  APPLICATIONS, describeScope, isUsername, MAIL_CLIENT_ID, normalizeUsername, splitScopes, subjectOf,
  tenantId,
} from './directory.mjs';
import { issueRefreshToken } from './grants.mjs';
import { revokeGrant } from './store.mjs';
import { introspect, issueApiToken } from './tokens.mjs';

export const DEFAULT_TENANT = '11111111-1111-1111-1111-111111111111';
const MAILBOX_SCOPES = [
  'openid', 'profile', 'offline_access', 'https://outlook.office.com/SMTP.Send',
  'https://outlook.office.com/IMAP.AccessAsUser.All',
].join(' ');

/** A request to /local that makes no sense, with what is wrong about it. */
class BadRequest extends Error {}

/** Answer a request to /local/...; `body` is its text. */
export async function handleLocal(server, request, response, url, body) {
  if (![undefined, server.origin].includes(request.headers.origin)) {
    sendJson(response, 403, { error: 'pages of other sites have no business here' });
    return;
  }
  const route = `${request.method} ${url.pathname}`;
  const handler = ROUTES.get(route);
  if (handler === undefined) {
    sendJson(response, 404, { error: `there is no ${route}` });
    return;
  }
  try {
    const answer = await handler(server, () => parseBody(request, body));
    if (answer === undefined) response.writeHead(204).end();
    else sendJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof BadRequest || error instanceof TypeError)) throw error;
    sendJson(response, 400, { error: error.message });
  }
}

export function sendJson(response, status, value, headers = {}) {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(text);
}

function parseBody(request, body) {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  try {
    return JSON.parse(body || '{}');
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}

const ROUTES = new Map([
  ['GET /local/health', () => ({ status: 'healthy' })],
  ['POST /local/introspect', ({ keys }, body) => introspect(keys, body().token ?? '')],
  ['POST /local/token', (server, body) => tokenForApi(server, body())],
  ['POST /local/grant', (server, body) => grantFor(server, body())],
  ['POST /local/failures', ({ failures }, body) => { failures.add(body()); }],
  ['GET /local/failures', ({ failures }) => failures.list()],
  ['DELETE /local/failures', ({ failures }) => { failures.clear(); }],
  ['GET /local/requests', ({ requests }) => requests.list()],
  ['DELETE /local/requests', ({ requests }) => { requests.clear(); }],
  ['POST /local/revoke', (server, body) => revoke(server, body())],
]);

function tokenForApi({ keys, origin }, options) {
  const tenant = tenantOf(options);
  const username = usernameIn(options.username ?? 'admin@contoso.example');
  const lifetime = options.expires_in === undefined ? undefined : Number(options.expires_in);
  if (lifetime !== undefined && !Number.isInteger(lifetime)) {
    throw new BadRequest('expires_in has to be a whole number of seconds');
  }
  const issuer = `${origin}/${tenant}/v2.0`;
  const roles = options.roles === undefined ? undefined : roleList(options.roles);
  return issueApiToken({ keys, issuer, tenant, username, roles, name: options.name, lifetime });
}

/** What a person's sign-in and consent lead to, without them. */
async function grantFor(server, options) {
  const username = usernameIn(options.username);
  const clientId = options.client_id ?? MAIL_CLIENT_ID;
  if (!APPLICATIONS.has(clientId)) throw new BadRequest('client_id names no application');
  const scopes = splitScopes(options.scope ?? MAILBOX_SCOPES);
  const unknown = scopes.find((scope) => describeScope(scope) === undefined);
  if (unknown !== undefined) throw new BadRequest(`there is no scope ${unknown}`);
  const provider = server.provider(tenantOf(options));
  return { refresh_token: await issueRefreshToken(provider, { username, clientId, scopes }) };
}

function tenantOf(options) {
  const tenant = tenantId(options.tenant ?? DEFAULT_TENANT);
  if (tenant === undefined) throw new BadRequest('tenant has to be a GUID or a domain name');
  return tenant;
}

function usernameIn(text) {
  const username = normalizeUsername(text);
  if (!isUsername(username)) throw new BadRequest('username has to be an e-mail address');
  return username;
}

function roleList(roles) {
  const list = Array.isArray(roles) ? roles : String(roles).split(/[\s,]+/);
  return list.map(String).filter(Boolean);
}

/** End a user's grants and sessions, as "Revoke sessions" in the portal does. */
function revoke({ store }, options) {
  const username = usernameIn(options.username);
  const code = Number(options.code ?? 50173);
  const tenant = options.tenant === undefined ? undefined : tenantId(options.tenant);
  const accountId = subjectOf(username);
  const isTheirs = (value) => value.accountId === accountId
    && (tenant === undefined || value.tenant === tenant);
  let revoked = 0;
  for (const [, value] of [...store.entries('RefreshToken:')]) {
    if (isTheirs(value) && !value.revoked) {
      revokeGrant(store, value.grantId, code);
      revoked += 1;
    }
  }
  for (const [key, value] of [...store.entries('Session:')]) {
    if (isTheirs(value)) store.delete(key);
  }
  return { revoked };
}
