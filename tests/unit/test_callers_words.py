"""What a server repeats of a message is not what it says."""

from dataclasses import replace

import pytest

from shared.adapters.callers_words import CallersWords, words_of
from shared.domain.message import Attachment
from tests.support.mail import a_content


@pytest.mark.parametrize(
    ("reply", "own_words"),
    [
        ("5.7.1 spam: slow down, everyone", "5.7.1 spam: [cut]"),
        ("5.7.1 Sender rejected.pdf is no file for us", "5.7.1 [cut] is no file for us"),
        ("5.1.1 <THROTTLE@a.example> unknown", "5.1.1 <[cut]> unknown"),
        ("5.1.1 no throttle in a.example", "5.1.1 no [cut] in [cut]"),
    ],
)
def test_subject_names_and_addresses_are_taken_out(reply: str, own_words: str) -> None:
    attachment = Attachment("Sender rejected.pdf", "application/pdf", b"")
    content = replace(
        a_content("throttle@a.example"),
        subject="slow down, everyone",
        attachments=(attachment,),
    )
    assert words_of(content, content.recipients).removed_from(reply) == own_words


def test_what_is_too_short_to_mean_anything_stays() -> None:
    assert CallersWords(("5.7", "a", "", "5.7.")).removed_from("5.7.60 as") == "5.7.60 as"
