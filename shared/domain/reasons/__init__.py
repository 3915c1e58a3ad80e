"""Why a mailbox is not verified, or soon will not be, and what helps: data, and no I/O."""

from shared.domain.reasons.catalogue import CATALOGUE, describe
from shared.domain.reasons.oauth import classify_oauth
from shared.domain.reasons.reason import Owner, Reason
from shared.domain.reasons.smtp import classify_smtp

__all__ = ["CATALOGUE", "Owner", "Reason", "classify_oauth", "classify_smtp", "describe"]
