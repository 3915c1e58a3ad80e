/** Entra ID's manners on oidc-provider's answers: its paths, members, texts and pages. */
import { randomUUID } from 'node:crypto';

import { errors as oidc } from 'oidc-provider';

import { profileOf, tenantName, usernameOf } from './directory.mjs';
import { fromProvider } from './errors.mjs';
import { errorPage, sendPage, signOutPage } from './pages.mjs';

/** Where Entra ID has its endpoints, below the tenant. */
export const ROUTES = {
  authorization: '/oauth2/v2.0/authorize',
  token: '/oauth2/v2.0/token',
  jwks: '/discovery/v2.0/keys',
  end_session: '/oauth2/v2.0/logout',
  userinfo: '/oidc/userinfo',
};

/** After oidc-provider has answered: say it as Entra ID does. */
export async function speakAsEntra(ctx, next, tenant) {
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

/** Show a failure that the application must not, or cannot, hear of. */
export async function renderError(ctx, tenant, cause) {
  const values = {
    client_id: String(ctx.query.client_id ?? ''), redirect_uri: String(ctx.query.redirect_uri ?? ''),
  };
  const error = fromProvider(cause, values);
  if (ctx.req.note) ctx.req.note.error = error.error;
  ctx.status = error.status;
  ctx.body = sendPage(ctx.res, errorPage(tenantName(tenant), error));
}

/** Ask whether to sign out; `form` is oidc-provider's. */
export async function renderSignOut(ctx, tenant, form) {
  ctx.body = sendPage(ctx.res, signOutPage({ tenant: tenantName(tenant), form }));
}

/** Say that the person has signed out. */
export async function renderSignedOut(ctx, tenant) {
  ctx.body = sendPage(ctx.res, {
    title: 'Signed out', tenant: tenantName(tenant), main: '<p>You signed out of your account.</p>',
  });
}
