"""Prints a bearer token for the API: `python -m infra.local.token --help`."""

import argparse
import json
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

LOCAL_TENANT = "11111111-1111-1111-1111-111111111111"
ALL_ROLES = "OutgoingMail.Read,OutgoingMail.Manage,OutgoingMail.Send"
ADMINISTRATOR = "admin@contoso.example"

_PATIENCE = 10.0  # seconds


class TokenError(Exception):
    """The identity provider gave no token; the text says why and what to do."""


def fetch_token(
    identity: str,
    ca: Path | None,
    *,
    org: str = LOCAL_TENANT,
    roles: Sequence[str] = tuple(ALL_ROLES.split(",")),
    user: str = ADMINISTRATOR,
) -> str:
    """An access token of the local identity provider for this API. Raises TokenError."""
    wanted = {"tenant": org, "roles": list(roles), "user": user, "username": user}
    request = urllib.request.Request(  # noqa: S310 - the URL is the stack's own
        f"{identity.rstrip('/')}/local/token",
        data=json.dumps(wanted).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca else None)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),  # it is on this machine, whatever the proxies say
            urllib.request.HTTPSHandler(context=context),
        )
        with opener.open(request, timeout=_PATIENCE) as response:
            return str(json.load(response)["access_token"])
    except urllib.error.HTTPError as error:
        with error:
            text = error.read(2000).decode("utf-8", "replace")
        message = f"The identity provider turned the request down ({error.code}): {text}"
        raise TokenError(message) from error
    except (OSError, KeyError, ValueError) as error:
        reason = getattr(error, "reason", error)
        message = f"The identity provider at {identity} gave no token ({reason}). Is the stack up?"
        raise TokenError(message) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the token alone; gives the exit code."""
    parser = argparse.ArgumentParser(prog="infra.local.token", description=__doc__)
    parser.add_argument("--identity", required=True, help="URL of the identity provider")
    parser.add_argument("--ca", type=Path, help="PEM file that its certificate is checked with")
    parser.add_argument("--org", default=LOCAL_TENANT, help="tenant id of the organization")
    parser.add_argument("--roles", default=ALL_ROLES, help="comma list")
    parser.add_argument("--user", default=ADMINISTRATOR)
    args = parser.parse_args(arguments)
    roles = [role.strip() for role in args.roles.split(",") if role.strip()]
    try:
        print(fetch_token(args.identity, args.ca, org=args.org, roles=roles, user=args.user))
    except TokenError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
