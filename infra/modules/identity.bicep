metadata description = 'The identity that the function app uses for everything it reaches.'

@description('Required. Name of the user-assigned identity.')
param name string

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tagObject
}

@description('Object id of the identity: what roles are assigned to, and the subject of the federated credential.')
output principalId string = identity.properties.principalId
