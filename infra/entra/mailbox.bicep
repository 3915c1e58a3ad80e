metadata name = 'Outgoing Mail: registration for the mailbox of an organization'
metadata description = 'What the guide beside the form does by hand: the registration through which a mailbox is signed in to. Its client secret is made afterwards, in the portal or with mailbox.sh: a template must not hold one.'

extension microsoftGraphV1

targetScope = 'resourceGroup'

@description('Required. Redirect URI that the form shows, an output of main.bicep.')
param redirectUri string

@description('Optional. Name of the registration, unique in the directory. It says which registration a second deployment means.')
param uniqueName string = 'outgoing-mail-mailbox'

@description('Optional. Name that the owner of the mailbox reads when asked for consent.')
param displayName string = 'Outgoing Mail'

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  description: 'Signs in to the mailbox that outgoing mail is sent from.'
  signInAudience: 'AzureADMyOrg'
  web: {
    redirectUris: [
      redirectUri
    ]
  }
  requiredResourceAccess: [
    {
      // Microsoft Graph.
      resourceAppId: '00000003-0000-0000-c000-000000000000'
      resourceAccess: [
        {
          // SMTP.Send
          id: '258f6531-6087-4cc4-bb90-092c5fb3ed3f'
          type: 'Scope'
        }
        {
          // IMAP.AccessAsUser.All
          id: '652390e4-393a-48de-9484-05f9b1212954'
          type: 'Scope'
        }
        {
          // offline_access
          id: '7427e0e9-2fba-42fe-b0c0-848c9e6a8182'
          type: 'Scope'
        }
      ]
    }
  ]
}

resource servicePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

@description('Client ID of the form.')
output clientId string = application.appId

@description('Authorization URL of the form.')
output authorizationUrl string = '${environment().authentication.loginEndpoint}${tenant().tenantId}/oauth2/v2.0/authorize'

@description('Token Service URL of the form.')
output tokenUrl string = '${environment().authentication.loginEndpoint}${tenant().tenantId}/oauth2/v2.0/token'

@description('Object id of the service principal, which an administrator grants consent to or assigns people to.')
output servicePrincipalId string = servicePrincipal.id
