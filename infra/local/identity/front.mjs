/** The front door: finds the tenant, applies ordered failures, keeps the record, and passes on. */
import { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { isLoopback } from './applications.mjs';
import {
  APPLICATIONS, normalizeUsername, SHARED_TENANTS, tenantId, tenantName,
} from './directory.mjs';
import { codeForError, EntraError } from './errors.mjs';
import { handleInteraction } from './interactions.mjs';
import { handleLocal, sendJson } from './local_api.mjs';
import { errorPage, sendPage } from './pages.mjs';
import { makeProvider } from './provider.mjs';
import { Failures, RequestLog } from './switches.mjs';
import { describeRequest, findProblem, readParameters } from './token_request.mjs';

const BODY_LIMIT = 64 * 1024; // bytes
const DISCOVERY = '/v2.0/.well-known/openid-configuration';

export class IdentityServer {
  #providers = new Map();

  constructor({ keys, store, origin }) {
    this.keys = keys;
    this.store = store;
    this.origin = origin;
    this.failures = new Failures();
    this.requests = new RequestLog();
  }

  /** Answer one request: a handler for `https.createServer`. */
  async handle(request, response) {
    try {
      await this.#route(request, response);
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        sendJson(response, 413, { error: error.message }, { Connection: 'close' });
        return;
      }
      console.error(`identity: ${request.method} ${request.url?.split('?')[0]}:`, error);
      if (!response.headersSent) sendJson(response, 500, { error: 'server_error' });
    }
  }

  async #route(request, response) {
    const url = new URL(request.url, this.origin);
    const [, segment, ...rest] = url.pathname.split('/');
    const path = `/${rest.join('/')}`;
    if (segment === 'local') {
      await handleLocal(this, request, response, url, await readBody(request));
    } else if (segment === '') {
      sendPageNow(response, 200, welcome(this.origin));
    } else {
      await this.#routeTenant({ request, response, url, segment, path });
    }
  }

  async #routeTenant(call) {
    const tenant = SHARED_TENANTS.has(call.segment.toLowerCase()) ? 'shared' : tenantId(call.segment);
    if (tenant === undefined || tenant === 'shared') {
      await this.#refuseTenant(call, tenant);
      return;
    }
    const provider = this.provider(tenant);
    const context = { ...call, tenant, provider, store: this.store };
    if (call.path.startsWith('/login/')) {
      const { request, response } = call;
      const form = request.method === 'POST' ? new URLSearchParams(await readBody(request)) : undefined;
      await handleInteraction(context, request, response, form);
    } else if (call.path === '/oauth2/v2.0/token') {
      await this.#token(context);
    } else if (call.path === '/oauth2/v2.0/authorize') {
      await this.#authorize(context);
    } else {
      pass(context, call.request, call.path === DISCOVERY ? '/.well-known/openid-configuration' : call.path);
    }
  }

  async #token(context) {
    const { request, response, tenant, provider } = context;
    if (request.method !== 'POST') {
      sendEntra(response, new EntraError(900561, { method: request.method }));
      return;
    }
    const body = await readBody(request);
    const params = readParameters(request.headers, body);
    const facts = { path: 'token', tenant, ...describeRequest(this.store, params) };
    const note = this.#note(facts, response);
    const failure = await this.#failure(facts, context, note);
    if (failure === 'done') return;
    const problem = findProblem(this.store, tenant, params, request.headers['client-request-id']);
    if (problem !== undefined) {
      Object.assign(note.entry, { error: problem.error, codes: problem.codes });
      sendEntra(response, problem);
      return;
    }
    note.params = params;
    note.drop = failure?.drop;
    pass({ ...context, provider }, replay(request, body, note), context.path);
  }

  async #authorize(context) {
    const { request, response, url, tenant } = context;
    const query = Object.fromEntries(url.searchParams);
    const facts = {
      path: 'authorize',
      tenant,
      client_id: query.client_id,
      username: query.login_hint && normalizeUsername(query.login_hint),
      scope: query.scope,
    };
    const note = this.#note(facts, response);
    if (await this.#failure(facts, context, note) === 'done') return;
    if (!APPLICATIONS.has(query.client_id)) {
      const values = { ...query, directory: tenantName(tenant) };
      const problem = query.client_id
        ? new EntraError(700016, values) : new EntraError(900144, { parameter: 'client_id' });
      note.entry.error = problem.error;
      sendPageNow(response, problem.status, errorPage(tenantName(tenant), problem));
      return;
    }
    request.note = note;
    pass(context, request, `${context.path}${url.search}`);
  }

  /** Carry out the failure that was ordered, if any. 'done' means that the request is answered. */
  async #failure(facts, context, note) {
    const failure = this.failures.take(facts);
    if (failure === undefined) return undefined;
    if (failure.delay_ms) await sleep(failure.delay_ms);
    if (failure.drop === 'before') {
      note.result = 'dropped before';
      context.request.socket.destroy();
      return 'done';
    }
    if (failure.status === undefined && failure.error === undefined && !failure.error_codes) return failure;
    const error = ordered(failure, Object.fromEntries(context.url.searchParams));
    Object.assign(note.entry, { error: error.error, codes: error.codes });
    if (facts.path === 'authorize') refuseAuthorization(context, failure, error);
    else sendEntra(context.response, error, failure.retry_after);
    return 'done';
  }

  #note(facts, response) {
    const entry = this.requests.begin(facts);
    const note = {
      entry,
      set error(name) { entry.error = name; },
      get error() { return entry.error; },
      set codes(codes) { entry.codes = codes; },
      set result(text) { entry.result = text; },
    };
    response.once('close', () => {
      if (entry.result !== 'pending') return;
      entry.status = response.statusCode;
      entry.result = entry.error ?? 'ok';
    });
    return note;
  }

  async #refuseTenant({ request, response, url, segment, path }, tenant) {
    const shared = tenant === 'shared';
    if (shared && path === DISCOVERY) {
      sendJson(response, 200, this.#sharedMetadata(segment));
      return;
    }
    const form = request.method === 'POST' ? await readBody(request) : url.search;
    const params = Object.fromEntries(new URLSearchParams(form));
    const values = { ...params, tenant: segment, name: APPLICATIONS.get(params.client_id)?.name };
    const error = new EntraError(shared ? 50194 : 90002, values);
    this.#note({ path, tenant: segment, client_id: params.client_id }, response).error = error.error;
    if (path === '/oauth2/v2.0/authorize') sendPageNow(response, 400, errorPage(segment, error));
    else sendEntra(response, error);
  }

  #sharedMetadata(segment) {
    const base = `${this.origin}/${segment}`;
    return {
      issuer: `${this.origin}/{tenantid}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    };
  }

  /** The provider of a tenant, made when it is first asked for. */
  provider(tenant) {
    if (!this.#providers.has(tenant)) {
      const { origin, keys, store } = this;
      const provider = makeProvider({ tenant, origin, keys, store });
      this.#providers.set(tenant, Object.assign(provider, { answer: provider.callback() }));
    }
    return this.#providers.get(tenant);
  }
}

class BodyTooLarge extends Error {}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new BodyTooLarge(`the body has more than ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The request again, with its body to be read a second time. */
function replay(request, body, note) {
  const copy = new IncomingMessage(request.socket);
  Object.assign(copy, {
    method: request.method, url: request.url, headers: request.headers, httpVersion: request.httpVersion,
  });
  copy.note = note;
  copy.push(body);
  copy.push(null);
  copy.complete = true;
  return copy;
}

/** Hand over to oidc-provider, mounted under the tenant. */
function pass({ segment, provider, response }, request, path) {
  request.originalUrl = `/${segment}${path}`;
  request.url = path;
  provider.answer(request, response);
}

function ordered(failure, query) {
  const error = failure.error ?? (failure.status >= 500 ? 'temporarily_unavailable' : undefined);
  const status = failure.status ?? undefined;
  const code = failure.error_codes?.[0] ?? codeForError(error ?? 'invalid_grant', status ?? 400);
  const overrides = {
    error, codes: failure.error_codes ?? [code], suberror: failure.suberror,
  };
  if (status !== undefined) overrides.status = status;
  const made = new EntraError(code, query, overrides);
  if (failure.error_description) made.message = failure.error_description;
  return made;
}

/** With `error` the application hears of it; without, the person sees a page. */
function refuseAuthorization({ response, url, tenant }, failure, error) {
  const target = url.searchParams.get('redirect_uri') ?? '';
  if (failure.error === undefined || !isLoopback(target)) {
    if (failure.retry_after !== undefined) response.setHeader('Retry-After', failure.retry_after);
    sendPageNow(response, error.status, errorPage(tenantName(tenant), error));
    return;
  }
  const location = new URL(target);
  location.searchParams.set('error', error.error);
  location.searchParams.set('error_description', error.description);
  const state = url.searchParams.get('state');
  if (state !== null) location.searchParams.set('state', state);
  response.writeHead(302, { Location: location.href, 'Cache-Control': 'no-store' }).end();
}

function sendEntra(response, error, retryAfter) {
  const headers = {
    'x-ms-request-id': error.traceId,
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
  };
  sendJson(response, error.status, error, headers);
}

function sendPageNow(response, status, page) {
  const body = sendPage(response, page);
  response.statusCode = status;
  response.end(body);
}

function welcome(origin) {
  return {
    title: 'Identity provider of the local stack',
    tenant: 'It speaks as Microsoft Entra ID does, for applications on this machine.',
    main: `<dl>
<dt>Authorization endpoint</dt><dd><code>${origin}/11111111-1111-1111-1111-111111111111/oauth2/v2.0/authorize</code></dd>
<dt>Token endpoint</dt><dd><code>${origin}/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token</code></dd>
<dt>Client id</dt><dd><code>00000000-0000-0000-0000-00000000a001</code></dd>
<dt>Client secret</dt><dd><code>local-client-secret</code></dd>
<dt>Accounts</dt><dd>Any e-mail address, with the password <code>local-password</code></dd>
</dl>`,
  };
}
