using '../main.bicep'

// For trying out: the cheapest of everything, and an alert only where somebody looks.
param environmentName = 'dev'
param appName = 'contoso-outgoing-mail-dev'
param apiClientId = '00000000-0000-0000-0000-000000000000'
param storageSku = 'Standard_LRS'
param instanceMemoryMB = 512
param maximumInstanceCount = 40
param logDailyQuotaGb = 1
param allowedOrigins = [
  'https://localhost:5173'
]
param tags = [
  'application=outgoing-mail'
  'environment=dev'
]
