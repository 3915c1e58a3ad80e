/**
 * Failures in Entra ID's words: `error`, and a description that begins with its AADSTS number and
 * ends with the ids that support asks for.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import { randomUUID } from 'node:crypto';

/** number: [error, HTTP status, text]; the text may hold {placeholders}. */
const CATALOGUE = new Map([
  [28000, ['invalid_grant', 400, 'Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid.']],
  [50011, ['invalid_request', 400, "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."]],
  [50053, ['invalid_grant', 400, 'The account is locked, you\'ve tried to sign in too many times with an incorrect user ID or password.']],
  [50058, ['login_required', 400, 'Session information is not sufficient for single-sign-on.']],
  [50076, ['interaction_required', 400, 'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.']],
  [50105, ['invalid_grant', 400, "Your administrator has configured the application to block users unless they are specifically granted ('assigned') access to the application."]],
  [50126, ['invalid_grant', 400, 'Error validating credentials due to invalid username or password.']],
  [50132, ['invalid_grant', 400, 'The session is not valid due to the following reasons: password expiration or recent password change, SSO Artifact is invalid or expired, session is not fresh enough for application, or a silent sign-in request was sent but the user\'s session with Azure AD is invalid or has expired.']],
  [50133, ['invalid_grant', 400, 'The session is not valid due to password expiration or recent password change.']],
  [50173, ['invalid_grant', 400, 'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.']],
  [50194, ['invalid_request', 400, "Application '{client_id}'({name}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."]],
  [50196, ['invalid_grant', 400, 'The server terminated an operation because it encountered a client request loop. Please contact your app vendor.']],
  [53003, ['interaction_required', 400, 'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.']],
  [54005, ['invalid_grant', 400, 'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.']],
  [65001, ['invalid_grant', 400, "The user or administrator has not consented to use the application with ID '{client_id}' named '{name}'. Send an interactive authorization request for this user and resource."]],
  [65004, ['access_denied', 400, 'User declined to consent to access the app.']],
  [70000, ['invalid_grant', 400, 'Provided grant is invalid or malformed, or was revoked because it was used before.']],
  [70002, ['invalid_client', 401, 'Error validating credentials.']],
  [70003, ['unsupported_grant_type', 400, "The app requested an unsupported grant type '{grant_type}'."]],
  [70008, ['invalid_grant', 400, 'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.']],
  [70011, ['invalid_scope', 400, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."]],
  [70043, ['invalid_grant', 400, 'The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.']],
  [90002, ['invalid_request', 400, "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."]],
  [90033, ['temporarily_unavailable', 503, 'A transient error has occurred. Please try again.']],
  [90055, ['temporarily_unavailable', 429, 'The server has terminated the request because there are too many requests. Please try again later.']],
  [90094, ['access_denied', 400, 'An administrator of {tenant} has set a policy that prevents you from granting {name} the permissions it is requesting.']],
  [500112, ['invalid_grant', 400, "The reply address '{redirect_uri}' does not match the reply address provided when requesting Authorization code."]],
  [501481, ['invalid_grant', 400, 'The Code_Verifier does not match the code_challenge supplied in the authorization request.']],
  [530035, ['interaction_required', 400, 'Access has been blocked by security defaults. Admin has configured a policy to block this.']],
  [650053, ['invalid_client', 400, "The application '{name}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact the app vendor."]],
  [700005, ['invalid_grant', 400, 'Provided Authorization Code or Refresh Token is intended to use against other tenant, thus rejected.']],
  [700016, ['unauthorized_client', 400, "Application with identifier '{client_id}' was not found in the directory '{directory}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."]],
  [700082, ['invalid_grant', 400, 'The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for 90.00:00:00.']],
  [900144, ['invalid_request', 400, "The request body must contain the following parameter: '{parameter}'."]],
  [900561, ['invalid_request', 400, 'The endpoint only accepts POST requests. Received a {method} request.']],
  [7000215, ['invalid_client', 401, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."]],
  [7000218, ['invalid_client', 401, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."]],
  [7000222, ['invalid_client', 401, "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."]],
  [9002313, ['invalid_grant', 400, 'Invalid request. Request is malformed or invalid.']],
  [9002325, ['invalid_request', 400, 'Proof Key for Code Exchange is required for cross-origin authorization code redemption. Send code_challenge, with the method S256.']],
]);

/** One failure, ready to be told in JSON, in a redirect or on a page. */
export class EntraError extends Error {
  constructor(code, values = {}, overrides = {}) {
    const [error, status, template] = CATALOGUE.get(code)
      ?? ['invalid_request', 400, 'The request was turned down (as the local stand-in was told to).'];
    const text = template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
    super(text);
    this.name = 'EntraError';
    this.codes = overrides.codes ?? [code];
    this.error = overrides.error ?? error;
    this.status = overrides.status ?? status;
    this.suberror = overrides.suberror;
    this.traceId = randomUUID();
    this.correlationId = overrides.correlationId ?? randomUUID();
    this.timestamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  }

  get description() {
    return `AADSTS${this.codes[0]}: ${this.message} Trace ID: ${this.traceId} `
      + `Correlation ID: ${this.correlationId} Timestamp: ${this.timestamp}`;
  }

  /** The body of a token endpoint's answer (RFC 6749 section 5.2, with Entra ID's members). */
  toJSON() {
    return {
      error: this.error,
      error_description: this.description,
      error_codes: this.codes,
      timestamp: this.timestamp,
      trace_id: this.traceId,
      correlation_id: this.correlationId,
      error_uri: `https://localhost/error?code=${this.codes[0]}`,
      ...(this.suberror ? { suberror: this.suberror } : {}),
    };
  }
}

/** The AADSTS number that stands for a plain OAuth error, where a switch names no number. */
export function codeForError(error, status) {
  if (status === 429) return 90055;
  if (status >= 500) return 90033;
  return PREFERRED.get(error) ?? 9002313;
}

const PREFERRED = new Map([
  ['invalid_grant', 70000],
  ['invalid_client', 7000215],
  ['invalid_request', 900144],
  ['access_denied', 65004],
  ['interaction_required', 50076],
  ['temporarily_unavailable', 90033],
  ['unauthorized_client', 700016],
  ['invalid_scope', 70011],
  ['login_required', 50058],
]);

/** What oidc-provider says about a grant, in its own words, and the number Entra ID has for it. */
const PROVIDER_DETAILS = [
  [/refresh token already used/, 70000],
  [/code already consumed/, 54005],
  [/authorization code is expired/, 70008],
  [/refresh token is expired/, 700082],
  [/redirect_uri mismatch/, 500112],
  [/code_verifier|code_challenge/, 501481],
  [/grant (?:not found|is expired)/, 50173],
  [/not found/, 9002313],
];

/** An error that oidc-provider raised, as Entra ID would tell it. */
export function fromProvider(error, values, correlationId) {
  if (error instanceof EntraError) return error;
  if (error.entra instanceof EntraError) return error.entra;
  const detail = `${error.error_detail ?? ''} ${error.error_description ?? ''}`;
  const name = error.error ?? 'server_error';
  if (/PKCE/.test(detail)) return new EntraError(9002325, values, { correlationId });
  if (name === 'invalid_redirect_uri') return new EntraError(50011, values, { correlationId });
  const missing = /missing required parameter\(s\)?\W+(\w+)|^\s*(\w+) must be provided/.exec(detail);
  if (name === 'invalid_request' && missing) {
    const parameter = missing[1] ?? missing[2];
    return new EntraError(900144, { ...values, parameter }, { correlationId });
  }
  const known = name === 'invalid_grant'
    ? PROVIDER_DETAILS.find(([pattern]) => pattern.test(detail))?.[1] : undefined;
  const code = known ?? codeForError(name, error.statusCode ?? 500);
  const overrides = { error: error.expose ? name : 'server_error', correlationId };
  const entra = new EntraError(code, values, overrides);
  if (name === 'invalid_request') entra.message = error.error_description ?? entra.message;
  return entra;
}
