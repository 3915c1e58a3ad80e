metadata description = 'The storage account: the state of the app, its queues, its package; and what the app may do with each.'

@description('Required. Name of the storage account, unique in the world.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('Required. Redundancy.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
  'Standard_RAGRS'
  'Standard_RAGZRS'
])
param skuName string

@description('Required. Whether the account answers on its public address. False when it is reached over private endpoints.')
param publicAccess bool

@description('Required. Name of the identity of the app.')
param identityName string

@description('Required. Object id of the identity of the app.')
param principalId string

@description('Required. Name of the Log Analytics workspace that keeps the log of the queues.')
param workspaceName string

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

@description('Tables that the app keeps its state in.')
var tableNames = [
  'configs'
  'flows'
  'events'
  'due'
  'messages'
  'pace'
]

@description('Queues that trigger functions, each with the one that the host moves poison messages to.')
var queueNames = [
  'mailbox-maintenance'
  'mailbox-maintenance-poison'
  'outgoing-messages'
  'outgoing-messages-poison'
]

@description('Blob containers: the deployed package, contents of large messages, and the two that the host keeps locks and keys in.')
var containerNames = [
  'app-package'
  'outgoing-messages'
  'azure-webjobs-hosts'
  'azure-webjobs-secrets'
]

@description('Role: Storage Blob Data Contributor.')
var storageBlobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')

@description('Role: Storage Queue Data Contributor.')
var storageQueueDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')

@description('Role: Storage Table Data Contributor.')
var storageTableDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3')

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tagObject
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'None'
      defaultAction: publicAccess ? 'Allow' : 'Deny'
    }
  }
}

// No soft delete for blobs: a message's content has to be gone once it is sent. An earlier package
// is deployed again from where it was built.
resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    deleteRetentionPolicy: {
      enabled: false
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [for containerName in containerNames: {
  parent: blobService
  name: containerName
  properties: {
    publicAccess: 'None'
  }
}]

// The app deletes what it sent, and what failed after MESSAGE_RETENTION_HOURS (720 at most). What
// remains is of submissions that broke off before they were accepted.
resource contentLifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-orphaned-contents'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                'outgoing-messages/'
              ]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterCreationGreaterThan: 32
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {}
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queueName in queueNames: {
  parent: queueService
  name: queueName
  properties: {}
}]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {}
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [for tableName in tableNames: {
  parent: tableService
  name: tableName
  properties: {}
}]

// Each role lies on the one container, queue or table: what somebody else adds to the account is
// not the app's.
resource containerRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (containerName, index) in containerNames: {
  name: guid(containers[index].id, identityName, storageBlobDataContributor)
  scope: containers[index]
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataContributor
  }
}]

resource queueRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (queueName, index) in queueNames: {
  name: guid(queues[index].id, identityName, storageQueueDataContributor)
  scope: queues[index]
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageQueueDataContributor
  }
}]

resource tableRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (tableName, index) in tableNames: {
  name: guid(tables[index].id, identityName, storageTableDataContributor)
  scope: tables[index]
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageTableDataContributor
  }
}]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

// Which message went to which queue, without its content: a poison queue has no metric of its own.
// The type's one stable version is of 2016 and knows one setting a resource, named service.
#disable-next-line use-recent-api-versions
resource queueLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'queue-writes'
  scope: queueService
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
    ]
  }
}
