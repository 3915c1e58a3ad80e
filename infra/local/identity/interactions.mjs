/** The steps of a sign-in that people see: the account, its password, and their consent. */
import { errors as oidc } from 'oidc-provider';

import { consentKey, saveGrant } from './consents.mjs';
import {
  APPLICATIONS, describeScope, isUsername, normalizeUsername, PASSWORD, splitScopes, subjectOf,
  tenantName, usernameOf,
} from './directory.mjs';
import { EntraError } from './errors.mjs';
import {
  accountPage, consentPage, errorPage, loginPage, sendPage,
} from './pages.mjs';

const WRONG_PASSWORD = 'Your account or password is incorrect. The password is local-password.';
const NO_ADDRESS = 'Enter the account as an e-mail address, such as noreply@contoso.example.';

/** Answer a request to /{tenant}/login/{uid}. */
export async function handleInteraction(context, request, response, form) {
  let details;
  try {
    details = await context.provider.interactionDetails(request, response);
  } catch (error) {
    if (!(error instanceof oidc.SessionNotFound)) throw error;
    const expired = new EntraError(50058, {}, { error: 'invalid_request' });
    expired.message = 'This sign-in has ended, or belongs to another browser. Start it again.';
    respond(response, 400, errorPage(tenantName(context.tenant), expired));
    return;
  }
  const step = { ...context, request, response, details, url: context.url };
  if (request.method === 'GET') showStep(step);
  else await submitStep(step, form);
}

function showStep(step) {
  const { details, url } = step;
  const wantsLogin = details.prompt.name === 'login' || url.searchParams.has('switch');
  if (wantsLogin) {
    const hint = url.searchParams.has('switch') ? '' : details.params.login_hint ?? '';
    respond(step.response, 200, loginPage({ ...labels(step), username: hint }));
  } else if (details.prompt.name === 'select_account') {
    showAccounts(step);
  } else {
    respond(step.response, 200, consentPage({
      ...labels(step),
      username: usernameOf(details.session.accountId),
      scopes: splitScopes(details.params.scope).map(describeScope),
    }));
  }
}

function showAccounts(step) {
  const subject = step.details.session?.accountId;
  if (subject === undefined) {
    const username = step.details.params.login_hint ?? '';
    respond(step.response, 200, loginPage({ ...labels(step), username }));
    return;
  }
  respond(step.response, 200, accountPage({ ...labels(step), username: usernameOf(subject) }));
}

async function submitStep(step, form) {
  if (form.has('username')) await signIn(step, form);
  else if (form.get('action') === 'continue') await finish(step, { select_account: {} });
  else if (form.get('action') === 'decline') await decline(step);
  else if (form.get('action') === 'accept') await accept(step);
  else showStep(step);
}

async function signIn(step, form) {
  const username = normalizeUsername(form.get('username'));
  const problem = !isUsername(username) ? NO_ADDRESS
    : form.get('password') !== PASSWORD ? WRONG_PASSWORD : undefined;
  if (problem) {
    respond(step.response, 400, loginPage({ ...labels(step), username, error: problem }));
    return;
  }
  const accountId = subjectOf(username);
  const result = { login: { accountId, amr: ['pwd'], remember: true }, select_account: {} };
  const { provider, request, response } = step;
  const location = await provider.interactionResult(request, response, result);
  await switchSession(step, accountId);
  response.writeHead(303, { Location: location, 'Content-Length': 0 }).end();
}

/** A browser that was signed in as somebody else goes on as the new account. */
async function switchSession({ provider, details }, accountId) {
  const cookie = details.session?.cookie;
  if (cookie === undefined || details.session.accountId === accountId) return;
  const session = await provider.Session.find(cookie);
  if (session === undefined) return;
  session.authorizations = {};
  session.loginAccount({ accountId, amr: ['pwd'] });
  await session.persist();
}

async function accept(step) {
  const { details, provider, store, tenant } = step;
  const accountId = details.session?.accountId;
  if (accountId === undefined) {
    showStep(step);
    return;
  }
  const clientId = details.params.client_id;
  const scopes = splitScopes(details.params.scope);
  const grant = await saveGrant(provider, accountId, clientId, scopes);
  const key = consentKey(tenant, accountId, clientId);
  const before = store.get(key)?.scopes ?? [];
  store.set(key, { scopes: [...new Set([...before, ...scopes])] });
  await finish(step, { consent: { grantId: grant.jti } });
}

async function decline(step) {
  const error = new EntraError(65004);
  await finish(step, { error: error.error, error_description: error.description });
}

async function finish({ provider, request, response }, result) {
  await provider.interactionFinished(request, response, result);
}

function labels({ tenant, details, url }) {
  return {
    tenant: tenantName(tenant),
    application: APPLICATIONS.get(details.params.client_id)?.name ?? details.params.client_id,
    action: url.pathname,
    switchTo: `${url.pathname}?switch`,
  };
}

function respond(response, status, page) {
  const body = sendPage(response, page);
  response.statusCode = status;
  response.end(body);
}
