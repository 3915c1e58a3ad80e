metadata name = 'Outgoing Mail'
metadata description = 'Everything that Outgoing Mail runs on, in one resource group. The registration of its API comes before it: entra/api.bicep or entra/api.sh.'

targetScope = 'resourceGroup'

@description('Required. Name of the function app, unique in the world; what belongs to it is named after it.')
@minLength(2)
@maxLength(40)
param appName string

@description('Optional. Region. It has to offer Flex Consumption.')
param location string = resourceGroup().location

@description('Optional. Name of the environment, as azd knows it and as the tag azd-env-name says.')
param environmentName string = 'production'

@description('Optional. Tags of all resources, each as name=value.')
param tags string[] = []

@description('Required. Application (client) id of the registration of the API.')
param apiClientId string

@description('Optional. Directories whose people and applications may sign in; the one of the subscription unless given.')
@minLength(1)
@maxLength(10)
param allowedTenantIds string[] = [
  tenant().tenantId
]

@description('Optional. Client ids of the applications that may call the API beside its own page; any of the allowed directories unless given.')
param allowedClientIds string[] = []

@description('Optional. Origins of the frontends that call the API from a browser, each as https://host.')
param allowedOrigins string[] = []

@description('Optional. Whether storage and vault are closed to the internet and reached over a virtual network. Mail and sign-in then go out through one fixed address.')
param vnetEnabled bool = false

@description('Optional. Address space of the virtual network, in CIDR notation, /25 or wider.')
param vnetAddressPrefix string = '10.20.0.0/24'

@description('Optional. Redundancy of the storage account.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
  'Standard_RAGRS'
  'Standard_RAGZRS'
])
param storageSku string = 'Standard_ZRS'

