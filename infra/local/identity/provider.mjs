/** One oidc-provider for each tenant, behind Entra ID's paths and in its manners. */
import { randomUUID } from 'node:crypto';

import Provider, { errors as oidc, interactionPolicy } from 'oidc-provider';

import {
  API_CLIENT_ID, APPLICATIONS, describeScope, OPENID_SCOPES, profileOf, resourceFor, resourcesIn,
  rolesOf, splitScopes, tenantName, usernameOf,
} from './directory.mjs';
import { EntraError, fromProvider } from './errors.mjs';
import { errorPage, sendPage, signOutPage } from './pages.mjs';
import { adapterFactory, artifactKey } from './store.mjs';
import { accessTokenClaims } from './tokens.mjs';

const DAY = 24 * 3600; // seconds
const ROUTES = {
  authorization: '/oauth2/v2.0/authorize',
  token: '/oauth2/v2.0/token',
  jwks: '/discovery/v2.0/keys',
  end_session: '/oauth2/v2.0/logout',
  userinfo: '/oidc/userinfo',
};

/** The provider of a tenant. `origin` is where this server is reached, such as https://localhost:8443. */
export function makeProvider({ tenant, origin, keys, store }) {
  const provider = new Provider(`${origin}/${tenant}/v2.0`, {
    ...settings(tenant, origin, keys),
    adapter: adapterFactory(store, tenant),
    features: features(tenant),
    loadExistingGrant: (ctx) => existingGrant(ctx, store, tenant),
    renderError: (ctx, out, error) => renderError(ctx, tenant, error),
  });
  acceptLoopbackRedirects(provider);
  acceptSeveralSecrets(provider);
  provider.on('grant.error', (ctx, error) => { ctx.state.cause = error; });
  provider.on('authorization.error', (ctx, error) => { ctx.state.cause = error; });
  provider.on('server_error', (ctx, error) => {
    ctx.state.cause = error;
    console.error(`identity: ${ctx.method} ${ctx.path}:`, error);
  });
  provider.use((ctx, next) => speakAsEntra(ctx, next, tenant));
  return provider;
}

function settings(tenant, origin, keys) {
  const port = new URL(origin).port || '443';
  const suffix = `${port}_${tenant.slice(0, 8)}`; // cookies do not tell ports apart (RFC 6265, 8.5)
  return {
    jwks: { keys: [keys.jwk] },
    routes: ROUTES,
    clients: [...APPLICATIONS.keys()].map(clientMetadata),
    clientAuthMethods: ['client_secret_post', 'client_secret_basic'],
    cookies: {
      keys: keys.cookieKeys,
      names: {
        session: `session_${suffix}`,
        interaction: `interaction_${suffix}`,
        resume: `resume_${suffix}`,
      },
    },
    scopes: [...OPENID_SCOPES.keys()],
    claims: {
      openid: ['sub', 'tid', 'ver', 'roles'],
      profile: ['name', 'oid', 'preferred_username'],
      email: ['email'],
    },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    findAccount: (ctx, subject) => account(ctx, tenant, subject),
    expiresWithSession: async () => false,
    issueRefreshToken: async (ctx, client, code) => code.scopes.has('offline_access'),
    rotateRefreshToken: true,
    extraParams: extraParameters(),
    interactions: {
      policy: policy(),
      url: async (ctx, interaction) => `/${tenant}/login/${interaction.uid}`,
    },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 600,
      ClientCredentials: 3600,
      Grant: 3650 * DAY,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 90 * DAY, // counted from the last use, as in Entra ID: each use gives a new one
      Session: 90 * DAY,
    },
    formats: {
      bitsOfOpaqueRandomness: (ctx, token) => (token.kind === 'RefreshToken' ? 6000 : 256),
      customizers: {
        jwt(ctx, token, structured) {
          const appName = APPLICATIONS.get(token.clientId)?.name;
          const issuer = `${origin}/${tenant}/v2.0`;
          structured.payload = accessTokenClaims({
            tenant, issuer, appName, payload: structured.payload,
          });
        },
      },
    },
  };
}

function clientMetadata(id) {
  return {
    client_id: id,
    client_name: APPLICATIONS.get(id).name,
    client_secret: randomUUID(), // never compared: see acceptSeveralSecrets
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    redirect_uris: ['http://localhost/'],
    response_types: ['code'],
  };
}

