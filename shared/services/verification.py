"""Checks mailboxes, and writes down what the checks found."""

from dataclasses import replace
from datetime import datetime

from shared.domain import transitions
from shared.domain.config import AuthType, Config, Occurrence, Status, Stored
from shared.domain.due import DueEntry
from shared.domain.errors import NotFoundError, WriteConflictError
from shared.domain.event import SYSTEM
from shared.domain.principal import Principal
from shared.ports import Clock, ConfigStore
from shared.services.checks import Checker, CheckOutcome
from shared.services.leases import Leases, is_free
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler, entry_of


class VerificationService:
    """The one place where a check becomes a status."""

    def __init__(
        self,
        configs: ConfigStore,
        checker: Checker,
        leases: Leases,
        scheduler: Scheduler,
        reporter: Reporter,
        clock: Clock,
    ) -> None:
        self._configs = configs
        self._checker = checker
        self._leases = leases
        self._scheduler = scheduler
        self._reporter = reporter
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
            self._conclude(stored, None, self._clock.now(), SYSTEM, entry)
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
        return self._conclude(stored, outcome, started, actor, entry)

    def _conclude(
        self,
        stored: Stored[Config],
        outcome: CheckOutcome | None,
        started: datetime,
        actor: str,
        entry: DueEntry | None,
    ) -> Config:
        """Write the outcome over whatever else changed meanwhile; drop it if it is not about the
        present generation, or if a check that began later is written already."""
        checked = stored.value
        while True:
            before = stored.value
            after, announced = self._after(before, outcome, started)
            try:
                written = self._write(stored, after)
                break
            except WriteConflictError:
                fresh = self._configs.get(checked.organization, checked.id)
            if fresh is None:
                raise NotFoundError("The config was deleted while it was checked.")
            if _is_superseded(fresh.value, checked, started):
                return self._dropped(fresh, checked, actor)
            stored = fresh
        self._scheduler.put_right(entry or entry_of(before), written.value)
        if outcome is not None:
            self._reporter.checked(written.value, outcome, announced, started, actor)
        elif announced is not None:
            self._reporter.announced(written.value, announced)
        return written.value

    def _after(
        self, config: Config, outcome: CheckOutcome | None, started: datetime
    ) -> tuple[Config, Occurrence | None]:
        now = self._clock.now()
        retry_after = None
        if outcome is not None:
            if outcome.refreshed:
                config = transitions.refreshed(config, now, stored=outcome.grant_stored)
            if outcome.failure is None:
                config = transitions.succeeded(config, started, now)
            else:
                config = transitions.failed(config, outcome.failure, started, now)
                retry_after = outcome.failure.retry_after
        config, announced = transitions.with_expiry_announced(config, now)
        return self._scheduler.planned(transitions.released(config), retry_after), announced

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

    def _dropped(self, fresh: Stored[Config], checked: Config, actor: str) -> Config:
        config = fresh.value
        if checked.lease is not None and config.lease == checked.lease:
            self._leases.give_back(fresh)
            config = transitions.released(config)
        self._reporter.dropped(config, actor)
        return config


def _is_superseded(fresh: Config, checked: Config, started: datetime) -> bool:
    if fresh.generation != checked.generation:
        return True
    if checked.lease is not None and fresh.lease != checked.lease:
        return True
    return fresh.check_started_at is not None and fresh.check_started_at > started