@description('Optional. Memory of one instance, in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('Optional. Instances at most.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Instances that always wait for requests; 0 starts one when a request comes.')
@minValue(0)
param alwaysReadyInstanceCount int = 0

@description('Optional. Whether instances are spread over the zones of the region; always-ready instances then come in twos.')
param zoneRedundant bool = false

@description('Optional. When the timer looks for what is due: NCRONTAB with seconds, in UTC.')
param maintenanceSchedule string = '0 */5 * * * *'

@description('Optional. Hours between two checks of a mailbox; fractions allowed.')
param checkIntervalHours string = '24'

@description('Optional. Claim that tells the organization of a caller.')
param organizationClaim string = 'tid'

@description('Optional. Sign-in hosts that are taken beside those of Microsoft, each as host or host:port.')
param extraAuthorityHosts string[] = []

@description('Optional. Mail hosts that are taken although they are private, each as host or host:port.')
param extraMailHosts string[] = []

@description('Optional. Path of a PEM file in the package with further certificate authorities.')
param extraCaFile string = ''

@description('Optional. Organization whose default config sends for those that have none of their own; nobody unless given.')
param platformOrganization string = ''

@description('Optional. Connections that a mailbox is sent over at once. Exchange Online allows 3.')
@minValue(1)
@maxValue(100)
param mailboxConnections int = 3

@description('Optional. Messages a minute that a mailbox sends. Exchange Online allows 30.')
@minValue(1)
@maxValue(1000)
param mailboxMessagesPerMinute int = 30

@description('Optional. Recipients a day that a mailbox sends to. Exchange Online allows 10000.')
@minValue(1)
@maxValue(1000000)
param mailboxRecipientsPerDay int = 10000

@description('Optional. Hours that the content of a large message is kept after it was sent or given up; 0 deletes it then.')
param messageRetentionHours string = '0'

@description('Optional. Host name of your own for the app. Its CNAME and the TXT record asuid have to exist.')
param customDomainHostName string = ''

@description('Optional. Resource id of the key vault with the certificate of that name; not the vault of the app.')
param customDomainVaultId string = ''

@description('Optional. Name of the certificate in that vault.')
param customDomainCertificateName string = ''

@description('Optional. Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 30

@description('Optional. Gigabytes of logs a day after which no more are taken until the next day; -1 for no limit.')
param logDailyQuotaGb int = -1

@description('Optional. E-mail addresses that hear of alerts.')
param alertEmailAddresses string[] = []

@description('Optional. How long the timer may be silent before somebody is told: twice its schedule at least. ISO 8601.')
@allowed([
  'PT10M'
  'PT15M'
  'PT30M'
  'PT45M'
  'PT1H'
  'PT2H'
  'PT3H'
])
param timerAlertWindow string = 'PT15M'

@description('Optional. Share of failed checks of an hour, in percent, from which somebody is told.')
@minValue(1)
@maxValue(100)
param failedChecksAlertPercent int = 20

@description('What makes names of this resource group and app unique in the world.')
var suffix = uniqueString(resourceGroup().id, appName)

@description('Name of the identity of the app.')
var identityName = 'id-${appName}'

@description('Name of the storage account.')
var storageAccountName = 'stmail${suffix}'

@description('Name of the key vault.')
var vaultName = 'kv-mail-${suffix}'

@description('Name of the plan.')
var planName = 'plan-${appName}'

@description('Name of the Log Analytics workspace.')
var workspaceName = 'log-${appName}'

@description('Name of the Application Insights component.')
var componentName = 'appi-${appName}'

@description('Name of the virtual network.')
var networkName = 'vnet-${appName}'

@description('Tags of all resources.')
var allTags = concat([
  'azd-env-name=${environmentName}'
], tags)

module identity 'modules/identity.bicep' = {
  params: {
    name: identityName
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: workspaceName
    componentName: componentName
    location: location
    tags: allTags
    retentionInDays: logRetentionInDays
    dailyQuotaGb: logDailyQuotaGb
    identityName: identityName
    principalId: identity.outputs.principalId
  }
}

// The modules below are given names, not outputs, wherever a name or a condition is made of them:
// so what-if can tell beforehand what a deployment would do. What they find by name has to exist,
// which `dependsOn` says.
module storage 'modules/storage.bicep' = {
  params: {
    name: storageAccountName
    location: location
    tags: allTags
    skuName: storageSku
    publicAccess: !vnetEnabled
    identityName: identityName
    principalId: identity.outputs.principalId
    workspaceName: workspaceName
  }
  dependsOn: [
    monitoring
  ]
}

module vault 'modules/vault.bicep' = {
  params: {
    name: vaultName
    location: location
    tags: allTags
    publicAccess: !vnetEnabled
    identityName: identityName
    principalId: identity.outputs.principalId
    workspaceName: workspaceName
  }
  dependsOn: [
    monitoring
  ]
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  params: {
    name: networkName
    location: location
    tags: allTags
    addressPrefix: vnetAddressPrefix
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (vnetEnabled) {
  params: {
    location: location
    tags: allTags
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
    storageAccountName: storageAccountName
    vaultName: vaultName
  }
  dependsOn: [
    storage
    vault
  ]
}

module app 'modules/app.bicep' = {
  params: {
    name: appName
    planName: planName
    location: location
    tags: allTags
    identityName: identityName
    storageAccountName: storageAccountName
    vaultName: vaultName
    componentName: componentName
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : null
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstanceCount: alwaysReadyInstanceCount
    zoneRedundant: zoneRedundant
    apiClientId: apiClientId
    allowedTenantIds: allowedTenantIds
    allowedClientIds: allowedClientIds
    allowedOrigins: allowedOrigins
    publicHostName: customDomainHostName
    maintenanceSchedule: maintenanceSchedule
    checkIntervalHours: checkIntervalHours
    organizationClaim: organizationClaim
    extraAuthorityHosts: extraAuthorityHosts
    extraMailHosts: extraMailHosts
    extraCaFile: extraCaFile
    platformOrganization: platformOrganization
    mailboxConnections: mailboxConnections
    mailboxMessagesPerMinute: mailboxMessagesPerMinute
    mailboxRecipientsPerDay: mailboxRecipientsPerDay
    messageRetentionHours: messageRetentionHours
  }
  dependsOn: [
    identity
    monitoring
    privateEndpoints
    storage
    vault
  ]
}

module customDomain 'modules/custom-domain.bicep' = if (!empty(customDomainHostName)) {
  params: {
    appName: appName
    location: location
    tags: allTags
    hostName: customDomainHostName
    certificateVaultId: customDomainVaultId
    certificateName: customDomainCertificateName
  }
  dependsOn: [
    app
  ]
}

module alerts 'modules/alerts.bicep' = {
  params: {
    workspaceName: workspaceName
    location: location
    tags: allTags
    prefix: appName
    emailAddresses: alertEmailAddresses
    timerWindow: timerAlertWindow
    failedChecksPercent: failedChecksAlertPercent
  }
  dependsOn: [
    monitoring
  ]
}

module workbook 'modules/workbook.bicep' = {
  params: {
    displayName: 'Outgoing Mail (${environmentName})'
    workspaceName: workspaceName
    location: location
    tags: allTags
  }
  dependsOn: [
    monitoring
  ]
}

@description('Name of the function app, for whoever deploys to it.')
output appName string = appName

@description('Where people and frontends reach the app.')
output appUrl string = 'https://${empty(customDomainHostName) ? app.outputs.defaultHostName : customDomainHostName}'

@description('The redirect URI that each registration for a mailbox has to have, under Web.')
output redirectUri string = 'https://${empty(customDomainHostName) ? app.outputs.defaultHostName : customDomainHostName}/api/oauth/callback'

@description('What the TXT record asuid of a custom domain has to say.')
output domainVerificationId string = app.outputs.domainVerificationId

@description('The one address that mail servers see; empty without a virtual network, where it varies.')
output outboundIpAddress string = vnetEnabled ? network!.outputs.outboundIpAddress : ''

@description('Resource id of the workbook that an operator opens first.')
output workbookId string = workbook.outputs.workbookId
