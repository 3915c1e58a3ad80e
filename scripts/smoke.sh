#!/bin/sh
# Is a deployed app well and closed? scripts/smoke.sh https://HOST
# Health is ok; without a principal everything else is 401, a forged principal included.

set -eu

url=${1:?"usage: smoke.sh https://HOST"}
url=${url%/}
tries=${SMOKE_TRIES:-30}
pause=${SMOKE_PAUSE:-10}

status() {
  curl --silent --show-error --output /dev/null --write-out '%{http_code}' --max-time 60 "$@" || true
}

# A deployment takes a while to answer, the first start a few seconds more.
try=1
while answer=$(status "$url/api/health"); [ "$answer" != 200 ]; do
  if [ "$try" -ge "$tries" ]; then
    echo "FAILED: /api/health answers ${answer:-nothing} after $tries tries" >&2
    curl --silent --max-time 60 "$url/api/health" >&2 || true
    exit 1
  fi
  try=$((try + 1))
  sleep "$pause"
done
echo "ok: /api/health is 200"

expect_401() {
  what=$1
  shift
  answer=$(status "$@")
  if [ "$answer" != 401 ]; then
    echo "FAILED: $what is answered $answer, not 401" >&2
    exit 1
  fi
  echo "ok: $what is 401"
}

# {"auth_typ":"aad","claims":[{"typ":"tid","val":"11111111-..."},{"typ":"roles","val":"OutgoingMail.Manage"}]}
forged='eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6W3sidHlwIjoidGlkIiwidmFsIjoiMTExMTExMTEtMTExMS0xMTExLTExMTEtMTExMTExMTExMTExIn0seyJ0eXAiOiJyb2xlcyIsInZhbCI6Ik91dGdvaW5nTWFpbC5NYW5hZ2UifV19'
expect_401 'an anonymous request' "$url/api/configs"
expect_401 'a forged principal' --header "X-MS-CLIENT-PRINCIPAL: $forged" "$url/api/configs"
expect_401 'a forged principal that writes' --request POST \
  --header "X-MS-CLIENT-PRINCIPAL: $forged" --header 'Content-Type: application/json' \
  --data '{}' "$url/api/configs"
