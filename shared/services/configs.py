"""Creating, reading, changing and deleting configs."""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain import transitions
from shared.domain.authority import HostRule
from shared.domain.changes import ConfigFields, inconsistencies
from shared.domain.config import AuthType, Config, SecretKind, Security, Stored
from shared.domain.due import DueEntry
from shared.domain.errors import (
    FieldError,
    InvalidInputError,
    NotFoundError,
    OutgoingMailError,
    ServiceUnavailableError,
    StaleError,
    WriteConflictError,
)
from shared.domain.event import Event, EventType
from shared.domain.principal import Principal
from shared.ports import Clock, ConfigStore, DueIndex, EventLog, SecretVault
from shared.services.config_lists import BulkDeleteResult, ConfigPage, ConfigQuery, SortKey
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler, entry_of
from shared.services.waiting import WaitingMessages

_log = logging.getLogger(__name__)

DEFAULT_HOST = "smtp.office365.com"
DEFAULT_PORT = 587

Matches = Callable[[Config], bool]
"""Whether a config is the one that the caller knows."""


class ConfigService:
    """The configs of organizations."""

    def __init__(
        self,
        configs: ConfigStore,
        due: DueIndex,
        events: EventLog,
        vault: SecretVault,
        scheduler: Scheduler,
        reporter: Reporter,
        waiting: WaitingMessages,
        clock: Clock,
        extra_hosts: Sequence[HostRule],
    ) -> None:
        self._configs = configs
        self._due = due
        self._events = events
        self._vault = vault
        self._scheduler = scheduler
        self._reporter = reporter
        self._waiting = waiting
        self._clock = clock
        self._extra_hosts = extra_hosts

    def page(
        self, organization: str, query: ConfigQuery, size: int, after: SortKey | None
    ) -> ConfigPage:
        """A page of the organization's configs, by user name.

        One pass over the organization's rows gives the page and the total alike.
        """
        found = sorted((c for c in self._configs.list(organization) if query.takes(c)), key=_key)
        rest = [c for c in found if after is None or _key(c) > after]
        value = rest[:size]
        more = _key(value[-1]) if len(rest) > size else None
        return ConfigPage(value, len(found), more)

    def get(self, organization: str, config_id: str) -> Config:
        """One config. Raises `NotFoundError`."""
        return self._stored(organization, config_id).value

    def _stored(self, organization: str, config_id: str) -> Stored[Config]:
        stored = self._configs.get(organization, config_id)
        if stored is None:
            raise NotFoundError("There is no such config.")
        return stored

    def events(
        self, organization: str, config_id: str, size: int, after: str | None
    ) -> tuple[list[Event], bool]:
        """A page of the config's history, newest first. Raises `NotFoundError`."""
        self._stored(organization, config_id)
        return self._events.page(organization, config_id, size, after)

    def preview_errors(
        self, organization: str, config_id: str | None, fields: ConfigFields
    ) -> list[FieldError]:
        """What would not fit together if `fields`, of which some may be missing, were set.

        For a new config (`config_id` None). Raises `NotFoundError`.
        """
        now = self._clock.now()
        if config_id is None:
            config = transitions.edited(_blank(organization, now), fields, now, "")
        else:
            stored = self._stored(organization, config_id)
            config = transitions.edited(stored.value, fields, now, "")
        return inconsistencies(config, fields, self._extra_hosts)

    def create(self, principal: Principal, fields: ConfigFields) -> Config:
        """Add a config, and have it checked if there is something to sign in with.

        Raises `InvalidInputError`; `ServiceUnavailableError`, after which nothing of it is left.
        """
        now = self._clock.now()
        config = replace(
            _blank(principal.organization, now), id=str(uuid.uuid4()), created_by=principal.actor
        )
        config = transitions.edited(config, fields, now, principal.actor)
        errors = inconsistencies(config, fields, self._extra_hosts)
        if errors:
            raise InvalidInputError(errors)
        config, announced = transitions.with_expiry_announced(
            transitions.unchecked(config, now), now
        )
        config = self._scheduler.with_expiry_planned(config)
        # First the index: should this break off, the entry finds secrets without a config.
        claimed = self._scheduler.claim(config, None)
        self._store_secrets(config, fields)
        stored = self._configs.insert(config)
        if fields.get("is_default"):
            stored = self._write(stored, replace(stored.value, is_default=True))
        self._reporter.changed(stored.value, EventType.CREATED, principal.actor, fields, announced)
        self._follow_up(claimed, stored.value, now)
        return stored.value

    def _store_secrets(self, config: Config, fields: ConfigFields) -> None:
        if "password" in fields:
            self._vault.set(config.organization, config.id, SecretKind.PASSWORD, fields["password"])
        if "client_secret" in fields:
            self._vault.set(
                config.organization,
                config.id,
                SecretKind.CLIENT_SECRET,
                fields["client_secret"],
                config.client_secret_expires_on,
            )

    def update(
        self, principal: Principal, config_id: str, fields: ConfigFields, matches: Matches
    ) -> Config:
        """Change a config. `matches` tells of the present config whether it is the one that the
        caller knows.

        The config is written before its secrets: a write that meets a newer version changes
        nothing at all. Should the vault then not answer, the config is put back.
        Raises `NotFoundError`, `StaleError`, `InvalidInputError`, `ServiceUnavailableError`.
        """
        while True:
            before = self._stored(principal.organization, config_id)
            if not matches(before.value):
                raise StaleError("The config has changed since it was read.")
            try:
                return self._update(principal, before, fields)
            except WriteConflictError:
                continue

    def _update(self, principal: Principal, before: Stored[Config], fields: ConfigFields) -> Config:
        now = self._clock.now()
        after = transitions.edited(before.value, fields, now, principal.actor)
        errors = inconsistencies(after, fields, self._extra_hosts)
        if errors:
            raise InvalidInputError(errors)
        if after is before.value:
            return after
        after, announced = transitions.with_expiry_announced(after, now)
        if after.client_secret_expires_on != before.value.client_secret_expires_on:
            after = self._scheduler.with_expiry_planned(after)
        claimed = None
        if after.next_check_at != before.value.next_check_at:
            claimed = self._scheduler.claim(after, entry_of(before.value))
        written = self._write(before, after)
        self._change_secrets(before, written, fields)
        names = transitions.changed_fields(before.value, fields)
        self._reporter.changed(written.value, EventType.UPDATED, principal.actor, names, announced)
        if claimed is not None:
            self._follow_up(claimed, written.value, now)
        return written.value

    def _follow_up(self, claimed: DueEntry, config: Config, now: datetime) -> None:
        if config.next_check_at is not None and config.next_check_at <= now:
            self._scheduler.ask(claimed)
        else:
            self._scheduler.put_right(claimed, config)

    def _write(self, before: Stored[Config], after: Config) -> Stored[Config]:
        if after.is_default and not before.value.is_default:
            return self._configs.move_default(before, after)
        if before.value.is_default and not after.is_default:
            return self._configs.drop_default(before, after)
        return self._configs.replace(before, after)

    def _change_secrets(
        self, before: Stored[Config], written: Stored[Config], fields: ConfigFields
    ) -> None:
        after = written.value
        try:
            self._store_secrets(after, fields)
            expires_on = after.client_secret_expires_on
            if (
                "client_secret" not in fields
                and after.client_secret_set
                and expires_on != before.value.client_secret_expires_on
            ):
                self._vault.set_expiry(after.id, SecretKind.CLIENT_SECRET, expires_on)
            if after.auth_type is not before.value.auth_type:
                for kind in _SECRETS_OF[before.value.auth_type]:
                    self._vault.disable(after.id, kind)
        except OutgoingMailError:
            self._put_back(before, written)
            raise

    def _put_back(self, before: Stored[Config], written: Stored[Config]) -> None:
        """The vault did not take the secret: the config is as it was, but of a new generation.

        A check may have written meanwhile; who changed the config itself has the last word.
        """
        present: Stored[Config] | None = written
        while present is not None and present.value.updated_at == written.value.updated_at:
            generation, lease = present.value.generation + 1, present.value.lease
            try:
                self._write(present, replace(before.value, generation=generation, lease=lease))
                return
            except WriteConflictError:
                present = self._configs.get(written.value.organization, written.value.id)

    def delete(self, principal: Principal, config_id: str, matches: Matches) -> None:
        """Delete a config and its secrets.

        An entry of the index goes first. Once the config is gone it counts as deleted: what breaks
        off after that is finished by maintenance. Raises `NotFoundError`, `StaleError`,
        `ServiceUnavailableError`.
        """
        entry: DueEntry | None = None
        while True:
            stored = self._stored(principal.organization, config_id)
            if not matches(stored.value):
                raise StaleError("The config has changed since it was read.")
            if entry is None:
                entry = self._scheduler.announce_cleanup(stored.value)
            try:
                self._configs.delete(stored)
                break
            except WriteConflictError:
                continue
        try:
            self._clear(stored.value, entry, principal.actor)
        except ServiceUnavailableError as error:
            _log.warning("Maintenance finishes the deletion of config %s: %s", config_id, error)

    def _clear(self, config: Config, entry: DueEntry, actor: str) -> None:
        """What is left to do once the config itself is gone."""
        self._reporter.changed(config, EventType.DELETED, actor)
        self._waiting.release(config)
        for kind in SecretKind:
            self._vault.delete(config.id, kind)
        check = entry_of(config)
        self._due.move([(entry.key, None), (check.key if check else None, None)])

    def bulk_delete(self, principal: Principal, ids: Sequence[str]) -> BulkDeleteResult:
        """Delete several configs; what cannot be deleted now does not hold up the others."""
        result = BulkDeleteResult([], [], [])
        for config_id in dict.fromkeys(ids):
            try:
                self.delete(principal, config_id, lambda _: True)
            except NotFoundError:
                result.not_found.append(config_id)
            except OutgoingMailError:
                result.failed.append(config_id)
            else:
                result.deleted.append(config_id)
        return result


_SECRETS_OF = {
    AuthType.BASIC: (SecretKind.PASSWORD,),
    AuthType.OAUTH2: (SecretKind.CLIENT_SECRET, SecretKind.REFRESH_TOKEN),
}


def _key(config: Config) -> SortKey:
    return (config.user_name.casefold(), config.id)


def _blank(organization: str, now: datetime) -> Config:
    return Config(
        id="",
        organization=organization,
        auth_type=AuthType.BASIC,
        host_name=DEFAULT_HOST,
        port=DEFAULT_PORT,
        security=Security.STARTTLS,
        user_name="",
        created_at=now,
        created_by="",
        updated_at=now,
        updated_by="",
    )
