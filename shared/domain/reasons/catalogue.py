"""All reasons by code."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from shared.domain.reasons import (
    config_reasons,
    delivery_reasons,
    mail_reasons,
    oauth_reasons,
)
from shared.domain.reasons.reason import Owner, Reason, fill

CATALOGUE: Mapping[str, Reason] = MappingProxyType(
    {
        reason.code: reason
        for reasons in (
            config_reasons.REASONS,
            oauth_reasons.REASONS,
            mail_reasons.REASONS,
            delivery_reasons.REASONS,
        )
        for reason in reasons
    }
)
"""Codes are stable: configs and events keep them."""


def describe(
    code: str,
    *,
    mailbox: str,
    sender: str,
    redirect_uri: str | None = None,
    expires_on: date | None = None,
) -> Reason:
    """The reason as it is shown for one config.

    `redirect_uri` and `expires_on` (the client secret's) make some remedies more exact. A code that
    this version does not know, written by another one, gets a text of its own.
    """
    reason = CATALOGUE.get(code) or Reason(
        code, "Not verified", "Read the details, and check again.", Owner.APPLICATION_ADMIN
    )
    return fill(
        reason, mailbox=mailbox, sender=sender, redirect_uri=redirect_uri, expires_on=expires_on
    )
