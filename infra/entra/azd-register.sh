#!/bin/sh
# What azd runs before it provisions: the registration of the API, unless API_CLIENT_ID names one.
# azd gives its environment's values as variables.

set -eu

need() {
  eval "value=\${$1:-}"
  if [ -z "$value" ]; then
    echo "$1 is not set: azd env set $1 <$2>" >&2
    exit 1
  fi
}

need APP_NAME 'name of the function app, unique in the world'
need AZURE_RESOURCE_GROUP 'name of the resource group'
need AZURE_LOCATION 'region'
if [ -n "${API_CLIENT_ID:-}" ]; then
  exit 0
fi

here=$(cd "$(dirname "$0")" && pwd)
az group show --name "$AZURE_RESOURCE_GROUP" --output none 2>/dev/null ||
  az group create --name "$AZURE_RESOURCE_GROUP" --location "$AZURE_LOCATION" --output none
client_id=$("$here/api.sh" --app-name "$APP_NAME" --resource-group "$AZURE_RESOURCE_GROUP" \
  --location "$AZURE_LOCATION" --environment "${AZURE_ENV_NAME:-production}")
azd env set API_CLIENT_ID "$client_id"
