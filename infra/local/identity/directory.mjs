/** Who and what exists in the stand-in: tenants, applications, resources, people. All of it fixed. */
import { createHash } from 'node:crypto';

export const PASSWORD = 'local-password';

export const API_CLIENT_ID = '00000000-0000-0000-0000-00000000a000';
export const MAIL_CLIENT_ID = '00000000-0000-0000-0000-00000000a001';
export const EXPIRED_CLIENT_ID = '00000000-0000-0000-0000-00000000a002';

const FAR = '2099-12-31T00:00:00Z';
const PAST = '2024-01-31T00:00:00Z';

/** Several secrets of one application are valid at the same time in Entra ID, too. */
export const APPLICATIONS = new Map([
  [API_CLIENT_ID, {
    name: 'Outgoing Mail API (local)',
    secrets: [
      { value: 'local-client-secret', expiresOn: FAR },
      { value: 'local-client-secret-2', expiresOn: FAR },
    ],
  }],
  [MAIL_CLIENT_ID, {
    name: 'Outgoing Mail (local)',
    secrets: [
      { value: 'local-client-secret', expiresOn: FAR },
      { value: 'local-client-secret-2', expiresOn: FAR },
      { value: 'expired-client-secret', expiresOn: PAST },
    ],
  }],
  [EXPIRED_CLIENT_ID, {
    name: 'Outgoing Mail with an expired secret (local)',
    secrets: [{ value: 'expired-client-secret', expiresOn: PAST }],
  }],
]);

export const ALL_ROLES = ['OutgoingMail.Read', 'OutgoingMail.Manage', 'OutgoingMail.Send'];

const ROLES_BY_NAME = new Map([
  ['admin', ALL_ROLES],
  ['reader', ['OutgoingMail.Read']],
]);

const TENANTS_BY_DOMAIN = new Map([
  ['contoso.example', '11111111-1111-1111-1111-111111111111'],
  ['fabrikam.example', '22222222-2222-2222-2222-222222222222'],
]);

const TENANT_NAMES = new Map([
  ['11111111-1111-1111-1111-111111111111', 'Contoso, local'],
  ['22222222-2222-2222-2222-222222222222', 'Fabrikam, local'],
]);

/** The names that stand for several tenants; single-tenant applications cannot use them. */
export const SHARED_TENANTS = new Set(['common', 'organizations', 'consumers']);

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/**
 * The id of the tenant that a path segment names, or undefined where there is none.
 * Domain names under `.invalid` (RFC 2606) are nobody's, so that a missing tenant can be tried.
 */
export function tenantId(segment) {
  const name = segment.toLowerCase();
  if (GUID.test(name)) return name;
  if (!DOMAIN.test(name) || name.endsWith('.invalid')) return undefined;
  return TENANTS_BY_DOMAIN.get(name) ?? guidFrom(`tenant ${name}`);
}

export function tenantName(id) {
  return TENANT_NAMES.get(id) ?? `Tenant ${id}`;
}

/** A GUID that is always the same for the same text. */
export function guidFrom(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function normalizeUsername(text) {
  return String(text ?? '').trim().toLowerCase();
}

export function isUsername(text) {
  return text.length <= 113 && /^[^\s@"<>]+@[^\s@"<>]+$/.test(text);
}

/** The subject of tokens: opaque to applications, and the user name to us, who keep no list. */
export function subjectOf(username) {
  return Buffer.from(username, 'utf8').toString('base64url');
}

export function usernameOf(subject) {
  return Buffer.from(subject, 'base64url').toString('utf8');
}

export function rolesOf(username) {
  return ROLES_BY_NAME.get(username.split('@')[0]) ?? [];
}

/** What tokens say about a person. */
export function profileOf(tenant, username) {
  const local = username.split('@')[0];
  const words = local.split(/[._-]+/).filter(Boolean);
  return {
    oid: guidFrom(`user ${tenant} ${username}`),
    tid: tenant,
    preferred_username: username,
    name: words.map((word) => word[0].toUpperCase() + word.slice(1)).join(' ') || local,
  };
}

const OUTLOOK = 'https://outlook.office.com';
const GRAPH = 'https://graph.microsoft.com';
const API = `api://${API_CLIENT_ID}`;

/** The scopes that need no resource, and what the consent page says about each. */
export const OPENID_SCOPES = new Map([
  ['openid', 'Sign you in'],
  ['profile', 'View your basic profile'],
  ['email', 'View your e-mail address'],
  ['offline_access', 'Maintain access to data you have given it access to'],
]);

const RESOURCES = new Map([
  [OUTLOOK, {
    audience: OUTLOOK,
    scopes: new Map([
      ['SMTP.Send', 'Send e-mails from your mailbox using SMTP AUTH'],
      ['IMAP.AccessAsUser.All', 'Read and write access to your mailbox via IMAP'],
      ['POP.AccessAsUser.All', 'Read and write access to your mailbox via POP'],
    ]),
  }],
  [GRAPH, {
    audience: GRAPH,
    scopes: new Map([
      ['User.Read', 'Sign you in and read your profile'],
      ['SMTP.Send', 'Send e-mails from your mailbox using SMTP AUTH'],
      ['IMAP.AccessAsUser.All', 'Read and write access to your mailbox via IMAP'],
      ['Mail.Send', 'Send mail as you'],
    ]),
  }],
  [API, {
    audience: API_CLIENT_ID,
    scopes: new Map([['user_impersonation', 'Use Outgoing Mail on your behalf']]),
  }],
]);

export function resourceFor(identifier) {
  return RESOURCES.get(identifier);
}

/**
 * A requested scope, taken apart: its resource (undefined for OpenID Connect's own), its short
 * name, and what it allows. Undefined where there is no such permission.
 * A scope without a resource is Microsoft Graph's, as in Entra ID.
 */
export function describeScope(scope) {
  if (OPENID_SCOPES.has(scope)) {
    return { scope, name: scope, description: OPENID_SCOPES.get(scope) };
  }
  const slash = scope.lastIndexOf('/');
  const prefix = slash < 0 ? GRAPH : scope.slice(0, slash);
  const identifier = prefix === API_CLIENT_ID ? API : prefix.replace(/\/$/, '');
  const name = scope.slice(slash + 1);
  const resource = RESOURCES.get(identifier);
  if (resource === undefined) return undefined;
  if (name === '.default') {
    return { scope, name, resource: identifier, description: 'Everything that was configured' };
  }
  const description = resource.scopes.get(name);
  return description && { scope, name, resource: identifier, description };
}

/** The resources that a scope parameter names, without repetition. */
export function resourcesIn(scopes) {
  const found = scopes.map((scope) => describeScope(scope)?.resource);
  return [...new Set(found.filter((resource) => resource !== undefined))];
}

export function splitScopes(text) {
  return (text ?? '').split(' ').filter(Boolean);
}
