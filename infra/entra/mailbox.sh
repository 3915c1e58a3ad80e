#!/usr/bin/env bash
# The registration for the mailbox of an organization, with the az command: what mailbox.bicep makes,
# and with --secret the client secret, which a template must not hold. Run in the organization's
# directory: az login --tenant DIRECTORY --allow-no-subscriptions. Prints what the form asks for.

set -euo pipefail

usage() {
  cat >&2 <<'USAGE'
Usage: mailbox.sh --redirect-uri URI [--name NAME] [--unique-name NAME] [--secret] [--admin-consent]
  --redirect-uri   as the form shows it
  --secret         make a client secret of 12 months more, and print it: it is not shown again
  --admin-consent  consent for everybody in the directory, as its administrator
USAGE
  exit 2
}

redirect_uri='' name='Outgoing Mail' unique_name='outgoing-mail-mailbox' secret='' consent=''
while [[ $# -gt 0 ]]; do
  case "$1" in
    --secret) secret=yes; shift; continue ;;
    --admin-consent) consent=yes; shift; continue ;;
    --redirect-uri | --name | --unique-name) ;;
    *) usage ;;
  esac
  [[ $# -ge 2 ]] || usage
  case "$1" in
    --redirect-uri) redirect_uri=$2 ;;
    --name) name=$2 ;;
    --unique-name) unique_name=$2 ;;
  esac
  shift 2
done
[[ -n $redirect_uri ]] || usage
for text in "$redirect_uri" "$name" "$unique_name"; do
  case "$text" in
    *\"* | *\\* | *\'*) echo "Quotes and backslashes do not belong in: $text" >&2; exit 2 ;;
  esac
done

login=$(az cloud show --query endpoints.activeDirectory --output tsv)
graph=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph=${graph%/}
tenant=$(az account show --query tenantId --output tsv)

# Microsoft Graph, delegated: SMTP.Send, IMAP.AccessAsUser.All, offline_access.
body=$(cat <<JSON
{
  "displayName": "$name",
  "description": "Signs in to the mailbox that outgoing mail is sent from.",
  "signInAudience": "AzureADMyOrg",
  "web": {"redirectUris": ["$redirect_uri"]},
  "requiredResourceAccess": [
    {
      "resourceAppId": "00000003-0000-0000-c000-000000000000",
      "resourceAccess": [
        {"id": "258f6531-6087-4cc4-bb90-092c5fb3ed3f", "type": "Scope"},
        {"id": "652390e4-393a-48de-9484-05f9b1212954", "type": "Scope"},
        {"id": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "type": "Scope"}
      ]
    }
  ]
}
JSON
)
echo "The registration $unique_name ..." >&2
az rest --method patch --url "$graph/v1.0/applications(uniqueName='$unique_name')" \
  --headers 'Content-Type=application/json' 'Prefer=create-if-missing' --body "$body" --output none
client_id=$(az rest --method get --url "$graph/v1.0/applications(uniqueName='$unique_name')" \
  --query appId --output tsv)
az ad sp show --id "$client_id" --output none 2>/dev/null ||
  az ad sp create --id "$client_id" --output none

if [[ -n $consent ]]; then
  az ad app permission admin-consent --id "$client_id" --output none
fi

echo "Authorization URL: ${login%/}/$tenant/oauth2/v2.0/authorize"
echo "Token Service URL: ${login%/}/$tenant/oauth2/v2.0/token"
echo "Client ID: $client_id"
if [[ -n $secret ]]; then
  # Added to those there are: the old one goes on until the form has the new one.
  expires=$(date -u -d '+12 months' +%Y-%m-%d 2>/dev/null || date -u -v+12m +%Y-%m-%d)
  value=$(az ad app credential reset --id "$client_id" --append --display-name 'Outgoing Mail' \
    --end-date "$expires" --query password --output tsv)
  echo "Client Secret: $value"
  echo "Client Secret expires on: $expires"
fi
