#!/usr/bin/env bash
# The registration of the API, with the az command, for those who cannot use the Graph extension of
# Bicep: the same as api.bicep, and as repeatable. Prints the client id alone on stdout.
#
# Needs az, signed in (az login) as somebody who may register applications and write to the group.

set -euo pipefail

usage() {
  cat >&2 <<'USAGE'
Usage: api.sh --app-name NAME --resource-group GROUP [--location REGION] [--environment NAME]
              [--custom-domain HOST] [--tag NAME=VALUE]... [--multi-tenant]
Everything but --multi-tenant as main.bicep gets it; --location is the group's unless given.
USAGE
  exit 2
}

app_name='' group='' location='' environment='production' custom_domain='' audience='AzureADMyOrg'
tags=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --multi-tenant) audience='AzureADMultipleOrgs'; shift; continue ;;
    --app-name | --resource-group | --location | --environment | --custom-domain | --tag) ;;
    *) usage ;;
  esac
  [[ $# -ge 2 ]] || usage
  case "$1" in
    --app-name) app_name=$2 ;;
    --resource-group) group=$2 ;;
    --location) location=$2 ;;
    --environment) environment=$2 ;;
    --custom-domain) custom_domain=$2 ;;
    --tag) tags+=("$2") ;;
  esac
  shift 2
done
[[ -n $app_name && -n $group ]] || usage

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scope_id='3a6e8f54-c27b-4b19-9e60-74d1b2f5c844'
# Host names and the audience of a federated credential differ between clouds.
cloud=$(az cloud show --query name --output tsv)
case "$cloud" in
  AzureCloud) host_suffix='azurewebsites.net' exchange='api://AzureADTokenExchange' ;;
  AzureUSGovernment) host_suffix='azurewebsites.us' exchange='api://AzureADTokenExchangeUSGov' ;;
  AzureChinaCloud) host_suffix='chinacloudsites.cn' exchange='api://AzureADTokenExchangeChina' ;;
  *) echo "The cloud $cloud is not known here." >&2; exit 1 ;;
esac
login=$(az cloud show --query endpoints.activeDirectory --output tsv)
graph=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph=${graph%/}
tenant=$(az account show --query tenantId --output tsv)
[[ -n $location ]] || location=$(az group show --name "$group" --query location --output tsv)

echo "The identity id-$app_name ..." >&2
principal=$(az identity create --resource-group "$group" --name "id-$app_name" \
  --location "$location" --tags "azd-env-name=$environment" ${tags[@]+"${tags[@]}"} \
  --query principalId --output tsv)

redirects="\"https://$app_name.$host_suffix/.auth/login/aad/callback\""
if [[ -n $custom_domain ]]; then
  redirects+=", \"https://$custom_domain/.auth/login/aad/callback\""
fi
body=$(cat <<JSON
{
  "displayName": "Outgoing Mail ($environment)",
  "description": "Outgoing mail configurations of organizations, and mail sent through them.",
  "signInAudience": "$audience",
  "identifierUris": ["api://$tenant/$app_name"],
  "api": {
    "requestedAccessTokenVersion": 2,
    "oauth2PermissionScopes": [
      {
        "id": "$scope_id",
        "isEnabled": true,
        "type": "User",
        "value": "access_as_user",
        "adminConsentDisplayName": "Use Outgoing Mail as the signed-in user",
        "adminConsentDescription": "Lets a frontend call Outgoing Mail in the name of the signed-in user, within the roles of that user.",
        "userConsentDisplayName": "Use Outgoing Mail in your name",
        "userConsentDescription": "Lets the application call Outgoing Mail in your name, within your roles."
      }
    ]
  },
  "appRoles": $(cat "$here/roles.json"),
  "web": {
    "redirectUris": [$redirects],
    "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": true}
  },
  "requiredResourceAccess": [
    {
      "resourceAppId": "00000003-0000-0000-c000-000000000000",
      "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"}]
    }
  ]
}
JSON
)

# A PATCH by uniqueName with this header makes the application or changes it, whichever is needed.
echo "The registration $app_name ..." >&2
az rest --method patch --url "$graph/v1.0/applications(uniqueName='$app_name')" \
  --headers 'Content-Type=application/json' 'Prefer=create-if-missing' --body "$body" --output none
client_id=$(az rest --method get --url "$graph/v1.0/applications(uniqueName='$app_name')" \
  --query appId --output tsv)

az ad sp show --id "$client_id" --output none 2>/dev/null ||
  az ad sp create --id "$client_id" --output none

echo "The credential of the function app ..." >&2
credential=$(cat <<JSON
{
  "name": "function-app",
  "description": "The managed identity of the function app stands in for a client secret.",
  "issuer": "${login%/}/$tenant/v2.0",
  "subject": "$principal",
  "audiences": ["$exchange"]
}
JSON
)
if az ad app federated-credential show --id "$client_id" --federated-credential-id function-app \
  --output none 2>/dev/null; then
  az ad app federated-credential update --id "$client_id" --federated-credential-id function-app \
    --parameters "$credential" --output none
else
  az ad app federated-credential create --id "$client_id" --parameters "$credential" --output none
fi

echo "$client_id"
