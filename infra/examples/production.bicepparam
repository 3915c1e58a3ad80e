using '../main.bicep'

// Closed to the internet but for the app itself, spread over zones, and somebody is told.
param environmentName = 'production'
param appName = 'contoso-outgoing-mail'
param apiClientId = '00000000-0000-0000-0000-000000000000'
param vnetEnabled = true
param vnetAddressPrefix = '10.20.0.0/24'
param storageSku = 'Standard_GZRS'
param zoneRedundant = true
param alwaysReadyInstanceCount = 2
param maximumInstanceCount = 100
param logRetentionInDays = 90
param allowedOrigins = [
  'https://app.contoso.example'
]
param customDomainHostName = 'mail.contoso.example'
param customDomainVaultId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/certificates/providers/Microsoft.KeyVault/vaults/contoso-certificates'
param customDomainCertificateName = 'mail-contoso-example'
param alertEmailAddresses = [
  'operations@contoso.example'
]
param tags = [
  'application=outgoing-mail'
  'environment=production'
  'owner=operations'
]
