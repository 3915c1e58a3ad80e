"""Examples of messages, as they are sent and answered."""

from typing import Any

_ID = "5b0c3f52-6a0e-5a37-9b1e-2f6c7d8e9f10"
_ACCEPTED: dict[str, Any] = {
    "id": _ID,
    "status": "queued",
    "configId": "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11",
    "platformSender": False,
    "recipients": 1,
    "size": 412,
    "messageId": f"<{_ID}@contoso.com>",
    "createdAt": "2027-03-01T08:15:30.000Z",
    "createdBy": "platform",
    "expiresAt": "2027-03-02T08:15:30.000Z",
}
_RECIPIENT = "someone@customer.com"
_GONE = "gone@customer.com"

MESSAGE_EXAMPLES: dict[str, Any] = {
    "newMessage": {
        "to": [_RECIPIENT],
        "subject": "The backup of last night",
        "text": "All 12 servers were backed up.",
    },
    "newReport": {
        "to": [_RECIPIENT],
        "bcc": ["archive@contoso.com"],
        "subject": "Your report of March",
        "html": '<img src="cid:logo" alt="Contoso"><p>The report is attached.</p>',
        "attachments": [
            {"name": "report.pdf", "contentType": "application/pdf", "content": "JVBERi0xLjcK"},
            {
                "name": "logo.png",
                "contentType": "image/png",
                "content": "iVBORw0KGgo=",
                "contentId": "logo",
            },
        ],
        "headers": {"X-Report": "march"},
        "allowPlatformSender": False,
    },
    "acceptedMessage": _ACCEPTED,
    "message": {
        **_ACCEPTED,
        "status": "sent",
        "recipients": 2,
        "sender": "noreply@contoso.com",
        "attempts": 1,
        "sentAt": "2027-03-01T08:15:32.000Z",
        "serverReply": "250 2.0.0 OK",
        "refusedRecipients": [_GONE],
        "refusals": [
            {
                "recipient": _GONE,
                "reason": {
                    "code": "recipient_refused",
                    "title": "The mail server refused the recipient",
                    "remedy": "Check the address; the server's words are in the details.",
                    "owner": "application admin",
                    "at": "2027-03-01T08:15:32.000Z",
                    "detail": "550 5.1.1 No such user here",
                },
            }
        ],
    },
    "newTestMessage": {"to": "admin@contoso.com"},
    "testMessageOutcome": {
        "outcome": "sent",
        "messageId": f"<{_ID}@contoso.com>",
        "serverReply": "250 2.0.0 OK",
    },
}
