/** The API's types under the names that the page uses. They come from the OpenAPI document. */

export type AuthType = "basic" | "oauth2.0";
export type Security = "starttls" | "tls";
export type Status = "verified" | "notVerified";

export interface Reason {
  code: string;
  title: string;
  remedy: string;
  owner: string;
  at: string;
  detail?: string;
  reference?: string;
  command?: string;
}

export interface Config {
  id: string;
  authType: AuthType;
  hostName: string;
  port: number;
  security: Security;
  userName: string;
  fromAddress?: string;
  fromName?: string;
  replyTo?: string;
  signature?: string;
  passwordSet: boolean;
  authorizationUrl?: string;
  tokenUrl?: string;
  clientId?: string;
  clientSecretSet: boolean;
  clientSecretExpiresOn?: string;
  redirectUri?: string;
  isDefault: boolean;
  status: Status;
  reason?: Reason;
  warnings: Reason[];
  verifiedAt?: string;
  checkedAt?: string;
  nextCheckAt?: string;
  tokenRefreshedAt?: string;
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
}

export interface ConfigPage {
  value: Config[];
  total: number;
  nextLink?: string;
}

export interface HistoryEvent {
  id: string;
  type: string;
  at: string;
  actor: string;
  fields?: string[];
  reason?: { code: string; title: string };
  detail?: string;
  reference?: string;
}

export interface EventPage {
  value: HistoryEvent[];
  nextLink?: string;
}

export interface Provider {
  portalUrl?: string;
  id: string;
  name: string;
  hostName: string;
  port: number;
  security: Security;
  authorizationUrl?: string;
  tokenUrl?: string;
}

export interface Options {
  redirectUri: string;
  providers: Provider[];
}

export interface BulkDeleteResult {
  deleted: string[];
  notFound: string[];
  failed: string[];
}

export interface StartedAuthorization {
  authorizationUrl: string;
  expiresAt: string;
}

/** What a new config is made of; secrets go this way only. */
export interface NewConfig {
  authType: AuthType;
  userName: string;
  hostName?: string;
  port?: number;
  security?: Security;
  fromAddress?: string;
  fromName?: string;
  replyTo?: string;
  signature?: string;
  password?: string;
  authorizationUrl?: string;
  tokenUrl?: string;
  clientId?: string;
  clientSecret?: string;
  clientSecretExpiresOn?: string;
  isDefault?: boolean;
}

/** A merge patch: null takes an optional field away. */
export type ConfigChange = {
  [Name in keyof NewConfig]?: NewConfig[Name] | null;
};
