metadata description = 'Private endpoints of the storage account and the vault, and the names by which the app finds them.'

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('Required. Name of the virtual network that the names are for.')
param networkName string

@description('Required. Resource id of the subnet for the endpoints.')
param subnetId string

@description('Required. Name of the storage account.')
param storageAccountName string

@description('Required. Name of the key vault.')
param vaultName string

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

@description('What is reached privately, and the zone in which the cloud resolves its name.')
var targets = [
  {
    group: 'blob'
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    group: 'queue'
    zone: 'privatelink.queue.${environment().suffixes.storage}'
  }
  {
    group: 'table'
    zone: 'privatelink.table.${environment().suffixes.storage}'
  }
  {
    group: 'vault'
    zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  }
]

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: networkName
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for target in targets: {
  name: target.zone
  location: 'global'
  tags: tagObject
}]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (target, index) in targets: {
  parent: zones[index]
  name: networkName
  location: 'global'
  tags: tagObject
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [for target in targets: {
  name: 'pe-${target.group}-${networkName}'
  location: location
  tags: tagObject
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: target.group
        properties: {
          privateLinkServiceId: target.group == 'vault' ? vault.id : storageAccount.id
          groupIds: [
            target.group
          ]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [for (target, index) in targets: {
  parent: endpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: target.group
        properties: {
          privateDnsZoneId: zones[index].id
        }
      }
    ]
  }
}]
