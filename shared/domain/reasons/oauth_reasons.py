"""Reasons that the identity provider gives, with the AADSTS numbers that stand for them.

Microsoft says that the numbers change: they explain, and never decide alone
(https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
"""

from shared.domain.reasons.reason import Owner, Reason

NUMBERS: dict[str, tuple[int, ...]] = {
    "client_secret_invalid": (7000215, 70002),
    "client_secret_expired": (7000222,),
    "client_not_confidential": (7000218, 700025),
    "client_assertion_rejected": (700027, 700030),
    "application_not_found": (700016, 700011),
    "application_disabled": (7000112, 70001),
    "redirect_uri_mismatch": (50011, 70004, 900971, 500112),
    "tenant_required": (50194, 9001023, 90124, 90130),
    "tenant_not_found": (90002,),
    "account_unsuitable": (9002332, 500208, 50020, 50034, 51004, 90072, 16000),
    "user_not_assigned": (50105,),
    "consent_missing": (65001,),
    "consent_declined": (65004,),
    "admin_consent_required": (90094, 90095),
    "permission_missing": (650056, 650057, 65005, 650053, 70011, 28002),
    "scopes_mixed": (28000, 700022),
    "exchange_missing": (500011, 650052),
    "grant_idle": (700082, 70008),
    "grant_revoked": (50173, 70000, 50132, 50133),
    "sign_in_frequency": (70043,),
    "single_page_registration": (700084,),
    "authorization_code_rejected": (50089, 54005, 501481, 700005),
    "mfa_required": (50076, 50079, 50074, 50078),
    "policy_blocked": (53000, 53001, 53003, 530032, 530035, 53011),
    "account_locked": (50053, 50057, 50055, 50144),
    "identity_provider_unavailable": (
        50033, 90006, 90012, 90024, 90033, 90090, 90055, 50196,
    ),
}  # fmt: skip
"""For each reason the numbers of Microsoft's errors that it covers."""

_ENDING = ("grant_idle", "grant_revoked", "sign_in_frequency", "single_page_registration")

BY_NUMBER = {number: code for code, numbers in NUMBERS.items() for number in numbers}
ENDING_NUMBERS = frozenset(number for code in _ENDING for number in NUMBERS[code])
"""The refresh token will never work again."""
PASSING_NUMBERS = frozenset(NUMBERS["identity_provider_unavailable"])

_REGISTRATION = (
    Reason(
        "client_secret_invalid",
        "The client secret is wrong",
        "Enter the secret's Value, not its Secret ID. The portal shows the Value only once: create"
        " a new client secret under Certificates & secrets if it was not kept.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "client_secret_expired",
        "The client secret has expired",
        "Create a new client secret in the app registration (Certificates & secrets), and enter its"
        " Value and expiry date here. No new authorization is needed.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "client_not_confidential",
        "The registration does not take a client secret",
        "In the app registration under Authentication, register the redirect URI under Web (not"
        " under Mobile, desktop or Single-page): {redirect_uri}",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "client_assertion_rejected",
        "The application's certificate is not accepted",
        "Upload the certificate that is in use to the app registration (Certificates & secrets),"
        " or use a client secret.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "application_not_found",
        "The application is not in that directory",
        "Compare the client ID, and the tenant in both URLs, with Overview and Endpoints of the"
        " app registration.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "application_disabled",
        "The application is disabled",
        "In Entra ID under Enterprise applications, open the application, and under Properties set"
        " Enabled for users to sign in to Yes.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "redirect_uri_mismatch",
        "The redirect URI is not registered",
        "In the app registration under Authentication, add under Web exactly this redirect URI:"
        " {redirect_uri}",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "tenant_required",
        "The URLs do not name the directory",
        "The application belongs to one directory. Use the endpoints of that directory: the tenant"
        " ID in place of common, organizations or consumers in both URLs.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "tenant_not_found",
        "There is no such directory",
        "Copy both URLs again from Endpoints of the app registration; the tenant in them is not"
        " known at this sign-in host.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "user_not_assigned",
        "The user is not assigned to the application",
        "In Entra ID under Enterprise applications, Users and groups, assign {mailbox} to the"
        " application, or set Assignment required to No.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "permission_missing",
        "A permission is missing on the registration",
        "In the app registration under API permissions, add the delegated permissions SMTP.Send"
        " and IMAP.AccessAsUser.All, then authorize again.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "scopes_mixed",
        "The request named permissions of several services",
        "This is a fault of Outgoing Mail, not of the config: report it with the reference given"
        " here.",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "single_page_registration",
        "The authorization ended after 24 hours",
        "In the app registration under Authentication, remove the redirect URI from Single-page"
        " application and register it under Web, then authorize again: {redirect_uri}",
        Owner.APPLICATION_ADMIN,
    ),
    Reason(
        "provider_refused",
        "The identity provider refused",
        "Read what the provider said. Compare client ID, client secret and both URLs with the app"
        " registration, then check again.",
        Owner.APPLICATION_ADMIN,
    ),
)

_USER = (
    Reason(
        "account_unsuitable",
        "The account does not fit",
        "Authorize again and sign in as {mailbox}, with an account of the directory that both URLs"
        " name.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "consent_missing",
        "Consent is missing",
        "Authorize again, sign in as {mailbox}, and accept.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "consent_declined",
        "Consent was declined",
        "Authorize again and choose Accept: without it nothing can be sent as {mailbox}.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "grant_idle",
        "The authorization was unused for too long",
        "A refresh token ends after 90 days without use. Authorize again as {mailbox}.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "grant_revoked",
        "The authorization was revoked",
        "The password of {mailbox} was changed, or its sign-ins were revoked. Authorize again.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "grant_rejected",
        "The authorization is not accepted any more",
        "Authorize again as {mailbox}. If that does not help, read what the provider said.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "authorization_code_rejected",
        "This authorization was used already or took too long",
        "Press Authorize again, and finish the sign-in in one go.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "mfa_required",
        "Multi-factor sign-in is asked for",
        "Authorize again as {mailbox}, with the second factor.",
        Owner.MAILBOX_USER,
    ),
    Reason(
        "interaction_required",
        "The provider wants the user to sign in",
        "Authorize again as {mailbox}.",
        Owner.MAILBOX_USER,
    ),
)

_TENANT = (
    Reason(
        "admin_consent_required",
        "Only an administrator may consent",
        "In the app registration under API permissions, press Grant admin consent, then authorize"
        " again as {mailbox}.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "exchange_missing",
        "Exchange Online is not in that directory",
        "Give {mailbox} a licence with an Exchange Online mailbox, in the directory that both URLs"
        " name.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "sign_in_frequency",
        "A sign-in frequency policy ended the authorization",
        "Exempt the application from the Conditional Access policy that sets a sign-in frequency,"
        " then authorize again as {mailbox}; without the exemption it ends again.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "policy_blocked",
        "A policy blocks the sign-in",
        "In Entra ID, exempt the application or {mailbox} from the Conditional Access policy or the"
        " security defaults that block it. The sign-in log of {mailbox} names the policy.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "account_locked",
        "The account is locked or disabled, or its password expired",
        "Unlock or enable {mailbox} in Entra ID, or reset its password.",
        Owner.TENANT_ADMIN,
    ),
    Reason(
        "identity_provider_unavailable",
        "The identity provider does not answer as it should",
        "Nothing to do now: it is tried again by itself. If it goes on for a day, compare both"
        " URLs with Endpoints of the app registration.",
        Owner.WAIT,
    ),
)

REASONS = _REGISTRATION + _USER + _TENANT
