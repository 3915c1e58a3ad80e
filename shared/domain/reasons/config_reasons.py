"""Reasons that come out of the service itself: the state of a config and its secrets."""

from shared.domain.reasons.reason import Owner, Reason

REASONS = (
    Reason(
        "not_checked",
        "Not checked yet",
        "Nothing to do: the mailbox is signed in to within a few minutes. Use Check now to have it"
        " done at once.",
        Owner.WAIT,
    ),
    Reason(
        "authorization_needed",
        "Not authorized yet",
        "Press Authorize, sign in at Microsoft as {mailbox}, and accept.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "client_secret_expiring",
        "The client secret expires soon",
        "The client secret expires {expires_on}; mail stops then. Create a new client secret in the"
        " app registration (Certificates & secrets), and enter its Value and expiry date here. No"
        " new authorization is needed.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "wrong_account",
        "Another account signed in",
        "Authorize again and sign in as {mailbox}; choose Use another account if Microsoft offers"
        " a different one. For a shared mailbox, make the user name of this config the person who"
        " signs in, and the shared address its From address.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "authorization_expired",
        "The authorization took longer than 10 minutes",
        "Press Authorize again, and finish the sign-in within 10 minutes.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "authorization_used",
        "This authorization was finished already",
        "Look at the status of the config: the first answer counted. Press Authorize again if it"
        " is not verified.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "secret_missing",
        "A stored secret is missing",
        "Enter the client secret or the password of this config again; with OAuth 2.0, press"
        " Authorize afterwards.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "authorization_unknown",
        "This authorization is not known",
        "It was started too long ago, or not here. Press Authorize again.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "authorization_other_browser",
        "Another browser started this authorization",
        "Press Authorize and sign in in the same browser, and let it keep cookies of this site.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "config_changed",
        "The config was changed during the authorization",
        "Press Authorize again: what was accepted belongs to the config as it was before.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "config_deleted",
        "The config was deleted meanwhile",
        "Add the config again if it is still needed, and authorize it. A message can be submitted"
        " again, through another config.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "check_held_up",
        "The check was held up",
        "Nothing to do: it is tried again within minutes. Use Check now to have it done at once.",
        Owner.WAIT,
    ),
    Reason(
        "grant_not_stored",
        "The renewed authorization is not stored yet",
        "Key Vault did not answer. It is tried again by itself; if the mailbox is not verified"
        " within the hour, press Authorize and sign in as {mailbox}.",
        Owner.WAIT,
    ),
)
