metadata description = 'A host name of your own for the app, with a certificate out of a key vault of yours.'

@description('Required. Name of the function app.')
param appName string

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('Required. The host name. Its CNAME and the TXT record asuid exist already.')
param hostName string

@description('Required. Resource id of the key vault that holds the certificate.')
param certificateVaultId string

@description('Required. Name of the certificate in that vault.')
param certificateName string

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

// On Flex Consumption a certificate belongs to the one app, not to all of the plan.
resource certificate 'Microsoft.Web/sites/certificates@2025-03-01' = {
  parent: app
  name: 'cert-${hostName}'
  location: location
  tags: tagObject
  properties: {
    keyVaultId: certificateVaultId
    keyVaultSecretName: certificateName
  }
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2025-03-01' = {
  parent: app
  name: hostName
  properties: {
    customHostNameDnsRecordType: 'CName'
    hostNameType: 'Verified'
    siteName: appName
    sslState: 'SniEnabled'
    thumbprint: certificate.properties.thumbprint
  }
}
