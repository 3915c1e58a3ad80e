/** What is typed into the form, and how it becomes a request. */

import type { AuthType, Config, ConfigChange, NewConfig, Options, Security } from "../api/types";

/** Every field as its input holds it; an empty secret means: leave the stored one. */
export interface Draft {
  authType: AuthType;
  hostName: string;
  port: string;
  security: Security;
  userName: string;
  password: string;
  authorizationUrl: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  clientSecretExpiresOn: string;
  fromAddress: string;
  fromName: string;
  replyTo: string;
  signature: string;
  isDefault: boolean;
}

export type Field = keyof Draft;

const COMMON = [
  "hostName",
  "port",
  "security",
  "userName",
  "fromAddress",
  "fromName",
  "replyTo",
  "signature",
  "isDefault",
] as const satisfies Field[];
const BY_TYPE = {
  basic: ["password"],
  "oauth2.0": [
    "authorizationUrl",
    "tokenUrl",
    "clientId",
    "clientSecret",
    "clientSecretExpiresOn",
  ],
} as const satisfies Record<AuthType, Field[]>;

export const SECRETS: ReadonlySet<Field> = new Set<Field>(["password", "clientSecret"]);
const REMOVABLE: ReadonlySet<Field> = new Set<Field>([
  "fromAddress",
  "fromName",
  "replyTo",
  "signature",
  "clientSecretExpiresOn",
]);

/** The fields that a config of this type has, in the order of the form. */
export function fieldsOf(authType: AuthType): Field[] {
  const [host, port, security, user, ...rest] = COMMON;
  return [host, port, security, ...BY_TYPE[authType], user, ...rest];
}

export function emptyDraft(authType: AuthType, options: Options): Draft {
  const provider = options.providers[0];
  return {
    authType,
    hostName: provider?.hostName ?? "",
    port: String(provider?.port ?? 587),
    security: provider?.security ?? "starttls",
    userName: "",
    password: "",
    authorizationUrl: "",
    tokenUrl: "",
    clientId: "",
    clientSecret: "",
    clientSecretExpiresOn: "",
    fromAddress: "",
    fromName: "",
    replyTo: "",
    signature: "",
    isDefault: false,
  };
}

export function draftOf(config: Config): Draft {
  return {
    authType: config.authType,
    hostName: config.hostName,
    port: String(config.port),
    security: config.security,
    userName: config.userName,
    password: "",
    authorizationUrl: config.authorizationUrl ?? "",
    tokenUrl: config.tokenUrl ?? "",
    clientId: config.clientId ?? "",
    clientSecret: "",
    clientSecretExpiresOn: config.clientSecretExpiresOn ?? "",
    fromAddress: config.fromAddress ?? "",
    fromName: config.fromName ?? "",
    replyTo: config.replyTo ?? "",
    signature: config.signature ?? "",
    isDefault: config.isDefault,
  };
}

/** The value as the API takes it. A password is the only text whose spaces count. */
function valueOf(draft: Draft, field: Field): string | number | boolean {
  const value = draft[field];
  if (typeof value === "boolean" || field === "password") return value;
  if (field === "port") return Number(value);
  return value.trim();
}

export function newConfigOf(draft: Draft): NewConfig {
  const given = fieldsOf(draft.authType)
    .map((field) => [field, valueOf(draft, field)] as const)
    .filter(([, value]) => value !== "" && value !== false);
  return { authType: draft.authType, ...Object.fromEntries(given) } as NewConfig;
}

/** Whether anything differs that would be lost. */
export function isChanged(base: Draft, draft: Draft): boolean {
  return changedFields(base, draft).length > 0;
}

export function changedFields(base: Draft, draft: Draft): Field[] {
  const names = Object.keys(draft) as Field[];
  return names.filter((field) => valueOf(base, field) !== valueOf(draft, field));
}

/** The merge patch that turns `base` into `draft`; empty when nothing differs. */
export function changeOf(base: Draft, draft: Draft): ConfigChange {
  const moved = base.authType !== draft.authType;
  const own = new Set<Field>(BY_TYPE[draft.authType]);
  const change: Record<string, unknown> = moved ? { authType: draft.authType } : {};
  for (const field of fieldsOf(draft.authType)) {
    const value = valueOf(draft, field);
    if (!(moved && own.has(field)) && value === valueOf(base, field)) continue;
    if (value !== "") change[field] = value;
    else if (REMOVABLE.has(field) && !moved) change[field] = null;
  }
  return change;
}
