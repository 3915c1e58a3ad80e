"""Examples of what is sent and answered. A test holds them against the schemas."""

from typing import Any

from shared.http.openapi.message_examples import MESSAGE_EXAMPLES
from shared.http.providers import PROVIDERS

_ID = "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"
_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
_SIGN_IN = f"https://login.microsoftonline.com/{_TENANT}/oauth2/v2.0"
_CLIENT = "6a1c2f6e-3d0b-4b0e-9f57-0d9c3f6c1a11"
_REDIRECT = "https://mail.contoso.com/api/oauth/callback"
_CHECKED = "2027-03-01T08:15:30.000Z"

_CONFIG: dict[str, Any] = {
    "id": _ID,
    "authType": "oauth2.0",
    "hostName": "smtp.office365.com",
    "port": 587,
    "security": "starttls",
    "userName": "noreply@contoso.com",
    "fromName": "Contoso Reports",
    "replyTo": "support@contoso.com",
    "passwordSet": False,
    "clientSecretSet": True,
    "authorizationUrl": f"{_SIGN_IN}/authorize",
    "tokenUrl": f"{_SIGN_IN}/token",
    "clientId": _CLIENT,
    "clientSecretExpiresOn": "2027-12-31",
    "redirectUri": _REDIRECT,
    "isDefault": True,
    "status": "verified",
    "warnings": [],
    "verifiedAt": _CHECKED,
    "checkedAt": _CHECKED,
    "nextCheckAt": "2027-03-02T08:02:11.000Z",
    "tokenRefreshedAt": _CHECKED,
    "createdAt": "2027-02-01T10:00:00.000Z",
    "createdBy": "admin@contoso.com",
    "updatedAt": "2027-02-01T10:00:00.000Z",
    "updatedBy": "admin@contoso.com",
}

EXAMPLES: dict[str, Any] = {
    "config": _CONFIG,
    "configs": {"value": [_CONFIG], "total": 1},
    "newOAuthConfig": {
        "authType": "oauth2.0",
        "userName": "noreply@contoso.com",
        "fromName": "Contoso Reports",
        "authorizationUrl": f"{_SIGN_IN}/authorize",
        "tokenUrl": f"{_SIGN_IN}/token",
        "clientId": _CLIENT,
        "clientSecret": "Qx~8Q~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "clientSecretExpiresOn": "2027-12-31",
    },
    "newBasicConfig": {
        "authType": "basic",
        "hostName": "mail.contoso.com",
        "port": 465,
        "security": "tls",
        "userName": "noreply@contoso.com",
        "password": "correct horse",
    },
    "newSecret": {
        "clientSecret": "Zy~8Q~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "clientSecretExpiresOn": "2029-12-31",
    },
    "newName": {"fromName": "Contoso", "replyTo": None},
    "bulkDelete": {"ids": [_ID]},
    "bulkDeleted": {"deleted": [_ID], "notFound": [], "failed": []},
    "started": {
        "authorizationUrl": f"{_SIGN_IN}/authorize?client_id={_CLIENT}&response_type=code",
        "expiresAt": "2027-03-01T08:25:30.000Z",
    },
    "events": {
        "value": [
            {
                "id": "2516999999999999999-5f0c",
                "type": "checkSucceeded",
                "at": _CHECKED,
                "actor": "system",
            },
            {
                "id": "2517000000000000000-91ab",
                "type": "updated",
                "at": "2027-02-01T10:00:00.000Z",
                "actor": "admin@contoso.com",
                "fields": ["clientSecret", "clientSecretExpiresOn"],
            },
        ]
    },
    **MESSAGE_EXAMPLES,
    "options": {"redirectUri": _REDIRECT, "providers": PROVIDERS},
    "health": {"status": "healthy"},
}
