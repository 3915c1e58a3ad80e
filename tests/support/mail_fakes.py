"""Mail servers without a network: one to sign in to, one that takes messages."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.config import Config
from shared.domain.failures import Failure, MailServerError, RecipientsRefusedError, Refusal
from shared.domain.message import TOO_MANY, Accepted, Content, Message
from shared.ports import BearerToken, MailServer, Password
from tests.fakes import FakeClock
from tests.fakes_base import Fake


class FakeMailServer(Fake):
    """Takes one password, and any bearer token, unless told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Failure | None = None
        self.servers: list[MailServer] = []

    def sign_in(self, server: MailServer, credential: Password | BearerToken) -> None:
        with self.lock:
            self.called("sign_in")
            self.servers.append(server)
            if self.failure is not None:
                raise MailServerError(self.failure)
            if isinstance(credential, Password) and credential.password != "right":
                raise MailServerError(Failure("password_rejected", detail="535 5.7.3 no"))


class FakeSubmission(Fake):
    """A mail server that takes messages, unless told to fail."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock
        self.sent: list[tuple[datetime, str, Message, Content]] = []
        self.reply = "250 2.0.0 OK"
        self.failures: list[Failure] = []
        self.sign_in_failures: list[Failure] = []
        self.refusals: dict[str, list[Failure]] = {}
        """What is said of recipients, one after the other; then they are taken."""
        self.most_recipients = 1000
        """Taken in one transaction."""
        self.received: Counter[str] = Counter()
        """How often each recipient has got a message."""
        self.closes_after_failure = False
        self.closes_after_each = False
        self.seconds_a_message = 0.0
        self.open_sessions = 0
        self.most_sessions = 0

    def open(self, server: MailServer, credential: Password | BearerToken) -> "FakeSession":
        with self.lock:
            self.called("open")
            assert server.host_name
            if isinstance(credential, Password) and credential.password != "right":
                raise MailServerError(Failure("password_rejected"))
            if self.sign_in_failures:
                raise MailServerError(self.sign_in_failures.pop(0))
            self.open_sessions += 1
            self.most_sessions = max(self.most_sessions, self.open_sessions)
            return FakeSession(self)

    def take(self, config: Config, message: Message, content: Content) -> Accepted:
        self.called("take")
        self._clock.advance(timedelta(seconds=self.seconds_a_message))
        if self.failures:
            raise MailServerError(self.failures.pop(0))
        recipients = message.remaining(content)
        refusals = self._refused(recipients)
        if len(refusals) == len(recipients):
            raise RecipientsRefusedError(self._why(refusals), refusals)
        self.received.update(set(recipients) - {one.recipient for one in refusals})
        self.sent.append((self._clock.now(), config.id, message, content))
        return Accepted(self.reply, refusals)

    def _refused(self, recipients: Sequence[str]) -> tuple[Refusal, ...]:
        refusals = []
        taken = 0
        for recipient in recipients:
            said = self.refusals.get(recipient)
            if said:
                refusals.append(Refusal(recipient, said.pop(0)))
            elif taken == self.most_recipients:
                refusals.append(Refusal(recipient, Failure(TOO_MANY, passing=True)))
            else:
                taken += 1
        return tuple(refusals)

    def _why(self, refusals: Sequence[Refusal]) -> Failure:
        passing = [one.failure for one in refusals if one.failure.passing]
        return passing[0] if passing else Failure("recipients_refused")


class FakeSession:
    """One connection."""

    def __init__(self, server: FakeSubmission) -> None:
        self._server = server
        self._open = True

    def takes_another(self) -> bool:
        self._open = self._open and not self._server.closes_after_each
        return self._open

    def send(self, config: Config, message: Message, content: Content) -> Accepted:
        try:
            return self._server.take(config, message, content)
        except MailServerError:
            self._open = not self._server.closes_after_failure
            raise

    def leave(self) -> None:
        self._server.open_sessions -= 1
