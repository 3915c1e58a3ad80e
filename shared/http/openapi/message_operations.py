"""The operations that send mail."""

from shared.domain.principal import Role
from shared.http.openapi.operations import Answer, Body, Operation
from shared.http.openapi.problems import BODY, CHANGE, CONFIG, SERVICES, SIGNED_IN, merged

MESSAGE_OPERATIONS = (
    Operation(
        id="submit_message",
        method="post",
        path="/api/messages",
        tag="Messages",
        summary="Submit a message",
        description="It is accepted at once, and sent at the pace of the mailbox: within seconds as"
        " a rule, and tried for 24 hours. It leaves through the organization's default config, or "
        "through the one that `configId` names. Texts and attachments have 25 MB at most, all "
        "together.",
        role=Role.SEND,
        parameters=("Idempotency-Key",),
        body=Body("NewMessage", examples=("newMessage", "newReport")),
        answers=(
            Answer(
                202,
                "It will be sent; the same answer again for the same key and content.",
                "AcceptedMessage",
                "acceptedMessage",
                ("Location",),
                links=("get_message",),
            ),
        ),
        problems=merged(
            SIGNED_IN,
            CHANGE,
            BODY,
            {
                409: ("idempotency_key_reused", "no_verified_config"),
                413: ("message_too_large",),
            },
            SERVICES,
        ),
    ),
    Operation(
        id="get_message",
        method="get",
        path="/api/messages/{id}",
        tag="Messages",
        summary="See what became of a message",
        description="`queued`: not tried yet. `sending`: being handed over. `sent`: the mail "
        "server took it, for all recipients but those in `refusedRecipients`. `retrying`: it could "
        "not be handed over, or waits for its mailbox to be verified; where the server put off "
        "some recipients, it is so for those in `pendingRecipients` alone. `failed`: nobody got "
        "it, and it will not be tried again.",
        role=Role.SEND,
        parameters=("If-None-Match",),
        answers=(
            Answer(200, "The message.", "Message", "message", ("ETag",)),
            Answer(304, "The message is the one of If-None-Match.", headers=("ETag",)),
        ),
        problems=merged(SIGNED_IN, CONFIG, {400: ("invalid_input",)}, SERVICES),
    ),
    Operation(
        id="send_test_message",
        method="post",
        path="/api/configs/{id}/test-message",
        tag="Configs",
        summary="Send a test message through a config, now",
        description="Whatever the config's status is. How it went is in the answer: a message that "
        "the mail server turns down is no error of this call, but counts like a failed check where "
        "the mailbox is the cause.",
        role=Role.MANAGE,
        body=Body("NewTestMessage", examples=("newTestMessage",)),
        answers=(Answer(200, "How it went.", "TestMessageOutcome", "testMessageOutcome"),),
        problems=merged(
            SIGNED_IN,
            CHANGE,
            CONFIG,
            BODY,
            {409: ("mailbox_busy", "check_in_progress")},
            SERVICES,
        ),
    ),
)
