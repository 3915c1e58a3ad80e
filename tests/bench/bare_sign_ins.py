"""The wire exchanges of checks and nothing else: one refresh, one SMTP sign-in for each mailbox.

Takes JSON on standard input: {token_url, ca_file, smtp_port, threads, grants: [[user, token]]};
prints the seconds that all of it took.
"""

import base64
import json
import smtplib
import ssl
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.support.entra import CLIENT, SCOPES, SECRET

_kept = threading.local()


def main() -> None:
    """Do them all, so many at once."""
    order = json.load(sys.stdin)
    context = ssl.create_default_context(cafile=order["ca_file"])

    def exchange(grant: tuple[str, str]) -> None:
        _sign_in(order["smtp_port"], context, grant[0], _refresh(order, grant[1]))

    began = time.perf_counter()
    with ThreadPoolExecutor(order["threads"]) as threads:
        for _ in threads.map(exchange, order["grants"]):
            pass
    print(time.perf_counter() - began)


def _refresh(order: dict[str, Any], refresh_token: str) -> str:
    form = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "scope": " ".join(SCOPES),
    }
    if not hasattr(_kept, "session"):
        _kept.session = requests.Session()
    answer = _kept.session.post(order["token_url"], data=form, verify=order["ca_file"], timeout=30)
    answer.raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def _sign_in(port: int, context: ssl.SSLContext, user: str, token: str) -> None:
    response = base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()
    with smtplib.SMTP("localhost", port, local_hostname="bench", timeout=30) as server:
        server.starttls(context=context)
        server.ehlo()
        assert server.docmd("AUTH", "XOAUTH2")[0] == 334
        assert server.docmd(response)[0] == 235


if __name__ == "__main__":
    main()
