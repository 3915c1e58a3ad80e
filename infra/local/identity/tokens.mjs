/** Access tokens: what is in them, and the two private ways to get and to read one. */
import { createHash, randomUUID, sign, verify } from 'node:crypto';

import {
  ALL_ROLES, API_CLIENT_ID, guidFrom, profileOf, rolesOf, usernameOf,
} from './directory.mjs';

const LIFETIME = 3600; // seconds
// Real access tokens have 1.5 to 2.5 KB, most of it in claims such as these.
const GROUPS = 12;

/**
 * The claims of an access token, given the standard ones that oidc-provider filled in.
 * Named as in https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function accessTokenClaims({ tenant, issuer, payload, appName }) {
  const { jti, sub, scope, client_id: clientId, iat, exp, aud } = payload;
  const app = { azp: clientId, azpacr: '1', appid: clientId, app_displayname: appName };
  const common = {
    aud, iss: issuer, iat, nbf: iat, exp, tid: tenant, ver: '2.0', uti: jti, rh: handle(jti),
  };
  if (sub === clientId) {
    const oid = guidFrom(`application ${tenant} ${clientId}`);
    const roles = aud === API_CLIENT_ID ? { roles: ALL_ROLES } : {};
    return { ...common, ...app, idtyp: 'app', oid, sub: oid, ...roles };
  }
  return { ...common, ...app, ...userClaims(tenant, usernameOf(sub), aud), sub, scp: shortScopes(scope) };
}

function userClaims(tenant, username, audience, roles = rolesOf(username)) {
  const profile = profileOf(tenant, username);
  const shown = audience === API_CLIENT_ID && roles.length > 0 ? { roles } : {};
  const groups = Array.from({ length: GROUPS }, (_, n) => guidFrom(`group ${n} ${profile.oid}`));
  return {
    ...profile,
    ...shown,
    acr: '1',
    amr: ['pwd'],
    groups,
    idtyp: 'user',
    ipaddr: '127.0.0.1',
    sid: guidFrom(`session ${profile.oid}`),
    unique_name: username,
    upn: username,
  };
}

function shortScopes(scope) {
  const names = (scope ?? '').split(' ').map((one) => one.slice(one.lastIndexOf('/') + 1));
  return names.join(' ');
}

function handle(text) {
  return `1.A${createHash('sha256').update(text).digest('base64url')}.`;
}

/** A bearer token for the API itself, without a sign-in: what `make token` and tests ask for. */
export function issueApiToken({ keys, issuer, tenant, username, roles, name, lifetime }) {
  const iat = Math.floor(Date.now() / 1000);
  const lasts = lifetime ?? LIFETIME;
  const claims = {
    aud: API_CLIENT_ID,
    iss: issuer,
    iat,
    nbf: iat,
    exp: iat + lasts,
    ver: '2.0',
    uti: randomUUID(),
    azp: API_CLIENT_ID,
    azpacr: '1',
    scp: 'user_impersonation',
    ...userClaims(tenant, username, API_CLIENT_ID, roles ?? rolesOf(username)),
    ...(name ? { name } : {}),
    sub: Buffer.from(username).toString('base64url'),
  };
  return { token_type: 'Bearer', expires_in: lasts, access_token: signJwt(keys, claims) };
}

function signJwt(keys, claims) {
  const header = { typ: 'JWT', alg: 'RS256', kid: keys.jwk.kid };
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), keys.privateKey).toString('base64url')}`;
}

/** The claims of an access token of ours that is valid now; undefined for everything else. */
export function readToken(keys, token) {
  const parts = String(token).split('.');
  if (parts.length !== 3) return undefined;
  try {
    const signature = Buffer.from(parts[2], 'base64url');
    const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
    if (!verify('RSA-SHA256', signed, keys.publicKey, signature)) return undefined;
    const header = JSON.parse(Buffer.from(parts[0], 'base64url'));
    const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
    const isAccessToken = header.alg === 'RS256' && claims.scp !== undefined;
    return isAccessToken && claims.exp > Date.now() / 1000 ? claims : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What the mailbox wants to know about a token (RFC 7662, with the tenant and the audience). */
export function introspect(keys, token) {
  const claims = readToken(keys, token);
  if (claims === undefined) return { active: false };
  return {
    active: true,
    username: claims.preferred_username,
    scope: claims.scp,
    aud: claims.aud,
    client_id: claims.azp,
    exp: claims.exp,
    iat: claims.iat,
    tenant: claims.tid,
    oid: claims.oid,
  };
}
