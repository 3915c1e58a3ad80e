/** What Entra ID checks about a token request before it looks into the grant, and which way it says no. */
import { secretProblem } from './applications.mjs';
import {
  APPLICATIONS, normalizeUsername, resourcesIn, splitScopes, tenantName, usernameOf,
} from './directory.mjs';
import { EntraError } from './errors.mjs';
import { artifactKey } from './store.mjs';

const GRANT_TYPES = new Set(['authorization_code', 'refresh_token', 'client_credentials']);

/** The parameters of a token request, with the client's credentials wherever they were sent. */
export function readParameters(headers, body) {
  const params = Object.fromEntries(new URLSearchParams(body));
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '');
  if (basic === null) return params;
  const [id, ...secret] = Buffer.from(basic[1], 'base64').toString('utf8').split(':');
  return { ...params, client_id: decode(id), client_secret: decode(secret.join(':')) };
}

function decode(text) {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}

/** What a token request is about, for the log and the failure switches. */
export function describeRequest(store, params) {
  const artifact = presented(store, params);
  const username = artifact?.accountId ? usernameOf(artifact.accountId) : undefined;
  return {
    client_id: params.client_id,
    grant_type: params.grant_type,
    username: username && normalizeUsername(username),
    scope: params.scope,
  };
}

function presented(store, params) {
  if (params.grant_type === 'refresh_token' && params.refresh_token) {
    return store.get(artifactKey('RefreshToken', params.refresh_token));
  }
  if (params.grant_type === 'authorization_code' && params.code) {
    return store.get(artifactKey('AuthorizationCode', params.code));
  }
  return undefined;
}

/** The first thing that is wrong, or undefined: then oidc-provider goes on. */
export function findProblem(store, tenant, params, correlationId) {
  const fail = (code, values = {}) => new EntraError(code, { ...params, ...values }, { correlationId });
  return clientProblem(params, fail, tenant)
    ?? grantProblem(presented(store, params), tenant, params, fail);
}

function clientProblem(params, fail, tenant) {
  for (const parameter of ['client_id', 'grant_type']) {
    if (!params[parameter]) return fail(900144, { parameter });
  }
  if (!APPLICATIONS.has(params.client_id)) return fail(700016, { directory: tenantName(tenant) });
  if (!GRANT_TYPES.has(params.grant_type)) return fail(70003);
  if (!params.client_secret) return fail(7000218);
  const problem = secretProblem(params.client_id, params.client_secret);
  if (problem !== undefined) return fail(problem);
  if (resourcesIn(splitScopes(params.scope)).length > 1) return fail(28000);
  return undefined;
}

function grantProblem(artifact, tenant, params, fail) {
  const parameter = { authorization_code: 'code', refresh_token: 'refresh_token' }[params.grant_type];
  if (parameter === undefined) return undefined;
  if (!params[parameter]) return fail(900144, { parameter });
  if (artifact === undefined) return fail(9002313);
  if (artifact.tenant !== tenant) return fail(700005);
  if (artifact.clientId !== params.client_id) return fail(70000);
  return artifact.revoked ? fail(artifact.revoked) : undefined;
}
