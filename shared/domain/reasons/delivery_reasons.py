"""Reasons that only a message can have."""

from shared.domain.reasons.reason import Owner, Reason

REASONS = (
    Reason(
        "delivery_expired",
        "The message was not delivered within 24 hours",
        "Look at the details for what kept it from leaving, and submit the message again.",
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
        "relay_denied",
        "The mail server takes no mail for the recipient's domain",
        "The mailbox may write to the mail server's own domains alone. Check host name and port:"
        " mail to anybody is taken where mail is submitted, usually on port 587 or 465. If they are"
        " right, have whoever keeps the mail server let the mailbox send to other domains.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "too_many_recipients",
        "The mail server takes no more recipients at once",
        "Nothing to do: the other recipients get the message right after, or are tried again.",
        Owner.WAIT,
    ),
    Reason(
        "outcome_unknown",
        "The mail server's answer to the message got lost",
        "Nobody knows whether it arrived. It is handed over three times at most, each with the same"
        " Message-ID, by which receivers tell duplicates. If it failed, ask a recipient before you"
        " submit it again.",
        Owner.NETWORK,
    ),
    Reason(
        "service_unavailable",
        "Storage or Key Vault did not answer",
        "Nothing to do: the message is tried again by itself. If it stays so, look at the health of"
        " the function app.",
        Owner.WAIT,
    ),
    Reason(
        "internal_error",
        "Something in Outgoing Mail went wrong",
        "The message is tried again by itself. If it stays so, report the id in the details: the"
        " app's log has it.",
        Owner.WAIT,
    ),
    Reason(
        "platform_sender_unavailable",
        "The platform's own sender cannot send at the moment",
        "Nothing to do here: the platform's operators are told. A message that failed can be"
        " submitted again later. With a verified config of its own an organization does not need"
        " the platform's sender.",
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