function features(tenant) {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => renderSignOut(ctx, tenant, form),
      postLogoutSuccessSource: (ctx) => renderSignedOut(ctx, tenant),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (ctx, client, oneOf) => {
        if (oneOf) return oneOf[0]; // a token is for one resource: the first that was asked for
        return resourcesIn(splitScopes(ctx.oidc.params.scope));
      },
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, identifier) => resourceServer(identifier),
    },
  };
}

function resourceServer(identifier) {
  const resource = resourceFor(identifier);
  if (resource === undefined) throw new oidc.InvalidTarget();
  const names = [...resource.scopes.keys(), '.default'];
  const prefixes = [identifier, resource.audience, ...(identifier.includes('graph') ? [''] : [])];
  const scopes = prefixes.flatMap((prefix) => names.map((name) => (prefix ? `${prefix}/${name}` : name)));
  return {
    scope: [...new Set(scopes)].join(' '),
    audience: resource.audience,
    accessTokenTTL: 3600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}

function extraParameters() {
  return {
    client_info: null,
    domain_hint: null,
    // Checked when the redirect URI is known to be good, so that the client hears of it.
    scope(ctx, scope, client) {
      for (const one of splitScopes(scope)) {
        if (describeScope(one) === undefined) throw unknownScope(one, client);
      }
      // OpenID Connect drops offline_access unless prompt=consent is given; Entra ID does not.
      const asked = splitScopes(String(ctx.query.scope ?? ''));
      if (asked.includes('offline_access') && !splitScopes(scope).includes('offline_access')) {
        ctx.oidc.params.scope = `${scope} offline_access`;
      }
    },
  };
}

function unknownScope(scope, client) {
  const slash = scope.lastIndexOf('/');
  const entra = new EntraError(650053, {
    scope: scope.slice(slash + 1),
    resource: slash < 0 ? 'Microsoft Graph' : scope.slice(0, slash),
    name: client.clientName,
  });
  const error = new oidc.CustomOIDCProviderError(entra.error, entra.description);
  error.entra = entra;
  return error;
}

function policy() {
  const { Prompt, Check, base } = interactionPolicy;
  const prompts = base();
  // Signed in as somebody else: Entra ID asks for the account that login_hint names.
  prompts.get('login').checks.add(new Check('login_hint', 'another account is asked for', (ctx) => {
    const hint = ctx.oidc.params.login_hint?.trim().toLowerCase();
    const subject = ctx.oidc.session.accountId;
    if (!hint || subject === undefined || ctx.oidc.result?.login) return Check.NO_NEED_TO_PROMPT;
    return usernameOf(subject) !== hint;
  }));
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return prompts;
}

async function account(ctx, tenant, subject) {
  const username = usernameOf(subject);
  const roles = ctx.oidc.client?.clientId === API_CLIENT_ID ? rolesOf(username) : [];
  return {
    accountId: subject,
    claims: async () => ({
      ...profileOf(tenant, username),
      email: username,
      ver: '2.0',
      ...(roles.length > 0 ? { roles } : {}),
    }),
  };
}

/** Where the consent that a person gave to an application is remembered. */
export function consentKey(tenant, subject, clientId) {
  return artifactKey('Consent', `${tenant} ${subject} ${clientId}`);
}

/** A grant of its own for each authorization, so that the end of one leaves the others alone. */
async function existingGrant(ctx, store, tenant) {
  const { provider, client, session, params, result } = ctx.oidc;
  if (result?.consent) return provider.Grant.find(result.consent.grantId);
  const remembered = store.get(consentKey(tenant, session.accountId, client.clientId));
  const scopes = splitScopes(params.scope);
  if (!remembered || !scopes.every((scope) => remembered.scopes.includes(scope))) return undefined;
  return saveGrant(provider, session.accountId, client.clientId, scopes);
}

/** Make and keep a grant of these scopes. */
export async function saveGrant(provider, accountId, clientId, scopes) {
  const grant = new provider.Grant({ accountId, clientId });
  for (const scope of scopes) {
    const { resource } = describeScope(scope);
    if (resource === undefined) grant.addOIDCScope(scope);
    else grant.addResourceScope(resource, scope);
  }
  await grant.save();
  return grant;
}

function acceptLoopbackRedirects(provider) {
  provider.Client.prototype.redirectUriAllowed = isLoopback;
  provider.Client.prototype.postLogoutRedirectUriAllowed = isLoopback;
}

/** Tests and developers use whatever port is free, so every loopback address is registered. */
export function isLoopback(uri) {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, hash, username } = new URL(uri);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || hostname.endsWith('.localhost');
  return ['http:', 'https:'].includes(protocol) && local && hash === '' && username === '';
}

