"""Key Vault's failures, with the texts and codes that the service uses."""

from typing import Any

from infra.local.serving.httpd import Response, json_response


class VaultError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner

    def response(self, **headers: str) -> Response:
        """The error's body, as every operation of Key Vault sends it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.inner is not None:
            error["innererror"] = {"code": self.inner}
        return json_response({"error": error}, self.status, **headers)


def bad_parameter(message: str) -> VaultError:
    """The request is malformed, or over a limit."""
    return VaultError(400, "BadParameter", message)


def not_found(name: str) -> VaultError:
    """There is no such secret, or no such version of it."""
    return VaultError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently "
        "deleted this secret you may be able to recover it using the correct recovery command. "
        "For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def deleted_not_found(name: str) -> VaultError:
    """There is no such deleted secret."""
    return VaultError(404, "SecretNotFound", f"Deleted Secret not found: {name}")


def name_taken(name: str) -> VaultError:
    """Soft delete keeps a name until the secret is purged."""
    return VaultError(
        409,
        "Conflict",
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be "
        "reused; in this state, the secret can only be recovered or purged.",
        "ObjectIsDeletedButRecoverable",
    )


def disabled() -> VaultError:
    """A disabled version is not handed out."""
    return VaultError(
        403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"
    )


def unauthorized(message: str) -> VaultError:
    """No token, or one that is not for this vault."""
    return VaultError(401, "Unauthorized", message)
