/** Consents that are remembered, and the grants that come from them. */
import { describeScope, splitScopes } from './directory.mjs';
import { artifactKey } from './store.mjs';

/** Where the consent that a person gave to an application is remembered. */
export function consentKey(tenant, subject, clientId) {
  return artifactKey('Consent', `${tenant} ${subject} ${clientId}`);
}

/** A grant of its own for each authorization, so that the end of one leaves the others alone. */
export async function existingGrant(ctx, store, tenant) {
  const { provider, client, session, params, result } = ctx.oidc;
  if (result?.consent) return provider.Grant.find(result.consent.grantId);
  const remembered = store.get(consentKey(tenant, session.accountId, client.clientId));
  const scopes = splitScopes(params.scope);
  if (!remembered || !scopes.every((scope) => remembered.scopes.includes(scope))) return undefined;
  return saveGrant(provider, session.accountId, client.clientId, scopes);
}

/** Make and keep a grant of these scopes. */
export async function saveGrant(provider, accountId, clientId, scopes) {
  const grant = new provider.Grant({ accountId, clientId });
  for (const scope of scopes) {
    const { resource } = describeScope(scope);
    if (resource === undefined) grant.addOIDCScope(scope);
    else grant.addResourceScope(resource, scope);
  }
  await grant.save();
  return grant;
}
