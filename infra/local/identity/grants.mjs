/** Grants without a sign-in, for tests and benchmarks that need more than people could give. */
import { saveGrant } from './consents.mjs';
import { resourcesIn, subjectOf } from './directory.mjs';

/** A refresh token like that which a person's consent to an application leads to. */
export async function issueRefreshToken(provider, { username, clientId, scopes }) {
  const accountId = subjectOf(username);
  const grant = await saveGrant(provider, accountId, clientId, scopes);
  const token = new provider.RefreshToken({
    accountId,
    authTime: Math.floor(Date.now() / 1000),
    client: await provider.Client.find(clientId),
    grantId: grant.jti,
    gty: 'authorization_code',
    resource: resourcesIn(scopes),
    scope: scopes.join(' '),
  });
  return token.save();
}
