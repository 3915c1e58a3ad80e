"""OAuth 2.0 at Microsoft Entra ID, through MSAL: the one place that knows it.

MSAL ships no types. It remembers failures per application object (429 and 5xx for `Retry-After`,
400 for a minute), so each call makes a new one: a check is never answered from memory. What is
kept is the openid-configuration of each authority, and the connections.
"""

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import msal

from shared.adapters.connections import Host
from shared.adapters.entra_transport import Documents, Transport
from shared.adapters.https import HttpsClient
from shared.adapters.trust import ssl_context
from shared.domain.failures import Failure, IdentityProviderError
from shared.domain.reasons import classify_oauth
from shared.ports import Application, Tokens

_CLOCK_SKEW = 300
"""Seconds."""
_MSAL_ERRORS = (
    ValueError, RuntimeError, KeyError, IndexError, TypeError, AttributeError,
    msal.exceptions.MsalError,
)  # fmt: skip
"""What MSAL raises on answers that it does not expect, or that belong to another flow."""


class EntraSettings(Protocol):
    """The settings that matter here."""

    @property
    def extra_authority_hosts(self) -> Sequence[Host]:
        """Hosts that may be private."""
        ...

    @property
    def extra_ca_file(self) -> str | os.PathLike[str] | None:
        """Authorities beside the system's, as PEM."""
        ...


class EntraIdentityProvider:
    """See `shared.ports.IdentityProvider`. Safe for threads; one per process."""

    def __init__(self, settings: EntraSettings, clock: Callable[[], float] = time.time) -> None:
        context = ssl_context(settings.extra_ca_file)
        self._client = HttpsClient(context, tuple(settings.extra_authority_hosts))
        self._documents = Documents()
        self._clock = clock

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def begin(
        self, application: Application, redirect_uri: str, login_hint: str
    ) -> tuple[str, str, dict[str, Any]]:
        """Make state, nonce and PKCE verifier, and the URL to send the browser to."""
        client = self._msal(application)
        _accept_response_mode_query()
        protocol = _call(
            client.initiate_auth_code_flow,
            list(application.scopes),
            redirect_uri=redirect_uri,
            login_hint=login_hint,
        )
        return protocol.pop("auth_uri"), protocol.pop("state"), protocol

    def redeem(
        self,
        application: Application,
        state: str,
        protocol: Mapping[str, Any],
        answer: Mapping[str, str],
    ) -> Tokens:
        """Exchange the code. A failure here never ends a grant: there is none yet."""
        try:
            return self._redeem(application, {**protocol, "state": state}, answer)
        except IdentityProviderError as error:
            failure = error.failure
            if failure.ends_grant:  # Entra ID's words for a dead grant are those for a dead code.
                failure = replace(failure, code="authorization_code_rejected", ends_grant=False)
            raise IdentityProviderError(failure) from None

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        """One token request; with the first of an authority, one for its openid-configuration."""
        client = self._msal(application)
        result = _call(
            client.acquire_token_by_refresh_token, refresh_token, list(application.scopes)
        )
        return _tokens(result)

    def _redeem(
        self, application: Application, flow: dict[str, Any], answer: Mapping[str, str]
    ) -> Tokens:
        if answer.get("error"):
            raise IdentityProviderError(_refusal(answer))
        client = self._msal(application)
        # Only what MSAL needs: it would build a header from a `client_info` of the browser's.
        own = {name: answer[name] for name in ("code", "state") if name in answer}
        result = _call(client.acquire_token_by_auth_code_flow, flow, own)
        claims = self._checked_claims(result, application)
        return replace(_tokens(result), user_names=_user_names(claims))

    def _msal(self, application: Application) -> Any:
        """A new application of MSAL: no memory of failures, nor of tokens."""
        return _call(
            msal.ConfidentialClientApplication,
            application.client_id,
            client_credential=application.client_secret,
            authority=application.authority,
            instance_discovery=False,
            azure_region=False,
            http_client=self._transport(),
            token_cache=_NoTokenCache(),
        )

    def _transport(self) -> Transport:
        return Transport(self._client, self._documents)

    def _checked_claims(self, result: Mapping[str, Any], application: Application) -> Any:
        """The ID token's claims. It came from the token endpoint over TLS, so that its signature
        may stay unchecked (OpenID Connect Core 3.1.3.7, step 6); MSAL has compared the nonce, and
        checks nothing else."""
        claims = result.get("id_token_claims")
        if not isinstance(claims, dict):
            raise _refused("The answer holds no ID token")
        document = self._transport().document(
            f"{application.authority}/v2.0/.well-known/openid-configuration"
        )
        audience = claims.get("aud")
        if application.client_id not in (audience if isinstance(audience, list) else [audience]):
            raise _refused("The ID token is for another application")
        if claims.get("iss") is None or claims["iss"] != document.get("issuer"):
            raise _refused("The ID token is from another directory")
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires + _CLOCK_SKEW < self._clock():
            raise _refused("The ID token has expired")
        return claims


