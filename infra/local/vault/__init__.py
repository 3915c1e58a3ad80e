"""Key Vault's secrets and App Service's managed identity, for the local stack.

Speaks the REST API of https://learn.microsoft.com/rest/api/keyvault/secrets as far as
azure-keyvault-secrets uses it.
"""
