"""Checks mailboxes, and writes down what the checks found."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import transitions
from shared.domain.config import AuthType, Config, Occurrence, Status, Stored
from shared.domain.due import DueEntry
from shared.domain.errors import NotFoundError, WriteConflictError
from shared.domain.event import SYSTEM
from shared.domain.failures import Failure
from shared.domain.principal import Principal
from shared.ports import Clock, ConfigStore
from shared.services.checks import Checker, CheckOutcome
from shared.services.leases import Leases, is_free
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler, entry_of
from shared.services.tokens import AccessTokens
from shared.services.waiting import WaitingMessages


class VerificationService:
    """The one place where a check becomes a status."""

    def __init__(
        self,
        configs: ConfigStore,
        checker: Checker,
        leases: Leases,
        scheduler: Scheduler,
        reporter: Reporter,
        tokens: AccessTokens,
        waiting: WaitingMessages,
        clock: Clock,
    ) -> None:
        self._configs = configs
        self._checker = checker
        self._leases = leases
        self._scheduler = scheduler
        self._reporter = reporter
        self._tokens = tokens
        self._waiting = waiting
        self._clock = clock

    def check_now(self, principal: Principal, config_id: str) -> Config:
        """The config, by a check that began after this call.

        Callers at once share a check. Raises `NotFoundError`; `ConflictError` (`check_in_progress`)
        if others hold the mailbox for a minute.
        """
        asked_at = self._clock.now()
        stored = self._configs.get(principal.organization, config_id)
        if stored is None:
            raise NotFoundError("There is no such config.")
        if not transitions.is_checkable(stored.value):
            return stored.value
        if stored.value.auth_type is AuthType.OAUTH2:
            stored, taken = self._take(stored, asked_at)
            if not taken:
                return stored.value
        return self.check(stored, principal.actor)

    def _take(self, stored: Stored[Config], asked_at: datetime) -> tuple[Stored[Config], bool]:
        if is_free(stored.value, asked_at):
            try:
                return self._leases.take(stored), True
            except WriteConflictError:
                pass
        return self._leases.wait(
            stored.value.organization,
            stored.value.id,
            done=lambda config: (
                not transitions.is_checkable(config)
                or (config.check_started_at is not None and config.check_started_at >= asked_at)
            ),
        )

    def check_due(self, stored: Stored[Config], entry: DueEntry) -> None:
        """Check a mailbox whose time has come; `entry` is what stands in the index for it.

        Where another worker is at it, that one's result counts: the entry comes up again.
        """
        if not transitions.is_checkable(stored.value):
            check = _Check(stored.value, None, self._clock.now(), SYSTEM, entry)
            self._conclude(stored, check)
            return
        if stored.value.auth_type is AuthType.OAUTH2:
            if not is_free(stored.value, self._clock.now()):
                return
            try:
                stored = self._leases.take(stored)
            except WriteConflictError:
                return
        self.check(stored, SYSTEM, entry)

    def check(self, stored: Stored[Config], actor: str, entry: DueEntry | None = None) -> Config:
        """Check a mailbox. For OAuth the caller has taken the lease; it is given back here."""
        started = self._clock.now()
        outcome: CheckOutcome | None = None
        try:
            outcome = self._checker.run(stored.value)
        finally:
            if outcome is None:
                self._leases.give_back(stored)
        check = _Check(stored.value, outcome, started, actor, entry, stored.value.lease is not None)
        return self._conclude(stored, check)

    def note_failure(self, stored: Stored[Config], failure: Failure) -> Config:
        """What a delivery found out about the mailbox counts like a check."""
        check = _Check(stored.value, CheckOutcome(failure), self._clock.now(), SYSTEM)
        return self._conclude(stored, check)

    def _conclude(self, stored: Stored[Config], check: "_Check") -> Config:
        """Write the outcome over whatever else changed meanwhile; drop it if it is not about the
        present generation, or if a check that began later is written already."""
        while True:
            before = stored.value
            after, announced = self._after(before, check)
            try:
                written = self._write(stored, after)
                break
            except WriteConflictError:
                fresh = self._configs.get(before.organization, before.id)
            if fresh is None:
                raise NotFoundError("The config was deleted while it was checked.")
            if check.is_superseded_by(fresh.value):
                return self._dropped(fresh, check)
            stored = fresh
        self._scheduler.put_right(check.entry or entry_of(before), written.value)
        self._tell(before, written.value, check, announced)
        return written.value

    def _after(self, config: Config, check: "_Check") -> tuple[Config, Occurrence | None]:
        now = self._clock.now()
        retry_after = None
        outcome = check.outcome
        if outcome is not None:
            if outcome.refreshed:
                config = transitions.refreshed(config, now, stored=outcome.grant_stored)
            if outcome.failure is None:
                config = transitions.succeeded(config, check.started, now)
            else:
                config = transitions.failed(config, outcome.failure, check.started, now)
                retry_after = outcome.failure.retry_after
        config, announced = transitions.with_expiry_announced(config, now)
        if check.holds_lease:
            config = transitions.released(config)
        return self._scheduler.planned(config, retry_after), announced

    def _tell(
        self, before: Config, after: Config, check: "_Check", announced: Occurrence | None
    ) -> None:
        outcome = check.outcome
        if outcome is not None and outcome.tokens is not None:
            self._tokens.keep(after, outcome.tokens)
        if before.status is Status.NOT_VERIFIED and after.status is Status.VERIFIED:
            self._waiting.release(after)
        if outcome is not None:
            self._reporter.checked(after, outcome, announced, check.started, check.actor)
        elif announced is not None:
            self._reporter.announced(after, announced)

    def _write(self, stored: Stored[Config], after: Config) -> Stored[Config]:
        """The first config of an organization that is verified becomes its default."""
        became_verified = (
            stored.value.status is Status.NOT_VERIFIED and after.status is Status.VERIFIED
        )
        if became_verified and not after.is_default:
            claimed = self._configs.claim_default(stored, replace(after, is_default=True))
            if claimed is not None:
                return claimed
        return self._configs.replace(stored, after)

    def _dropped(self, fresh: Stored[Config], check: "_Check") -> Config:
        config = fresh.value
        if check.holds_lease and config.lease == check.config.lease:
            self._leases.give_back(fresh)
            config = transitions.released(config)
        self._reporter.dropped(config, check.actor)
        return config


@dataclass(frozen=True, slots=True)
class _Check:
    """A check that came to an end, and what it is about. No `outcome`: nothing to sign in with."""

    config: Config
    outcome: CheckOutcome | None
    started: datetime
    actor: str
    entry: DueEntry | None = None
    holds_lease: bool = False

    def is_superseded_by(self, fresh: Config) -> bool:
        """Whether its outcome does not count any more."""
        if fresh.generation != self.config.generation:
            return True
        if self.holds_lease and fresh.lease != self.config.lease:
            return True
        return fresh.check_started_at is not None and fresh.check_started_at > self.started
