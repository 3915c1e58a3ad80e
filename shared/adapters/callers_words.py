"""What callers choose and mail servers repeat in their replies."""

import re
from collections.abc import Iterable, Iterator

from shared.domain.message import Content
from shared.domain.reasons.words import CUT

_SHORTEST = 5
"""Characters, as in "5.1.8": nothing shorter means anything to who reads a reply."""


class CallersWords:
    """Takes them out of a reply before it is looked at for what the server says.

    Otherwise `throttle@customer.example` would slow down the mailbox that a message to it leaves
    through, or an address with a status in it make that mailbox look blocked, also for others.
    """

    def __init__(self, words: Iterable[str]) -> None:
        long_enough = {word for word in words if len(word) >= _SHORTEST}
        # The longest first: an address before what stands before its @.
        self._words = sorted(long_enough, key=len, reverse=True)

    def removed_from(self, reply: str) -> str:
        """The server's own words."""
        if not self._words:
            return reply
        pattern = "|".join(map(re.escape, self._words))
        return re.sub(pattern, CUT, reply, flags=re.IGNORECASE)


NONE = CallersWords(())


def parts_of(addresses: Iterable[str]) -> Iterator[str]:
    """The addresses, and what stands before and after their @: servers repeat one of them alone."""
    for address in addresses:
        yield address
        yield from address.rsplit("@", 1)


def words_of(content: Content, addresses: Iterable[str]) -> CallersWords:
    """What a server may repeat that has seen the whole message."""
    names = (attachment.name for attachment in content.attachments)
    return CallersWords((content.subject, *names, *parts_of(addresses)))
