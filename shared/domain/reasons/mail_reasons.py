"""Reasons that the mail server gives, and those why it cannot be reached."""

from shared.domain.reasons.reason import Owner, Reason

_ENABLE_SMTP_AUTH = "Set-CASMailbox -Identity {mailbox} -SmtpClientAuthenticationDisabled $false"

_SIGN_IN = (
    Reason(
        "sign_in_rejected",
        "The mail server does not accept the sign-in",
        "Authorize again as {mailbox}: the token was for another user, or not for SMTP. A shared"
        " mailbox is signed in to as the person who may use it; set the shared address as From"
        " address.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "password_rejected",
        "User name or password is wrong",
        "Enter the present password of {mailbox}. An account with multi-factor sign-in needs an"
        " app password, or OAuth 2.0.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "smtp_auth_disabled_tenant",
        "SMTP AUTH is switched off for the organization",
        "Switch it on for this mailbox, whose setting goes before the organization's; it takes"
        " effect within an hour. In Exchange Online PowerShell:",
        Owner.TENANT_ADMIN,
        _ENABLE_SMTP_AUTH,
    ),
    Reason(
        "smtp_auth_disabled_mailbox",
        "SMTP AUTH is switched off for the mailbox",
        "Switch it on for this mailbox; it takes effect within an hour. In Exchange Online"
        " PowerShell:",
        Owner.TENANT_ADMIN,
        _ENABLE_SMTP_AUTH,
    ),
    Reason(
        "smtp_policy_blocked",
        "A policy blocks the sign-in to SMTP",
        "Exempt {mailbox} from the Conditional Access or authentication policy that blocks it, or"
        " end security defaults in Entra ID.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "basic_auth_retired",
        "Basic authentication is not supported any more",
        "Change this config to OAuth 2.0, and authorize as {mailbox}.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "smtp_not_signed_in",
        "The mail server wants a sign-in first",
        "This is a fault of Outgoing Mail, or the server ended the sign-in early: report it if it"
        " comes back.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "auth_not_offered",
        "The mail server does not offer this way of signing in",
        "Use the port for sending mail (587 with starttls, or 465 with tls), or the other auth"
        " type. What the server offers stands in the details.",
        Owner.TENANT_ADMIN,
    ),
)

_SENDING = (
    Reason(
        "send_as_denied",
        "The mailbox may not send as that address",
        "Let {mailbox} send as {sender} at the mail server, or leave the From address out. In"
        " Exchange Online PowerShell, with effect within an hour:",
        Owner.TENANT_ADMIN,
        "Add-RecipientPermission {sender} -Trustee {mailbox} -AccessRights SendAs",
    ),
    Reason(
        "sender_refused",
        "The mail server does not accept the sender's address",
        "Check the From address {sender}: the mail server must know it, and its domain must be in"
        " DNS. What the server said stands in the details.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "client_refused",
        "The mail server does not let this app in",
        "Have whoever keeps the mail server let in the address that this app connects from; it"
        " stands in the server's log. What the server said stands in the details.",
        Owner.NETWORK,
    ),
    Reason(
        "smtp_throttled",
        "The mail server asks for a slower pace",
        "Nothing to do: it is tried again by itself. Exchange Online takes 3 connections and 30"
        " messages a minute from one mailbox; other programs that use {mailbox} count too.",
        Owner.WAIT,
    ),
    Reason(
        "sending_quota_exceeded",
        "The day's quota is used up",
        "It is tried again by itself, and leaves when the mail server counts anew. Spread what"
        " {mailbox} sends over several mailboxes if that is too late.",
        Owner.WAIT,
    ),
    Reason(
        "mailbox_full",
        "The mailbox is full",
        "Free space in {mailbox}, its Sent Items and Deleted Items included.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "sender_blocked",
        "The sender is blocked for spam",
        "Find out what sent the spam, secure {mailbox}, and unblock it in Microsoft Defender under"
        " Restricted entities.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "tenant_blocked",
        "The organization or its address range is blocked",
        "Open a case with Microsoft support; name the code in the details.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "smtp_try_later",
        "The mail server asks to try again later",
        "Nothing to do: it is tried again by itself.",
        Owner.WAIT,
    ),
    Reason(
        "smtp_refused",
        "The mail server refused",
        "Read what the server said; whoever keeps the mail server can tell what it asks for.",
        Owner.TENANT_ADMIN,
    ),
)

_NETWORK = (
    Reason(
        "host_not_found",
        "The host name is not known",
        "Check the host name for a typing error, and that its DNS entry is public.",
        Owner.NETWORK,
    ),
    Reason(
        "address_not_allowed",
        "The host is not on the public internet",
        "The host name leads to a private or reserved address. Use a public host, or have the"
        " operator name it in EXTRA_MAIL_HOSTS (mail server) or EXTRA_AUTHORITY_HOSTS (sign-in).",
        Owner.NETWORK,
    ),
    Reason(
        "connection_refused",
        "The connection was refused",
        "Check host name and port (587 with starttls, 465 with tls), and that the server runs and"
        " its firewall lets this service in.",
        Owner.NETWORK,
    ),
    Reason(
        "host_unreachable",
        "The host cannot be reached",
        "Check that the host name leads to the right address, and that a route leads there. It is"
        " tried again by itself.",
        Owner.NETWORK,
    ),
    Reason(
        "connection_timed_out",
        "The server did not answer in time",
        "Check host name and port (587 with starttls, 465 with tls), and that a firewall does not"
        " drop the connection. It is tried again by itself.",
        Owner.NETWORK,
    ),
    Reason(
        "connection_lost",
        "The server closed the connection",
        "It is tried again by itself. If it stays, check the port and security of this config, and"
        " the server's log.",
        Owner.NETWORK,
    ),
    Reason(
        "tls_certificate_invalid",
        "The server's certificate is not valid",
        "Renew the certificate, or make the host name one that it is issued for; a private CA must"
        " be named by the operator in EXTRA_CA_FILE.",
        Owner.NETWORK,
    ),
    Reason(
        "tls_failed",
        "No encrypted connection came about",
        "The security setting may not fit the port: use starttls with port 587, tls with port 465."
        " The server must speak TLS 1.2 or newer.",
        Owner.NETWORK,
    ),
    Reason(
        "starttls_missing",
        "The server does not offer STARTTLS",
        "Set security to tls and the port to 465, or switch STARTTLS on at the server: a password"
        " or token is never sent without encryption.",
        Owner.NETWORK,
    ),
    Reason(
        "not_a_mail_server",
        "There is no mail server at that host and port",
        "Check host name and port (587 with starttls, 465 with tls): something else answered.",
        Owner.NETWORK,
    ),
)

REASONS = _SIGN_IN + _SENDING + _NETWORK
