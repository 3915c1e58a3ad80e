/** What can be told about a draft before the server has seen it. The server has the last word. */

import { problemOfPair, problemOfUrl } from "./authorityUrls";
import type { Draft, Field } from "./draft";
import { fieldsOf } from "./draft";

export type FieldErrors = Partial<Record<Field, string>>;

/** Which secrets the server holds already: those may stay empty. */
export interface Held {
  password: boolean;
  clientSecret: boolean;
}

export const NOTHING_HELD: Held = { password: false, clientSecret: false };
export const LONGEST_SIGNATURE = 20_000;

const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@.]+(\.[^\s@.]+)+$/u;
const HOST_LABEL = /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const LONGEST: Partial<Record<Field, number>> = {
  userName: 254,
  fromAddress: 254,
  replyTo: 254,
  fromName: 128,
  password: 1024,
  clientSecret: 1024,
  clientId: 128,
  authorizationUrl: 2048,
  tokenUrl: 2048,
};

function hostName(value: string): string | null {
  if (!value) return "Enter the mail server's host name.";
  if (value.includes("://") || value.includes("/")) {
    return "Enter the host name alone, without https:// or a path.";
  }
  if (/:\d+$/.test(value)) return "Enter the host name alone; the port has its own field.";
  const labels = value.replace(/\.$/, "").split(".");
  if (value.length > 253 || !labels.every((label) => HOST_LABEL.test(label))) {
    return "This is not a valid host name.";
  }
  return null;
}

function port(value: string): string | null {
  const number = Number(value);
  const valid = /^\d+$/.test(value) && number >= 1 && number <= 65_535;
  return valid ? null : "Enter a port from 1 to 65535; mail servers listen on 587 or 465.";
}

function email(value: string, what: string): string | null {
  return EMAIL.test(value) ? null : `Enter ${what} as name@example.com.`;
}

function userName(value: string, authType: Draft["authType"]): string | null {
  if (!value) return "Enter the user name of the mailbox.";
  if (authType === "basic") return null;
  return email(value, "the mailbox that signs in at Microsoft");
}

function fromAddress(value: string, draft: Draft): string | null {
  if (value) return email(value, "one address");
  const sender = draft.userName.trim();
  return !sender || EMAIL.test(sender)
    ? null
    : "Enter the address that mail is sent from: the user name is none.";
}

function clientId(value: string): string | null {
  if (!value) return "Paste the Application (client) ID.";
  return /^[\w.~-]+$/.test(value) ? null : "A client ID has letters, digits and hyphens only.";
}

function expiry(value: string): string | null {
  if (!value) return null;
  const year = Number(value.slice(0, 4));
  return year >= 2000 && year <= 2100 ? null : "Enter a date between 2000 and 2100.";
}

function check(draft: Draft, field: Field, held: Held): string | null {
  const raw = draft[field];
  if (typeof raw === "boolean") return null;
  const value = field === "password" ? raw : raw.trim();
  const longest = LONGEST[field];
  if (longest !== undefined && value.length > longest) return `At most ${longest} characters.`;
  if (field !== "signature" && CONTROL.test(value)) {
    return "Line breaks and control characters are not allowed here.";
  }
  switch (field) {
    case "hostName":
      return hostName(value);
    case "port":
      return port(value);
    case "userName":
      return userName(value, draft.authType);
    case "password":
      return value || held.password ? null : "Enter the mailbox's password.";
    case "authorizationUrl":
      return problemOfUrl(value, "authorize");
    case "tokenUrl":
      return problemOfUrl(value, "token") ?? problemOfPair(draft.authorizationUrl, value);
    case "clientId":
      return clientId(value);
    case "clientSecret":
      return value || held.clientSecret ? null : "Paste the client secret's Value.";
    case "clientSecretExpiresOn":
      return expiry(value);
    case "fromAddress":
      return fromAddress(value, draft);
    case "replyTo":
      return value ? email(value, "one address") : null;
    case "signature":
      return value.length > LONGEST_SIGNATURE ? "The signature is too long." : null;
    default:
      return null;
  }
}

export function isAddress(value: string): boolean {
  return EMAIL.test(value);
}

/** Every field that is wrong, with its sentence. */
export function validate(draft: Draft, held: Held): FieldErrors {
  const errors: FieldErrors = {};
  for (const field of fieldsOf(draft.authType)) {
    const message = check(draft, field, held);
    if (message) errors[field] = message;
  }
  return errors;
}

/** Advice that does not stand in the way of saving. */
export function hintFor(draft: Draft, field: Field, today: string): string | null {
  if (field === "clientSecret" && GUID.test(draft.clientSecret.trim())) {
    return "This looks like the Secret ID; paste the Value.";
  }
  const expiresOn = draft.clientSecretExpiresOn;
  if (field === "clientSecretExpiresOn" && expiresOn && expiresOn < today) {
    return "This date has passed: create a new client secret in the portal.";
  }
  return null;
}
