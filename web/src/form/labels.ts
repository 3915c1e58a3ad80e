import type { Field } from "./draft";

/** What the form calls its fields. */
export const LABELS: Record<Field, string> = {
  authType: "Auth type",
  hostName: "Host Name",
  port: "Port",
  security: "Security",
  userName: "User Name",
  password: "Password",
  authorizationUrl: "Authorization URL",
  tokenUrl: "Token Service URL",
  clientId: "Client ID",
  clientSecret: "Client Secret",
  clientSecretExpiresOn: "Client Secret expires on",
  fromAddress: "From Address",
  fromName: "From Name",
  replyTo: "Reply To",
  signature: "Signature",
  isDefault: "Default",
};
