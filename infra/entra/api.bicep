metadata name = 'Outgoing Mail: registration of the API'
metadata description = 'The registration of the API in the directory: its roles, its service principal, and the credential by which the app signs people in without a secret.'

extension microsoftGraphV1

targetScope = 'resourceGroup'

@description('Required. Name of the function app, as main.bicep gets it.')
@minLength(2)
@maxLength(40)
param appName string

@description('Optional. Region of the identity, as main.bicep gets it.')
param location string = resourceGroup().location

@description('Optional. Name of the environment, as main.bicep gets it.')
param environmentName string = 'production'

@description('Optional. Tags of the identity, each as name=value, as main.bicep gets them.')
param tags string[] = []

@description('Optional. Host name of your own for the app, as main.bicep gets it.')
param customDomainHostName string = ''

@description('Optional. Whether people and applications of other directories may sign in.')
param multiTenant bool = false

@description('Optional. Object ids of people, groups and applications that may look at configs.')
param readerIds string[] = []

@description('Optional. Object ids of people, groups and applications that may look at configs and change them.')
param managerIds string[] = []

@description('Optional. Object ids of applications and people that may send messages.')
param senderIds string[] = []

@description('Id of the role OutgoingMail.Read. Fixed: assignments hang on it.')
var readRoleId = '5d1c6b62-30a4-4f4e-9c57-6f0e5b0c9d11'

@description('Id of the role OutgoingMail.Manage. Fixed: assignments hang on it.')
var manageRoleId = 'b4f0a3de-8f1c-4d0b-a8f5-2f6b7d1e4c22'

@description('Id of the role OutgoingMail.Send. Fixed: assignments hang on it.')
var sendRoleId = 'e97d2c10-6b3f-4a67-8d2e-913c5af08b33'

@description('Id of the scope that a frontend asks for. Fixed: consents hang on it.')
var accessScopeId = '3a6e8f54-c27b-4b19-9e60-74d1b2f5c844'

@description('Host names that the platform gives end so, which depends on the cloud.')
var hostSuffixes = {
  AzureCloud: 'azurewebsites.net'
  AzureUSGovernment: 'azurewebsites.us'
  AzureChinaCloud: 'chinacloudsites.cn'
}

@description('Audience of a federated credential, which depends on the cloud.')
var exchangeAudiences = {
  AzureCloud: 'api://AzureADTokenExchange'
  AzureUSGovernment: 'api://AzureADTokenExchangeUSGov'
  AzureChinaCloud: 'api://AzureADTokenExchangeChina'
}

@description('Where people come back to after signing in.')
var platformRedirectUri = 'https://${appName}.${hostSuffixes[environment().name]}/.auth/login/aad/callback'

@description('The same under a host name of your own.')
var customRedirectUris = empty(customDomainHostName) ? [] : [
  'https://${customDomainHostName}/.auth/login/aad/callback'
]

module identity '../modules/identity.bicep' = {
  params: {
    name: 'id-${appName}'
    location: location
    tags: concat([
      'azd-env-name=${environmentName}'
    ], tags)
  }
}

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: appName
  displayName: 'Outgoing Mail (${environmentName})'
  description: 'Outgoing mail configurations of organizations, and mail sent through them.'
  signInAudience: multiTenant ? 'AzureADMultipleOrgs' : 'AzureADMyOrg'
  identifierUris: [
    'api://${tenant().tenantId}/${appName}'
  ]
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: accessScopeId
        isEnabled: true
        type: 'User'
        value: 'access_as_user'
        adminConsentDisplayName: 'Use Outgoing Mail as the signed-in user'
        adminConsentDescription: 'Lets a frontend call Outgoing Mail in the name of the signed-in user, within the roles of that user.'
        userConsentDisplayName: 'Use Outgoing Mail in your name'
        userConsentDescription: 'Lets the application call Outgoing Mail in your name, within your roles.'
      }
    ]
  }
  appRoles: [
    {
      id: readRoleId
      isEnabled: true
      allowedMemberTypes: [
        'User'
        'Application'
      ]
      value: 'OutgoingMail.Read'
      displayName: 'Read outgoing mail configurations'
      description: 'Sees the configurations of the organization, their status and history.'
    }
    {
      id: manageRoleId
      isEnabled: true
      allowedMemberTypes: [
        'User'
        'Application'
      ]
      value: 'OutgoingMail.Manage'
      displayName: 'Manage outgoing mail configurations'
      description: 'Adds, changes, authorizes, checks and deletes the configurations of the organization.'
    }
    {
      id: sendRoleId
      isEnabled: true
      allowedMemberTypes: [
        'User'
        'Application'
      ]
      value: 'OutgoingMail.Send'
      displayName: 'Send mail'
      description: 'Submits messages that go out through the mailbox of the organization.'
    }
  ]
  web: {
    redirectUris: concat([
      platformRedirectUri
    ], customRedirectUris)
    implicitGrantSettings: {
      enableAccessTokenIssuance: false
      // App Service Authentication takes the ID token beside the code.
      enableIdTokenIssuance: true
    }
  }
  requiredResourceAccess: [
    {
      // Microsoft Graph, User.Read: the sign-in itself.
      resourceAppId: '00000003-0000-0000-c000-000000000000'
      resourceAccess: [
        {
          id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d'
          type: 'Scope'
        }
      ]
    }
  ]
}

resource credential 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = {
  name: '${application.uniqueName}/function-app'
  description: 'The managed identity of the function app stands in for a client secret.'
  issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
  subject: identity.outputs.principalId
  audiences: [
    exchangeAudiences[environment().name]
  ]
}

resource servicePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

resource readers 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for principalId in readerIds: {
  appRoleId: readRoleId
  principalId: principalId
  resourceId: servicePrincipal.id
}]

resource managers 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for principalId in managerIds: {
  appRoleId: manageRoleId
  principalId: principalId
  resourceId: servicePrincipal.id
}]

resource senders 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for principalId in senderIds: {
  appRoleId: sendRoleId
  principalId: principalId
  resourceId: servicePrincipal.id
}]

@description('Application (client) id of the API: the parameter apiClientId of main.bicep.')
output apiClientId string = application.appId

@description('What a frontend asks for to call the API in the name of its user.')
output accessScope string = 'api://${tenant().tenantId}/${appName}/access_as_user'
