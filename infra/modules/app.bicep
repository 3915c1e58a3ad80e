metadata description = 'The function app on Flex Consumption, its settings, and App Service Authentication in front of it.'

@description('Required. Name of the function app, unique in the world.')
@minLength(2)
@maxLength(60)
param name string

@description('Required. Name of the plan.')
param planName string

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('Required. Name of the identity of the app.')
param identityName string

@description('Required. Name of the storage account.')
param storageAccountName string

@description('Required. Name of the key vault.')
param vaultName string

@description('Required. Name of the Application Insights component.')
param componentName string

@description('Optional. Resource id of the subnet that the app sends from.')
param subnetId string?

@description('Required. Memory of one instance, in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int

@description('Required. Instances at most.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Required. Instances that always wait for requests; 0 for none.')
@minValue(0)
param alwaysReadyInstanceCount int

@description('Required. Whether instances are spread over the zones of the region.')
param zoneRedundant bool

@description('Required. Application (client) id of the registration of the API.')
param apiClientId string

@description('Required. Directories whose people and applications may sign in.')
@minLength(1)
@maxLength(10)
param allowedTenantIds string[]

@description('Required. Client ids of the applications that may call the API beside its own page; empty for any of the allowed directories.')
param allowedClientIds string[]

@description('Required. Origins of the frontends that call the API from a browser.')
param allowedOrigins string[]

@description('Required. Host name by which people reach the app; empty for the name the platform gives.')
param publicHostName string

@description('Required. When the timer looks for what is due: NCRONTAB with seconds, in UTC.')
param maintenanceSchedule string

@description('Required. Hours between two checks of a mailbox; fractions allowed.')
param checkIntervalHours string

@description('Required. Claim that tells the organization of a caller.')
param organizationClaim string

@description('Required. Sign-in hosts that are taken beside those of Microsoft, each as host or host:port.')
param extraAuthorityHosts string[]

@description('Required. Mail hosts that are taken although they are private, each as host or host:port.')
param extraMailHosts string[]

@description('Required. Path of a PEM file in the package with further certificate authorities; empty for none.')
param extraCaFile string

@description('Required. Organization whose default config sends for those that have none; empty for nobody.')
param platformOrganization string

@description('Required. Connections that a mailbox is sent over at once.')
@minValue(1)
@maxValue(100)
param mailboxConnections int

@description('Required. Messages a minute that a mailbox sends.')
@minValue(1)
@maxValue(1000)
param mailboxMessagesPerMinute int

@description('Required. Recipients a day that a mailbox sends to.')
@minValue(1)
@maxValue(1000000)
param mailboxRecipientsPerDay int

@description('Required. Hours that the content of a large message is kept after it was sent or given up.')
param messageRetentionHours string

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

@description('Who issues the tokens: the one directory, or any; then the allowed ones stand in a setting of the platform.')
var issuer = '${environment().authentication.loginEndpoint}${length(allowedTenantIds) == 1 ? allowedTenantIds[0] : 'common'}/v2.0'

@description('Applications that may call; nothing where any may.')
var applicationPolicy = empty(allowedClientIds) ? {} : { allowedApplications: union([apiClientId], allowedClientIds) }

@description('Instances that wait for requests.')
var alwaysReady = alwaysReadyInstanceCount == 0 ? [] : [
  {
    name: 'http'
    instanceCount: alwaysReadyInstanceCount
  }
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tagObject
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // Tells azd what to deploy here.
  tags: union(tagObject, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      cors: {
        allowedOrigins: allowedOrigins
        supportCredentials: false
      }
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storageAccount.properties.primaryEndpoints.blob}app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
        triggers: {
          http: {
            perInstanceConcurrency: 16
          }
        }
      }
    }
  }
}

// What is written to the app comes one after the other: two writes at once can be turned down as a
// conflict. Nobody deploys with a user name and a password.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
  dependsOn: [
    ftp
  ]
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__blobServiceUri: storageAccount.properties.primaryEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: storageAccount.properties.primaryEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: storageAccount.properties.primaryEndpoints.table
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.properties.clientId
    // The host's own diagnostic table has a new name each month, which no role here can cover.
    AzureWebJobsFeatureFlags: 'DisableDiagnosticEventLogging'
    APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
    // The worker sets OpenTelemetry up, and sends logs and metrics itself instead of through the host.
    PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
    PYTHON_THREADPOOL_THREAD_COUNT: '32'
    AZURE_CLIENT_ID: identity.properties.clientId
    OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identity.properties.clientId
    WEBSITE_AUTH_AAD_ALLOWED_TENANTS: join(allowedTenantIds, ',')
    KEY_VAULT_URL: vault.properties.vaultUri
    REDIRECT_URI: 'https://${empty(publicHostName) ? app.properties.defaultHostName : publicHostName}/api/oauth/callback'
    ALLOWED_ORIGINS: join(allowedOrigins, ',')
    MAINTENANCE_SCHEDULE: maintenanceSchedule
    CHECK_INTERVAL_HOURS: checkIntervalHours
    ORGANIZATION_CLAIM: organizationClaim
    EXTRA_AUTHORITY_HOSTS: join(extraAuthorityHosts, ',')
    EXTRA_MAIL_HOSTS: join(extraMailHosts, ',')
    EXTRA_CA_FILE: extraCaFile
    PLATFORM_ORGANIZATION: platformOrganization
    MAILBOX_CONNECTIONS: string(mailboxConnections)
    MAILBOX_MESSAGES_PER_MINUTE: string(mailboxMessagesPerMinute)
    MAILBOX_RECIPIENTS_PER_DAY: string(mailboxRecipientsPerDay)
    MESSAGE_RETENTION_HOURS: messageRetentionHours
  }
  dependsOn: [
    scm
  ]
}

// Anonymous requests go through: the callback, the health and the API's document are for everybody,
// and all else is answered 401 by the app, which knows which is which.
resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
    httpSettings: {
      requireHttps: true
      routes: {
        apiPrefix: '/.auth'
      }
      forwardProxy: {
        convention: 'NoProxy'
      }
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: apiClientId
          // Names the setting with the identity whose federated credential stands in for a secret.
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: issuer
        }
        validation: {
          allowedAudiences: [
            apiClientId
            'api://${apiClientId}'
            'api://${tenant().tenantId}/${name}'
          ]
          defaultAuthorizationPolicy: applicationPolicy
        }
      }
    }
    login: {
      cookieExpiration: {
        convention: 'FixedTime'
        timeToExpiration: '08:00:00'
      }
      nonce: {
        validateNonce: true
        nonceExpirationInterval: '00:05:00'
      }
      preserveUrlFragmentsForLogins: false
      tokenStore: {
        enabled: true
      }
    }
  }
  dependsOn: [
    settings
  ]
}

@description('Host name that the platform gives.')
output defaultHostName string = app.properties.defaultHostName

@description('What the TXT record asuid of a custom domain has to say.')
output domainVerificationId string = app.properties.customDomainVerificationId
