"""Names of what operators see: metrics, structured events, and their attributes.

Alerts and the workbook (`infra/modules/monitoring/`) query these names; a test holds the two
together. Attributes are few-valued on metrics. Addresses and secrets are never attributes: a
mailbox is its organization and config id.
"""

from typing import Final

# Metrics: counters and histograms.

CHECKS: Final = "outgoing_mail.checks"
"""Counter: one for each check that came to an end. AUTH_TYPE, OUTCOME, REASON."""

CHECK_DURATION: Final = "outgoing_mail.check.duration"
"""Histogram, seconds: one whole check, refresh and SMTP sign-in. AUTH_TYPE, OUTCOME."""

TOKEN_REFRESH_DURATION: Final = "outgoing_mail.token_refresh.duration"
"""Histogram, seconds: one answer of the token endpoint. OUTCOME."""

TICKS: Final = "outgoing_mail.ticks"
"""Counter: runs of the timer that came to their end. OUTCOME."""

DUE: Final = "outgoing_mail.due"
"""Histogram, mailboxes: how many were due at one run of the timer."""

MESSAGES: Final = "outgoing_mail.messages"
"""Counter: attempts to deliver a message that came to an end. OUTCOME, REASON."""

DELIVERY_DURATION: Final = "outgoing_mail.delivery.duration"
"""Histogram, seconds: one attempt to deliver a message. OUTCOME."""

COUNTERS: Final = frozenset({CHECKS, TICKS, MESSAGES})
"""Metrics for `Telemetry.count`."""

HISTOGRAMS: Final = {
    CHECK_DURATION: "s",
    TOKEN_REFRESH_DURATION: "s",
    DUE: "{mailbox}",
    DELIVERY_DURATION: "s",
}
"""Metrics for `Telemetry.record`, with their units (UCUM)."""

# Structured events.

MAILBOX_STATUS: Final = "outgoing_mail.mailbox_status"
"""Event: what a config's status is, at each check and each change of it, and once with STATUS
`deleted`. ORGANIZATION, CONFIG, AUTH_TYPE, STATUS, REASON, and DAYS_LEFT where the client secret's
expiry is known. The newest one of a config tells its present status."""

CLIENT_SECRET_EXPIRING: Final = "outgoing_mail.client_secret_expiring"
"""Event: a client secret came to one of the days at which its expiry is told. ORGANIZATION, CONFIG,
DAYS_LEFT (0 on the day, negative afterwards)."""

AUTHORIZATION: Final = "outgoing_mail.authorization"
"""Event: an authorization ended. ORGANIZATION, CONFIG, OUTCOME, REASON."""

CHECK_FAILED: Final = "outgoing_mail.check_failed"
"""Event: a check failed or was deferred. ORGANIZATION, CONFIG, AUTH_TYPE, OUTCOME, REASON,
REFERENCE."""

EVENTS: Final = frozenset({MAILBOX_STATUS, CLIENT_SECRET_EXPIRING, AUTHORIZATION, CHECK_FAILED})
"""Names for `Telemetry.event`."""

# Attributes, of both.

AUTH_TYPE: Final = "auth_type"
"""`basic` or `oauth2.0`."""

OUTCOME: Final = "outcome"
"""How it ended: the OUTCOME_ values."""

REASON: Final = "reason"
"""Code of the catalogue of reasons; `none` where there is none."""

ORGANIZATION: Final = "organization"
"""The organization that owns the config."""

CONFIG: Final = "config"
"""The config's id."""

STATUS: Final = "status"
"""`verified`, `notVerified` or `deleted`."""

DAYS_LEFT: Final = "days_left"
"""Whole days until the client secret expires."""

REFERENCE: Final = "reference"
"""The provider's trace and correlation ids."""

# Values of OUTCOME.

OUTCOME_VERIFIED: Final = "verified"
"""The check succeeded."""

OUTCOME_FAILED: Final = "failed"
"""A permanent failure."""

OUTCOME_DEFERRED: Final = "deferred"
"""A passing failure: tried again later."""

OUTCOME_DROPPED: Final = "dropped"
"""Its result did not count: the config changed meanwhile, or is gone."""

OUTCOME_SUCCEEDED: Final = "succeeded"
"""An authorization, a refresh, a delivery or a tick that did what it should."""

OUTCOMES: Final = frozenset(
    {OUTCOME_VERIFIED, OUTCOME_FAILED, OUTCOME_DEFERRED, OUTCOME_DROPPED, OUTCOME_SUCCEEDED}
)
"""All values of OUTCOME."""

NO_REASON: Final = "none"
"""REASON where there is none."""

STATUS_DELETED: Final = "deleted"
"""STATUS of a config that is gone."""
