"""The pages that show what arrived. No script; a message's HTML is shown in a sandbox."""

import base64
import hashlib
from html import escape

from infra.local.mailbox.messages import Envelope, Message

STYLE = """
:root { color-scheme: light dark; --line: #c8c6c4; --accent: #0f6cbd; --note: #fff4ce;
  --note-text: #3b2e00; --page: #faf9f8; }
@media (prefers-color-scheme: dark) { :root { --line: #5a5a5a; --accent: #62abf5; --note: #433519;
  --note-text: #ffe9b0; --page: #1b1b1b; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 "Segoe UI", system-ui, sans-serif; background: var(--page); }
.banner { margin: 0; padding: .5rem 1rem; background: var(--note); color: var(--note-text);
  text-align: center; }
main { max-width: 64rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; } h2 { font-size: 1.125rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem; border-bottom: 1px solid var(--line); text-align: start;
  vertical-align: top; }
pre { padding: 1rem; border: 1px solid var(--line); white-space: pre-wrap; }
iframe { width: 100%; height: 24rem; border: 1px solid var(--line); background: #fff; }
.scroll { overflow-x: auto; }
"""

SHOWN = 500
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-src 'self'; base-uri 'none'"
# What strangers wrote: nothing runs, nothing is fetched, nothing is sent.
MESSAGE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def message_list(envelopes: list[Envelope]) -> str:
    """All messages, the newest first."""
    if not envelopes:
        main = "<p>Nothing arrived yet. What is sent through this server is shown here.</p>"
    else:
        rows = "".join(_row(envelope) for envelope in envelopes[:SHOWN])
        main = (
            f"<p>{len(envelopes)} arrived; the newest come first.</p>"
            '<div class="scroll" role="region" aria-label="Messages" tabindex="0"><table>'
            '<thead><tr><th scope="col">Subject</th><th scope="col">From</th>'
            '<th scope="col">To</th><th scope="col">Arrived</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
    return _layout("Mailbox of the local stack", main)


def message_page(message: Message) -> str:
    """One message: its headers, text, HTML and attachments."""
    envelope = message.envelope
    base = f"/messages/{envelope.id}"
    headers = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
        for name, text in message.headers
    )
    origin = (
        f"<p>Signed in as {escape(envelope.user)}, sent from {escape(envelope.mail_from)} "
        f"to {escape(', '.join(envelope.rcpt_tos))}. "
        f'<a href="{base}/raw">As it was sent</a> ({envelope.size} bytes)</p>'
    )
    parts = [
        '<p><a href="/">All messages</a></p>',
        origin,
        f'<h2>Headers</h2><div class="scroll"><table>{headers}</table></div>',
    ]
    if message.html is not None:
        frame = f'<iframe sandbox="" title="The message as HTML" src="{base}/html"></iframe>'
        parts.append(f"<h2>HTML</h2>{frame}")
    if message.text is not None:
        parts.append(f"<h2>Text</h2><pre>{escape(message.text)}</pre>")
    parts.append(_attachments(message, base))
    return _layout(envelope.subject or "(no subject)", "".join(parts))


def not_found_page() -> str:
    """There is no such page, or no such message any more."""
    return _layout("Not found", '<p>It is not here. <a href="/">All messages</a></p>')


def _attachments(message: Message, base: str) -> str:
    items = "".join(
        f'<li><a href="{base}/attachments/{number}" download>{escape(name)}</a> '
        f"({escape(kind)}, {len(content)} bytes)</li>"
        for number, (name, kind, content) in enumerate(message.attachments)
    )
    return f"<h2>Attachments</h2><ul>{items}</ul>" if items else ""


def _row(envelope: Envelope) -> str:
    subject = escape(envelope.subject or "(no subject)")
    return (
        f'<tr><td><a href="/messages/{envelope.id}">{subject}</a></td>'
        f"<td>{escape(envelope.header_from or envelope.mail_from)}</td>"
        f"<td>{escape(', '.join(envelope.rcpt_tos))}</td>"
        f'<td><time datetime="{envelope.received_at}">{envelope.received_at[:19]}Z</time></td></tr>'
    )


def _layout(title: str, main: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} (local stand-in)</title><style>{STYLE}</style></head><body>"
        '<header class="banner">Local stand-in, not Microsoft. '
        "Nothing that is sent here leaves this machine.</header>"
        f"<main><h1>{escape(title)}</h1>{main}</main></body></html>\n"
    )
