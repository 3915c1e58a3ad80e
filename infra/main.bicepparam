using 'main.bicep'

// What azd knows comes from its environment: `azd env set NAME value`. Without APP_NAME the file can be
// built, not deployed: Azure turns down a name with an underscore before it makes anything.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'production')
param appName = readEnvironmentVariable('APP_NAME', 'set-APP_NAME')
param apiClientId = readEnvironmentVariable('API_CLIENT_ID', '')

// All else has a default that `main.bicep` describes; examples/ shows what to set for whom.
param alertEmailAddresses = empty(readEnvironmentVariable('ALERT_EMAIL_ADDRESSES', '')) ? [] : split(readEnvironmentVariable('ALERT_EMAIL_ADDRESSES', ''), ',')
param allowedOrigins = empty(readEnvironmentVariable('ALLOWED_ORIGINS', '')) ? [] : split(readEnvironmentVariable('ALLOWED_ORIGINS', ''), ',')
