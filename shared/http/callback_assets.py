"""Markup, style and script of the page after the sign-in.

Both are in the page, for it is one response and has no second request to make; the policy names
them by their hashes and allows nothing else.
"""

import base64
import hashlib

MESSAGE_TYPE = "outgoing-mail/authorization"

TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{heading} - Outgoing Mail</title>
<style>{style}</style>
</head>
<body>
<main class="{kind}" data-message="{message}" data-origins="{origins}">
<h1>{heading}</h1>
{parts}
<p class="close"><button type="button" hidden>Close</button> You can close this window.</p>
</main>
<script>{script}</script>
</body>
</html>
"""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1a19; --paper: #fff; --good: #0e700e; --bad: #b10e1c;
  --soft: #f3f2f1; --quiet: #494846; --accent: #0f548c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f5f5f5; --paper: #1f1f1f; --good: #9ad29a; --bad: #f1a5ab; --soft: #333;
    --quiet: #d1d1d1; --accent: #96c6fa; }
}
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 "Segoe UI", system-ui, sans-serif; }
main { max-width: 38rem; margin: 0 auto; padding: 2rem 1.25rem; overflow-wrap: anywhere;
  border-top: .5rem solid var(--bad); }
main.ok { border-color: var(--good); }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
pre { background: var(--soft); padding: .75rem; white-space: pre-wrap; font-size: .875rem; }
dt { color: var(--quiet); font-size: .875rem; margin-top: .75rem; }
dd { margin: 0; }
.close { margin-top: 2rem; color: var(--quiet); }
button { font: inherit; padding: .375rem 1.25rem; margin-right: .75rem; cursor: pointer;
  color: var(--paper); background: var(--accent); border: 0; border-radius: .25rem; }
button:focus-visible { outline: .125rem solid var(--ink); outline-offset: .125rem; }
"""

# The address still holds code and state: both are used up, and neither belongs in a history. The
# channel reaches pages of our own origin, even where a Cross-Origin-Opener-Policy took the opener.
SCRIPT = """
"use strict";
history.replaceState(null, "", location.pathname);
const page = document.querySelector("main");
const message = JSON.parse(page.dataset.message);
if (window.opener) {
  for (const origin of JSON.parse(page.dataset.origins)) {
    window.opener.postMessage(message, origin);
  }
}
if ("BroadcastChannel" in window) {
  const channel = new BroadcastChannel("outgoing-mail");
  channel.postMessage(message);
  channel.close();
}
const button = document.querySelector("button");
button.hidden = false;
button.addEventListener("click", () => window.close());
"""


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_source(STYLE)}; script-src {_source(SCRIPT)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
