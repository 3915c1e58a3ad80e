"""Recipients of one message of whom the mail server says different things."""

from typing import Any

from tests.e2e.messages.conftest import DEFERRING, PUT_OFF, UNKNOWN
from tests.support.sending import RECIPIENT, Organization, Receiver, header, message_ids


def test_who_is_put_off_gets_it_later_and_nobody_twice(
    put_off: tuple[Organization, Any, Any], receiver: Receiver
) -> None:
    organization, submitted, first = put_off
    assert (first["status"], first["attempts"]) == ("retrying", 1)
    assert first["reason"]["detail"] == "451 4.7.1 Greylisted"
    assert first["nextAttemptAt"] > first["sentAt"]
    assert (first["pendingRecipients"], first["refusedRecipients"]) == ([PUT_OFF], [UNKNOWN])

    sent = organization.when(submitted, seconds=90)
    assert (sent["status"], sent["attempts"]) == ("sent", 2)
    assert sent["refusedRecipients"] == [UNKNOWN]
    [refusal] = sent["refusals"]
    assert (refusal["reason"]["code"], refusal["reason"]["detail"]) == (
        "recipient_refused",
        "550 5.1.1 Nobody",
    )
    arrived = receiver.arrived(DEFERRING)
    assert [entry["rcpt_tos"] for entry in arrived] == [[RECIPIENT], [PUT_OFF]]
    assert message_ids(arrived) == {submitted["messageId"]: 2}
    assert {header(entry, "Cc") for entry in arrived} == {f"{PUT_OFF}, {UNKNOWN}"}


def test_more_recipients_than_a_server_takes_at_once_follow_right_after(
    organization: Organization, receiver: Receiver
) -> None:
    sender = "in-portions@contoso.example"
    organization.add_verified(sender)
    recipients = [f"{number}@portions.example" for number in range(9)]
    for number in (3, 6):  # the first whom each transaction has no room for: no more are named
        order = {"recipient": f"{number}@portions.example", "times": 1}
        receiver.fail(sender, "rcpt", reply="452 4.5.3 Too many recipients", **order)
    sent = organization.when(organization.submit(to=recipients))
    assert (sent["status"], sent["attempts"]) == ("sent", 3)
    assert "refusals" not in sent
    portions = [entry["rcpt_tos"] for entry in receiver.arrived(sender)]
    assert portions == [recipients[:3], recipients[3:6], recipients[6:]]
