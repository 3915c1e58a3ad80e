/** One oidc-provider for each tenant, behind Entra ID's paths and in its manners. */
import { randomUUID } from 'node:crypto';

import Provider, { errors as oidc, interactionPolicy } from 'oidc-provider';

import { isLoopback, secretProblem } from './applications.mjs';
import { existingGrant } from './consents.mjs';
import {
  API_CLIENT_ID, APPLICATIONS, describeScope, OPENID_SCOPES, profileOf, resourceFor, resourcesIn,
  rolesOf, splitScopes, usernameOf,
} from './directory.mjs';
import { EntraError } from './errors.mjs';
import {
  renderError, renderSignedOut, renderSignOut, ROUTES, speakAsEntra,
} from './manners.mjs';
import { adapterFactory } from './store.mjs';
import { accessTokenClaims } from './tokens.mjs';

const HOUR = 3600; // seconds
const DAY = 24 * HOUR;

const LIFETIMES = {
  AccessToken: HOUR,
  AuthorizationCode: 600,
  ClientCredentials: HOUR,
  Grant: 3650 * DAY,
  IdToken: HOUR,
  Interaction: HOUR,
  RefreshToken: 90 * DAY, // counted from the last use, as in Entra ID: each use gives a new one
  Session: 90 * DAY,
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
  return {
    jwks: { keys: [keys.jwk] },
    routes: ROUTES,
    clients: [...APPLICATIONS.keys()].map(clientMetadata),
    clientAuthMethods: ['client_secret_post', 'client_secret_basic'],
    cookies: cookies(tenant, origin, keys),
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
    ttl: LIFETIMES,
    formats: formats(tenant, origin),
  };
}

function cookies(tenant, origin, keys) {
  const port = new URL(origin).port || '443';
  const suffix = `${port}_${tenant.slice(0, 8)}`; // cookies do not tell ports apart (RFC 6265, 8.5)
  return {
    keys: keys.cookieKeys,
    names: {
      session: `session_${suffix}`,
      interaction: `interaction_${suffix}`,
      resume: `resume_${suffix}`,
    },
  };
}

function formats(tenant, origin) {
  const issuer = `${origin}/${tenant}/v2.0`;
  return {
    bitsOfOpaqueRandomness: (ctx, token) => (token.kind === 'RefreshToken' ? 6000 : 256),
    customizers: {
      jwt(ctx, token, structured) {
        const appName = APPLICATIONS.get(token.clientId)?.name;
        const { payload } = structured;
        structured.payload = accessTokenClaims({ tenant, issuer, appName, payload });
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

function acceptLoopbackRedirects(provider) {
  provider.Client.prototype.redirectUriAllowed = isLoopback;
  provider.Client.prototype.postLogoutRedirectUriAllowed = isLoopback;
}

function acceptSeveralSecrets(provider) {
  provider.Client.prototype.compareClientSecret = function compare(actual) {
    return secretProblem(this.clientId, actual) === undefined;
  };
}

