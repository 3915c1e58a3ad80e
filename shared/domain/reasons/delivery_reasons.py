"""Reasons that only a message can have."""

from shared.domain.reasons.reason import Owner, Reason

REASONS = (
    Reason(
        "delivery_expired",
        "The message was not delivered within 24 hours",
        "Look at why the mailbox could not send, and submit the message again.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "recipients_refused",
        "The mail server refused all recipients",
        "Check the addresses; the server's words are in the details.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "recipient_refused",
        "The mail server refused the recipient",
        "Check the address; the server's words are in the details.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "too_many_recipients",
        "The mail server takes no more recipients at once",
        "Nothing to do: the other recipients get the message right after, or are tried again.",
        Owner.WAIT,
    ),
    Reason(
        "mailbox_pace",
        "The mailbox has sent as much as it may for now",
        "Nothing to do: the message leaves by itself, within the pace that the mail server allows"
        " (a number of messages a minute, and of recipients a day). If it comes too late, send"
        " through more than one mailbox.",
        Owner.WAIT,
    ),
    Reason(
        "smtputf8_not_offered",
        "The mail server takes no such address",
        "An address holds letters outside ASCII before the @, and this mail server does not offer"
        " SMTPUTF8. Use another address of the recipient.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "message_too_large",
        "The message is too large for the mail server",
        "Send less or smaller attachments; the server's limit is in the details.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "content_missing",
        "The message's content is gone",
        "It was removed from Blob Storage before it was sent. Submit the message again.",
        Owner.APPLICATION_ADMIN,
    ),
)
