"""What a developer needs to know once the stack runs."""

from infra.local.stack.layout import LOCAL_TENANT, Layout

CLIENT_ID = "00000000-0000-0000-0000-00000000a001"
CLIENT_SECRET = "local-client-secret"
PASSWORD = "local-password"
MAILBOX = "noreply@contoso.example"
ADMINISTRATOR = "admin@contoso.example"
READER = "reader@contoso.example"


def banner(layout: Layout) -> str:
    """Where to look, how to sign in, and what to enter in a configuration."""
    authority = f"{layout.identity_url}/{LOCAL_TENANT}/oauth2/v2.0"
    ports = layout.ports
    look = [
        ("API", f"{layout.host_url}/api/configs"),
        ("Health", f"{layout.host_url}/api/health"),
        ("Sign in", f"{layout.host_url}/.auth/login/aad"),
        ("", f"{ADMINISTRATOR}, or {READER} (reads only); password {PASSWORD}"),
        ("Received mail", layout.mailbox_url),
        ("Token for curl", "make -s token"),
        ("CA for browser", str(layout.ca_file)),
    ]
    if (layout.root / "web" / "dist" / "index.html").exists():
        look.insert(0, ("Settings page", f"{layout.host_url}/settings/outgoing-mail"))
    enter = [
        ("hostName, port", f"localhost, {ports.smtp} (starttls) or {ports.smtps} (tls)"),
        ("userName", MAILBOX),
        ("password", f"{PASSWORD} (basic)"),
        ("authorizationUrl", f"{authority}/authorize"),
        ("tokenUrl", f"{authority}/token"),
        ("clientId", CLIENT_ID),
        ("clientSecret", CLIENT_SECRET),
    ]
    return "\n".join(
        [
            "",
            "Outgoing Mail runs on this machine.",
            *_table(look),
            "",
            "A configuration for the local mailbox:",
            *_table(enter),
            "",
            f"Ctrl-C ends it. Its data stays in {layout.data}.",
            "",
        ]
    )


def _table(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {name:<18}{value}" for name, value in rows]
