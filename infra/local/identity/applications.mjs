/** What the registrations of applications allow: redirect URIs, and client secrets. */
import { APPLICATIONS } from './directory.mjs';

/** Tests and developers use whatever port is free, so every loopback address is registered. */
export function isLoopback(uri) {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, hash, username } = new URL(uri);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || hostname.endsWith('.localhost');
  return ['http:', 'https:'].includes(protocol) && local && hash === '' && username === '';
}

/** What is wrong with a client secret, as an AADSTS number; undefined for a good one. */
export function secretProblem(clientId, actual) {
  const secret = APPLICATIONS.get(clientId)?.secrets.find(({ value }) => value === actual);
  if (secret === undefined) return 7000215;
  return Date.parse(secret.expiresOn) <= Date.now() ? 7000222 : undefined;
}
