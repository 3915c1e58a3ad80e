"""The pace of a mailbox, by the receiver's clock."""

from datetime import datetime, timedelta

from tests.e2e.messages.conftest import PACED, PACED_MESSAGES
from tests.support.sending import Organization, Receiver, message_ids, wait_for

PER_MINUTE = 30
MINUTE = timedelta(minutes=1)


def test_no_more_than_30_messages_arrive_in_any_minute_and_none_is_lost(
    paced: tuple[Organization, list[str]], receiver: Receiver
) -> None:
    organization, ids = paced
    arrived = wait_for(
        lambda: receiver.arrived(PACED), lambda found: len(found) >= PACED_MESSAGES, seconds=90
    )
    times = [datetime.fromisoformat(entry["received_at"]) for entry in arrived]
    gaps = [later - earlier for earlier, later in zip(times, times[PER_MINUTE:], strict=False)]
    assert len(gaps) == PACED_MESSAGES - PER_MINUTE
    assert all(gap > MINUTE for gap in gaps), gaps
    assert set(message_ids(arrived).values()) == {1}
    said = [organization.when({"id": id_}) for id_ in ids]
    assert {(message["status"], message["attempts"]) for message in said} == {("sent", 1)}