class _NoTokenCache:
    """In place of MSAL's: the grant is kept by its owner, and access tokens are not kept."""

    def add(self, event: Any, **_: Any) -> None:
        """Forget it."""

    def update_rt(self, *_: Any) -> None:
        """Forget it."""

    def remove_rt(self, *_: Any) -> None:
        """Forget it."""


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call MSAL. Its messages can hold the state, claims or a whole answer: none gets out."""
    try:
        return function(*args, **kwargs)
    except _MSAL_ERRORS as error:
        raise _refused(f"The answer does not fit the request ({type(error).__name__})") from None


def _refused(detail: str) -> IdentityProviderError:
    return IdentityProviderError(Failure("provider_refused", detail=detail))


def _refusal(answer: Mapping[str, str]) -> Failure:
    """What the callback's `error=` means (OpenID Connect Core 3.1.2.6)."""
    return classify_oauth(
        answer["error"],
        answer.get("error_subcode"),
        description=answer.get("error_description"),
        trace_id=answer.get("trace_id"),
        correlation_id=answer.get("correlation_id"),
    )


def _tokens(result: Mapping[str, Any]) -> Tokens:
    access_token, refresh_token = result.get("access_token"), result.get("refresh_token")
    if not isinstance(access_token, str) or not access_token:
        raise _refused("The answer holds no access token")
    for token in (access_token, refresh_token):
        if isinstance(token, str) and not _is_token(token):
            raise _refused("A token in the answer holds characters that no token has")
    scope = result.get("scope")
    if isinstance(scope, str) and not _may_send(scope):
        detail = "The granted permissions do not include SMTP.Send"
        raise IdentityProviderError(Failure("permission_missing", detail=detail))
    return Tokens(
        access_token=access_token,
        expires_in=_seconds(result.get("expires_in")),
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
    )


def _is_token(text: str) -> bool:
    """RFC 6749 A.12 and A.17: what can be seen of ASCII, and blanks."""
    return text.isascii() and text.isprintable()


def _may_send(scope: str) -> bool:
    """An answer without `scope` granted what was asked for (RFC 6749 5.1)."""
    return any(granted.rpartition("/")[2].lower() == "smtp.send" for granted in scope.split())


def _seconds(value: object) -> int:
    """RFC 6749 says a number; Entra ID's v1 endpoints say it as a string."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _user_names(claims: Mapping[str, Any]) -> tuple[str, ...]:
    names = (claims.get("preferred_username"), claims.get("upn"))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _accept_response_mode_query() -> None:
    """The callback is a GET, whose cookie binds the flow to the browser; a form that Microsoft
    posts would come without it. MSAL warns of that each time, and cannot be told."""
    warnings.filterwarnings("ignore", message="response_mode='form_post'", category=UserWarning)