function acceptSeveralSecrets(provider) {
  provider.Client.prototype.compareClientSecret = function compare(actual) {
    return secretProblem(this.clientId, actual) === undefined;
  };
}

/** What is wrong with a client secret, as an AADSTS number; undefined for a good one. */
export function secretProblem(clientId, actual) {
  const secret = APPLICATIONS.get(clientId)?.secrets.find(({ value }) => value === actual);
  if (secret === undefined) return 7000215;
  return Date.parse(secret.expiresOn) <= Date.now() ? 7000222 : undefined;
}

async function speakAsEntra(ctx, next, tenant) {
  await next();
  const { note } = ctx.req;
  const isToken = ctx.path === ROUTES.token;
  if (isToken && ctx.status >= 400) tellTokenError(ctx, note);
  else if (isToken && ctx.body?.access_token) completeTokens(ctx, tenant);
  else if (ctx.path.endsWith('/openid-configuration')) describeTenant(ctx, tenant);
  else tidyRedirect(ctx);
  if (ctx.state.cause && note) note.error ??= fromProvider(ctx.state.cause, {}).error;
  if (note?.drop === 'after') {
    note.result = 'dropped after';
    ctx.respond = false;
    ctx.req.socket.destroy();
  }
}

function tellTokenError(ctx, note) {
  const params = note?.params ?? {};
  const error = fromProvider(
    ctx.state.cause ?? new oidc.InvalidRequest(ctx.body?.error_description),
    params,
    ctx.get('client-request-id') || undefined,
  );
  if (note) Object.assign(note, { error: error.error, codes: error.codes });
  ctx.status = ctx.status === 500 ? 500 : error.status;
  ctx.body = error.toJSON();
}

function completeTokens(ctx, tenant) {
  const { access_token: access, refresh_token: refresh, id_token: id, ...rest } = ctx.body;
  const subject = ctx.oidc.entities.Account?.accountId;
  const info = subject && { uid: profileOf(tenant, usernameOf(subject)).oid, utid: tenant };
  ctx.body = {
    token_type: 'Bearer',
    ...rest,
    ext_expires_in: rest.expires_in,
    access_token: access,
    ...(refresh ? { refresh_token: refresh } : {}),
    ...(id ? { id_token: id } : {}),
    ...(info ? { client_info: Buffer.from(JSON.stringify(info)).toString('base64url') } : {}),
  };
}

function describeTenant(ctx, tenant) {
  ctx.body = {
    ...ctx.body,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'localhost',
    tenant_display_name: tenantName(tenant),
  };
  delete ctx.body.authorization_response_iss_parameter_supported;
}

/** Entra ID sends no `iss` (RFC 9207) with a code, and AADSTS texts with an error. */
function tidyRedirect(ctx) {
  const location = ctx.response.get('Location');
  if (!location || !URL.canParse(location)) return;
  const url = new URL(location);
  const values = url.searchParams;
  if (!values.has('code') && !values.has('error')) return;
  values.delete('iss');
  if (values.has('code')) values.set('session_state', randomUUID());
  const description = values.get('error_description') ?? '';
  if (values.has('error') && !description.startsWith('AADSTS')) {
    const error = fromProvider(ctx.state.cause ?? { error: values.get('error'), expose: true }, {});
    values.set('error_description', error.description);
  }
  ctx.set('Location', url.href);
}

async function renderError(ctx, tenant, cause) {
  const values = {
    client_id: String(ctx.query.client_id ?? ''), redirect_uri: String(ctx.query.redirect_uri ?? ''),
  };
  const error = fromProvider(cause, values);
  if (ctx.req.note) ctx.req.note.error = error.error;
  ctx.status = error.status;
  ctx.body = sendPage(ctx.res, errorPage(tenantName(tenant), error));
}

async function renderSignOut(ctx, tenant, form) {
  ctx.body = sendPage(ctx.res, signOutPage({ tenant: tenantName(tenant), form }));
}

async function renderSignedOut(ctx, tenant) {
  ctx.body = sendPage(ctx.res, {
    title: 'Signed out', tenant: tenantName(tenant), main: '<p>You signed out of your account.</p>',
  });
}
