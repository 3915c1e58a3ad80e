/** The pages that people see: plain HTML, forms without script. */
import { createHash } from 'node:crypto';

import { OPENID_SCOPES } from './directory.mjs';

const STYLE = `
:root { color-scheme: light dark; --line: #8a8886; --accent: #0f6cbd; --text-on-accent: #fff;
  --danger: #b10e1c; --note: #fff4ce; --note-text: #3b2e00; --card: #fff; --page: #f3f2f1; }
@media (prefers-color-scheme: dark) { :root { --line: #8f8f8f; --accent: #62abf5; --text-on-accent: #061724;
  --danger: #ff99a4; --note: #433519; --note-text: #ffe9b0; --card: #292929; --page: #1b1b1b; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 "Segoe UI", system-ui, sans-serif; background: var(--page); }
.banner { margin: 0; padding: .5rem 1rem; background: var(--note); color: var(--note-text); text-align: center; }
main { max-width: 27.5rem; margin: 2rem auto; padding: 2rem; background: var(--card); overflow-wrap: anywhere; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.2; }
.tenant { margin: 0 0 1rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input { width: 100%; padding: .5rem; font: inherit; border: 1px solid var(--line); border-radius: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1.5rem; }
button { padding: .5rem 1.25rem; font: inherit; border: 1px solid var(--line); border-radius: 2px;
  background: transparent; color: inherit; cursor: pointer; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--text-on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error { color: var(--danger); font-weight: 600; }
.hint { font-size: .875rem; }
a { color: var(--accent); }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
@media (max-width: 30rem) { main { margin: 0; padding: 1rem; } }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Set a page's headers, and return its HTML. */
export function sendPage(response, page) {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  );
  return layout(page);
}

export function escape(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text ?? '').replace(/[&<>"']/g, (character) => entities[character]);
}

function layout({ title, tenant, main }) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} (local stand-in)</title>
<style>${STYLE}</style>
</head>
<body>
<header class="banner">Local stand-in, not Microsoft. Never type a real password here.</header>
<main>
<h1>${escape(title)}</h1>
<p class="tenant">${escape(tenant)}</p>
${main}
</main>
</body>
</html>
`;
}

/** Sign in: the account is filled in where the application named one. */
export function loginPage({ tenant, action, username, application, error, switchTo }) {
  const alert = error ? `<p class="error" role="alert" id="problem">${escape(error)}</p>` : '';
  const described = error ? ' aria-describedby="problem" aria-invalid="true"' : '';
  const focusName = username ? '' : ' autofocus';
  const focusPassword = username ? ' autofocus' : '';
  const other = username
    ? `<p><a href="${escape(switchTo)}">Use another account</a></p>` : '';
  return {
    title: 'Sign in',
    tenant,
    main: `<p>to continue to <strong>${escape(application)}</strong></p>
${alert}
<form method="post" action="${escape(action)}">
<label for="username">Account (e-mail address)</label>
<input id="username" name="username" type="email" autocomplete="username" required value="${escape(username)}"${described}${focusName}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}${focusPassword}>
<p class="hint">Every account has the password <code>local-password</code>.</p>
<div class="buttons"><button type="submit" class="primary">Sign in</button></div>
</form>
${other}`,
  };
}

/** Consent: what the application asks for, to accept or to decline. */
export function consentPage({ tenant, action, username, application, scopes, switchTo }) {
  const items = scopes.map(({ name, description, resource }) => {
    const source = resource ? ` (${resource.replace(/^https:\/\//, '')})` : '';
    const label = OPENID_SCOPES.has(name) ? name : `${name}${source}`;
    return `<dt>${escape(description)}</dt><dd><code>${escape(label)}</code></dd>`;
  });
  return {
    title: 'Permissions requested',
    tenant,
    main: `<p><strong>${escape(application)}</strong> asks <strong>${escape(username)}</strong> for:</p>
<dl>${items.join('')}</dl>
<form method="post" action="${escape(action)}">
<div class="buttons">
<button type="submit" name="action" value="accept" class="primary">Accept</button>
<button type="submit" name="action" value="decline">Decline</button>
</div>
</form>
<p><a href="${escape(switchTo)}">Use another account</a></p>`,
  };
}

/** An account to go on with, where the application asked for a choice. */
export function accountPage({ tenant, action, username, application, switchTo }) {
  return {
    title: 'Pick an account',
    tenant,
    main: `<p>to continue to <strong>${escape(application)}</strong></p>
<form method="post" action="${escape(action)}">
<div class="buttons">
<button type="submit" name="action" value="continue" class="primary">${escape(username)}</button>
</div>
</form>
<p><a href="${escape(switchTo)}">Use another account</a></p>`,
  };
}

/** Sign out: asked, because a link on another site must not do it. */
export function signOutPage({ tenant, form }) {
  return {
    title: 'Sign out',
    tenant,
    main: `<p>Do you want to sign out of your account?</p>
${form}
<div class="buttons">
<button type="submit" form="op.logoutForm" name="logout" value="yes" class="primary">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>
</div>`,
  };
}

/** A request that cannot be answered to the application, told to the person. */
export function errorPage(tenant, error) {
  return {
    title: 'Sorry, but we’re having trouble signing you in.',
    tenant,
    main: `<p class="error" role="alert">AADSTS${escape(error.codes[0])}: ${escape(error.message)}</p>
<dl>
<dt>Error</dt><dd><code>${escape(error.error)}</code></dd>
<dt>Trace ID</dt><dd>${escape(error.traceId)}</dd>
<dt>Correlation ID</dt><dd>${escape(error.correlationId)}</dd>
<dt>Timestamp</dt><dd>${escape(error.timestamp)}</dd>
</dl>`,
  };
}
