"""A person with a browser at the identity provider, and power over that provider."""

import re
import warnings
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import msal
import requests

TENANT = "11111111-1111-1111-1111-111111111111"
OTHER_TENANT = "22222222-2222-2222-2222-222222222222"
CLIENT = "00000000-0000-0000-0000-00000000a001"
SECRET = "local-client-secret"
PASSWORD = "local-password"
CALLBACK = "http://localhost:7071/api/oauth/callback"
SCOPES = [
    "https://outlook.office.com/SMTP.Send",
    "https://outlook.office.com/IMAP.AccessAsUser.All",
]


class Browser:
    """Follows redirects and fills in forms; keeps cookies. Not a browser for scripts."""

    def __init__(self, ca_file: Path) -> None:
        self._session = requests.Session()
        self._session.verify = str(ca_file)
        self.page: requests.Response | None = None

    def open(self, url: str) -> dict[str, str]:
        """Go to a page; what the application's callback got, or {} while a page is shown."""
        return self._follow(self._session.get(url, allow_redirects=False))

    def submit(self, **fields: str) -> dict[str, str]:
        """Fill in and send the form of the page that is shown."""
        action = unescape(self._find(r'<form [^>]*\baction="([^"]+)"'))
        url = urljoin(self._shown().url, action)
        return self._follow(self._session.post(url, data=fields, allow_redirects=False))

    def click(self, text: str) -> dict[str, str]:
        """Follow a link of the page that is shown."""
        link = unescape(self._find(rf'<a href="([^"]+)">{re.escape(text)}</a>'))
        return self.open(urljoin(self._shown().url, link))

    def sign_in(self, url: str, username: str, password: str = PASSWORD) -> dict[str, str]:
        """Sign in, and accept where that is asked for; what the callback got."""
        answer = self.open(url)
        if not answer and self.shows("Password"):
            answer = self.submit(username=username, password=password)
        if not answer and self.shows("Permissions requested"):
            answer = self.submit(action="accept")
        return answer

    def shows(self, text: str) -> bool:
        """Whether the page that is shown has a text."""
        return text in unescape(self._shown().text)

    @property
    def shown(self) -> str:
        """The HTML of the page that is shown."""
        return self._shown().text

    def close(self) -> None:
        """Forget cookies and connections."""
        self._session.close()

    def _follow(self, response: requests.Response) -> dict[str, str]:
        while response.is_redirect:
            url = urljoin(response.url, response.headers["Location"])
            if urlsplit(url).path == urlsplit(CALLBACK).path:
                return dict(parse_qsl(urlsplit(url).query))
            response = self._session.get(url, allow_redirects=False)
        self.page = response
        return {}

    def _shown(self) -> requests.Response:
        assert self.page is not None, "no page is shown"
        return self.page

    def _find(self, pattern: str) -> str:
        match = re.search(pattern, self._shown().text)
        assert match, f"{pattern} is not on the page: {self._shown().text}"
        return match[1]


class Entra:
    """The identity provider: requests to its endpoints, its switches, and MSAL at work."""

    def __init__(self, url: str, ca_file: Path) -> None:
        self.url = url
        self._ca = str(ca_file)
        self._session = requests.Session()
        self._session.verify = self._ca

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def application(
        self, tenant: str = TENANT, secret: str = SECRET, client: str = CLIENT
    ) -> msal.ConfidentialClientApplication:
        """A new MSAL application: it remembers nothing of earlier requests."""
        return msal.ConfidentialClientApplication(
            client,
            client_credential=secret,
            authority=f"{self.url}/{tenant}",
            instance_discovery=False,
            verify=self._ca,
        )

    def begin(self, username: str | None = None, **options: Any) -> dict[str, Any]:
        """MSAL's flow for the mailbox; `auth_uri` is where the browser goes."""
        application = options.pop("application", None) or self.application()
        scopes = options.pop("scopes", SCOPES)
        with warnings.catch_warnings():
            # MSAL prefers form_post, which would not bring the callback's SameSite cookie.
            warnings.simplefilter("ignore", UserWarning)
            flow: dict[str, Any] = application.initiate_auth_code_flow(
                scopes, redirect_uri=CALLBACK, login_hint=username, **options
            )
        return flow

    def redeem(self, flow: dict[str, Any], answer: Mapping[str, str]) -> dict[str, Any]:
        """The tokens for what the callback got, or the error."""
        result: dict[str, Any] = self.application().acquire_token_by_auth_code_flow(
            flow, dict(answer)
        )
        return result

    def grant(self, browser: Browser, username: str) -> dict[str, Any]:
        """Tokens of a mailbox, after a whole sign-in."""
        flow = self.begin(username)
        return self.redeem(flow, browser.sign_in(flow["auth_uri"], username))

    def refresh(self, refresh_token: str, **application: str) -> dict[str, Any]:
        """New tokens for a refresh token, or the error."""
        client = self.application(**application)
        result: dict[str, Any] = client.acquire_token_by_refresh_token(refresh_token, SCOPES)
        return result

    def token(self, tenant: str = TENANT, **form: str) -> requests.Response:
        """A bare token request."""
        url = f"{self.url}/{tenant}/oauth2/v2.0/token"
        data = {"client_id": CLIENT, "client_secret": SECRET} | form
        return self._session.post(url, {name: text for name, text in data.items() if text})

    def get(self, path: str) -> requests.Response:
        """A bare request."""
        return self._session.get(f"{self.url}{path}", allow_redirects=False)

    def local(self, method: str, path: str, body: Any = None) -> Any:
        """Use a private endpoint."""
        answer = self._session.request(method, f"{self.url}/local/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None
