"""Messages to put into stores, and contents for them."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from shared.domain.message import Attachment, Content, Message, MessageStatus
from tests.support.storage import NOW, fresh_id

texts = st.text(st.characters(), max_size=20)
"""Also with lone surrogates, which come in through JSON."""


def a_message(**fields: Any) -> Message:
    """A queued message of an organization of its own, with other fields where given."""
    values: dict[str, Any] = {
        "id": fresh_id(),
        "organization": fresh_id(),
        "config_organization": "contoso",
        "config_id": fresh_id(),
        "status": MessageStatus.QUEUED,
        "content_hash": "0" * 64,
        "recipients": 1,
        "size": 1234,
        "message_id": "<1@contoso.example>",
        "created_at": NOW,
        "created_by": "app@contoso.example",
        "due_at": NOW,
    }
    return Message(**(values | fields))


def final(message: Message) -> Message:
    """The message after it was sent."""
    return replace(message, status=MessageStatus.SENT, due_at=None, sent_at=NOW)


attachments = st.builds(
    Attachment,
    name=texts,
    content_type=texts,
    data=st.binary(max_size=200),
    content_id=st.none() | texts,
)
addresses = st.lists(texts, max_size=3).map(tuple)
contents = st.builds(
    Content,
    to=addresses,
    cc=addresses,
    bcc=addresses,
    subject=texts,
    text=st.none() | texts,
    html=st.none() | texts,
    attachments=st.lists(attachments, max_size=4).map(tuple),
    headers=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)
