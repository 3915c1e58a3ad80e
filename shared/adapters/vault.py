"""The secrets of configs in Azure Key Vault, each named `{config id}-{kind}`."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.keyvault.secrets import SecretClient

from shared.adapters.wire import RETRIES, Wire, answers_of
from shared.domain.config import SecretKind
from shared.domain.errors import ConflictError, SecretMissingError, ServiceUnavailableError

SERVICE = "Key Vault"
LARGEST_SECRET = 25 * 1024
"""Bytes (https://learn.microsoft.com/azure/key-vault/secrets/about-secrets)."""

_LOGGER = logging.getLogger(__name__)
_PATIENCE = 10
"""Seconds that others wait for the first call."""
# https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
_VAULT_DOMAINS = (".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net")


class KeyVault:
    """Fulfils `SecretVault`.

    A vault names the resource to ask tokens for. The SDK holds that name against the vault's host,
    so that no other host can ask for a token of the vault; this is possible where the host is
    one of Azure's own.
    """

    def __init__(self, vault_url: str, credential: TokenCredential, wire: Wire) -> None:
        host = urlsplit(vault_url).hostname or ""
        self._client = SecretClient(
            vault_url,
            credential,
            verify_challenge_resource=host.endswith(_VAULT_DOMAINS),
            transport=wire,
            **RETRIES,
        )
        self._first_call = threading.Lock()
        self._is_warm = False

    def get(self, config_id: str, kind: SecretKind) -> str:
        """One read. Raises `SecretMissingError`."""
        secret = self._call(lambda: self._client.get_secret(_name(config_id, kind)))
        return secret.value or ""

    def set(
        self,
        organization: str,
        config_id: str,
        kind: SecretKind,
        value: str,
        expires_on: date | None = None,
    ) -> None:
        """One write. Raises `ConflictError` where the name was deleted or the value is too long."""
        if len(value.encode()) > LARGEST_SECRET:
            raise ConflictError("secret_too_long", "The secret is longer than 25 KB.")
        self._call(
            lambda: self._client.set_secret(
                _name(config_id, kind),
                value,
                tags={"organization": organization[:256], "config": config_id},
                expires_on=_midnight(expires_on),
            )
        )

    def set_expiry(self, config_id: str, kind: SecretKind, expires_on: date | None) -> None:
        """One write. Where an expiry is taken away a new version, because Key Vault cannot do it
        (https://github.com/Azure/azure-sdk-for-net/issues/5267). Raises `SecretMissingError`."""
        name, expiry = _name(config_id, kind), _midnight(expires_on)
        if expiry is None:
            self._call(lambda: self._remove_expiry(name))
        else:
            self._call(lambda: self._client.update_secret_properties(name, expires_on=expiry))

    def disable(self, config_id: str, kind: SecretKind) -> None:
        """One write; no error if there is none."""
        name = _name(config_id, kind)
        with suppress(SecretMissingError):
            self._call(lambda: self._client.update_secret_properties(name, enabled=False))

    def delete(self, config_id: str, kind: SecretKind) -> None:
        """One write, which is not waited for to take effect everywhere; no error if there is none
        (any more)."""
        name = _name(config_id, kind)
        with suppress(SecretMissingError, ConflictError):
            self._call(lambda: self._client.begin_delete_secret(name))

    def _remove_expiry(self, name: str) -> None:
        secret = self._client.get_secret(name)
        if secret.properties.expires_on is not None:
            self._client.set_secret(name, secret.value or "", tags=secret.properties.tags)

    def _call[T](self, call: Callable[[], T]) -> T:
        """The first call goes alone: the SDK learns from it where tokens come from, and threads
        that learn this at the same time take the token from each other."""
        if self._is_warm:
            return _translated(call)
        alone = self._first_call.acquire(timeout=_PATIENCE)
        try:
            result = _translated(call)
            self._is_warm = True
            return result
        except SecretMissingError:
            self._is_warm = True
            raise
        finally:
            if alone:
                self._first_call.release()


def _name(config_id: str, kind: SecretKind) -> str:
    return f"{config_id}-{kind}"


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) if day else None


def _translated[T](call: Callable[[], T]) -> T:
    try:
        with answers_of(SERVICE):
            try:
                return call()
            except HttpResponseError as error:
                known = _known(error)
                if known is None:
                    raise
                raise known from None
    except ValueError as error:
        # The SDK's word for a vault that asks for a token of something else than itself.
        _LOGGER.error("%s: %s", SERVICE, error)
        raise ServiceUnavailableError(SERVICE) from None


def _known(error: HttpResponseError) -> Exception | None:
    if error.status_code == 404 or (error.status_code == 403 and _is_disabled(error)):
        return SecretMissingError()
    if error.status_code == 409:
        return ConflictError(
            "secret_name_taken",
            "A deleted secret keeps its name in the vault; it is not set again.",
        )
    return None


def _is_disabled(error: HttpResponseError) -> bool:
    inner = error.error.innererror if error.error else None
    return inner is not None and inner.get("code") == "SecretDisabled"
