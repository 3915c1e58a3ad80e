"""E-mail addresses as a mail server takes them: with SMTPUTF8 (RFC 6531) or without."""

import re

import idna

from shared.domain.failures import Failure, MailServerError

# What would end an address, or begin another thing, in a header or a command. Quoted local parts
# and addresses in brackets are no e-mail addresses here either.
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"\x00-\x20\x7f-\xa0\ud800-\udfff]{1,320}")

_NO_ADDRESS = "Of sender, recipients and Reply-To, one is no e-mail address"


def is_mailable(address: str) -> bool:
    """Whether it can do without SMTPUTF8: nothing else carries letters outside ASCII before the
    @."""
    return address.rpartition("@")[0].isascii()


def on_the_wire(address: str, *, smtputf8: bool) -> str:
    """An address for headers and commands: as it is, or with its domain as A-labels (RFC 5890).

    Raises `MailServerError`: smtputf8_not_offered; recipients_refused for what is no address.
    """
    if not _ADDRESS.fullmatch(address):
        raise MailServerError(Failure("recipients_refused", detail=_NO_ADDRESS))
    if smtputf8 or address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    if not local.isascii():
        raise MailServerError(Failure("smtputf8_not_offered"))
    return local + at + ascii_domain(domain)


def ascii_domain(domain: str) -> str:
    """A domain as A-labels. Raises `MailServerError` for what is no domain."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise MailServerError(Failure("recipients_refused", detail=_NO_ADDRESS)) from None
