"""An organization that sends, and the receiver's side of it, over HTTP."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from email.message import EmailMessage
from typing import Any

import requests

from infra.local.stack.banner import PASSWORD
from shared.container import Container
from shared.settings import Settings
from tests.support.mail import received
from tests.support.running_stack import RunningStack

FINAL = frozenset({"sent", "failed"})
RECIPIENT = "someone@customer.example"


class Organization:
    """The platform, as it sends for one organization, and that one's administrator."""

    def __init__(self, stack: RunningStack, organization: str | None = None) -> None:
        self.id = organization or str(uuid.uuid4())
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {stack.token(org=self.id)}"
        self._stack = stack

    def call(self, method: str, path: str, expected: int, **options: Any) -> Any:
        """The JSON that is answered, with the status that is expected."""
        url = f"{self._stack.host_url}/api/{path}"
        response = self.session.request(method, url, timeout=60, **options)
        assert response.status_code == expected, response.text
        return response.json() if response.content else None

    def add(self, user: str, **fields: Any) -> Any:
        """A config for a mailbox of the local mail server."""
        usual = {"hostName": "localhost", "port": self._stack.ports.smtp, "password": PASSWORD}
        body = {"authType": "basic", "userName": user, **usual, **fields}
        return self.call("POST", "configs", 201, json=body)

    def add_verified(self, *users: str, **fields: Any) -> list[Any]:
        """Configs that have been checked."""
        configs = [self.add(user, **fields) for user in users]
        return [self.when_status(config, "verified") for config in configs]

    def when_status(self, config: Any, status: str) -> Any:
        """The config, as soon as it has this status."""
        return wait_for(
            lambda: self.call("GET", f"configs/{config['id']}", 200),
            lambda found: bool(found["status"] == status),
        )

    def submit(self, key: str | None = None, expected: int = 202, **message: Any) -> Any:
        """Submit a message: a plain one, unless more is said."""
        body = {"to": [RECIPIENT], "subject": "Hello", **message}
        if "html" not in message:
            body.setdefault("text", "Hello.")
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", "messages", expected, json=body, headers=headers)

    def message(self, submitted: Any) -> Any:
        """What is said of a message now."""
        return self.call("GET", f"messages/{submitted['id']}", 200)

    def when(self, submitted: Any, statuses: Collection[str] = FINAL, seconds: float = 30) -> Any:
        """What is said of a message, as soon as it has one of these statuses."""
        return wait_for(
            lambda: self.message(submitted), lambda found: found["status"] in statuses, seconds
        )


class Receiver:
    """The local mail server: what arrived, and its switches."""

    def __init__(self, stack: RunningStack) -> None:
        self._url = stack.mailbox_url

    def arrived(self, sender: str = "", recipient: str = "") -> list[Any]:
        """What arrived, the oldest first."""
        query = {"from": sender, "to": recipient}
        found: list[Any] = self._call("GET", "local/messages", params=query).json()
        return found[::-1]

    def raw(self, entry: Any) -> bytes:
        """A message as it arrived."""
        return self._call("GET", f"messages/{entry['id']}/raw").content

    def parsed(self, entry: Any) -> EmailMessage:
        """A message that arrived, taken apart."""
        return received(self.raw(entry))

    def fail(self, user: str, at: str, **how: Any) -> None:
        """Order a failure for a mailbox."""
        self._call("POST", "local/failures", json={"username": user, "at": at, **how})

    def forget_failures(self) -> None:
        """All goes well from now on."""
        self._call("DELETE", "local/failures")

    def ordered(self) -> list[Any]:
        """The failures that have not come about yet."""
        found: list[Any] = self._call("GET", "local/failures").json()
        return found

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        response = requests.request(method, f"{self._url}/{path}", timeout=30, **options)
        response.raise_for_status()
        return response


def stores(stack: RunningStack) -> Container:
    """The app's own stores."""
    return Container(Settings.from_environment(stack.settings))


def message_ids(arrived: Iterable[Any]) -> Counter[str]:
    """How often each Message-ID arrived."""
    return Counter(header(entry, "Message-ID") for entry in arrived)


def header(entry: Any, name: str) -> str:
    """The one header of that name."""
    [value] = [text for given, text in entry["headers"] if given.lower() == name.lower()]
    return str(value)


def wait_for[T](read: Callable[[], T], done: Callable[[T], bool], seconds: float = 30) -> T:
    """What is read, as soon as it is what is waited for."""
    deadline = time.monotonic() + seconds
    while not done(found := read()):
        assert time.monotonic() < deadline, f"it did not happen in time: {found!r:.1000}"
        time.sleep(0.1)
    return found
