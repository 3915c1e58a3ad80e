/** Who is signed in, as App Service Authentication tells it. */

import { request } from "./client";
import { ApiProblem, SignedOut } from "./problem";

const READ = "OutgoingMail.Read";
const MANAGE = "OutgoingMail.Manage";
const ROLE_CLAIMS = new Set([
  "roles",
  "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
]);
const NAME_CLAIMS = ["preferred_username", "upn", "email", "name"];

export interface Session {
  name: string;
  mayRead: boolean;
  mayManage: boolean;
}

interface Claim {
  typ: string;
  val: string;
}

interface Identity {
  user_id?: string;
  user_claims?: Claim[];
}

/** Reads `/.auth/me`. Manage includes Read, as it does for the API. */
export function sessionOf(identities: readonly Identity[]): Session | null {
  const identity = identities[0];
  if (!identity) return null;
  const claims = identity.user_claims ?? [];
  const roles = new Set(claims.filter((it) => ROLE_CLAIMS.has(it.typ)).map((it) => it.val));
  const named = NAME_CLAIMS.map((name) => claims.find((claim) => claim.typ === name)?.val);
  return {
    name: named.find(Boolean) ?? identity.user_id ?? "",
    mayRead: roles.has(READ) || roles.has(MANAGE),
    mayManage: roles.has(MANAGE),
  };
}

/** Returns null when nobody is signed in. */
export async function readSession(): Promise<Session | null> {
  try {
    return sessionOf((await request<Identity[]>("GET", "/.auth/me")).data);
  } catch (failure) {
    // App Service answers 401 or 403 here, depending on its version.
    if (failure instanceof SignedOut) return null;
    if (failure instanceof ApiProblem && failure.status === 403) return null;
    throw failure;
  }
}

const HERE = "/settings/outgoing-mail";

/** Where signing in begins; it ends on the page again. */
export const SIGN_IN = `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(HERE)}`;
export const SIGN_OUT = `/.auth/logout?post_logout_redirect_uri=${encodeURIComponent(HERE)}`;
