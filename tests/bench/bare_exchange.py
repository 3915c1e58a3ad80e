"""The wire exchanges of checks and deliveries, and nothing else: requests and smtplib.

For each mailbox one token request, one SMTP sign-in, and then so many messages. Takes JSON on
standard input, as `run` writes it; prints the seconds that all of it took.
"""

import base64
import json
import smtplib
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

import requests

from infra.local.stack.stack import repository_root
from tests.support.entra import CLIENT, SCOPES, SECRET, TENANT
from tests.support.running_stack import RunningStack

TEXT = "All 214 back-ups of last night succeeded.\n" * 20
HTML = "<p>All <b>214</b> back-ups of last night succeeded.</p>\n" * 20

_kept = threading.local()


def run(
    stack: RunningStack, grants: Sequence[tuple[str, str]], *, threads: int, messages: int = 0
) -> float:
    """Seconds that a process of its own needs, with so many mailboxes at once."""
    order = {
        "token_url": f"{stack.identity_url}/{TENANT}/oauth2/v2.0/token",
        "ca_file": str(stack.ca_file),
        "smtp_port": stack.ports.smtp,
        "threads": threads,
        "messages": messages,
        "grants": grants,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bare_exchange"],
        cwd=repository_root(),
        check=True,
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(done.stdout)


def main() -> None:
    """Do them all, so many at once."""
    order = json.load(sys.stdin)
    context = ssl.create_default_context(cafile=order["ca_file"])

    def exchange(grant: tuple[str, str]) -> None:
        user, refresh_token = grant
        token = _refresh(order, refresh_token)
        with smtplib.SMTP("localhost", order["smtp_port"], "bench", timeout=30) as server:
            _sign_in(server, context, user, token)
            for _ in range(order["messages"]):
                server.send_message(_message(user))

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


def _sign_in(server: smtplib.SMTP, context: ssl.SSLContext, user: str, token: str) -> None:
    response = base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()
    server.starttls(context=context)
    server.ehlo()
    assert server.docmd("AUTH", "XOAUTH2")[0] == 334
    assert server.docmd(response)[0] == 235


def _message(user: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = user
    message["To"] = "someone@customer.example"
    message["Subject"] = "Back-ups of last night"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="contoso.example")
    message.set_content(TEXT)
    message.add_alternative(HTML, subtype="html")
    return message


if __name__ == "__main__":
    main()
