"""Mail providers whose settings are known, to fill in the form with.

Hosts and scopes of the national clouds:
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-endpoints
"""

from typing import Any


def _microsoft(
    id_: str, name: str, sign_in: str, mail: str, resource: str, portal: str
) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "authTypes": ["oauth2.0", "basic"],
        "hostName": mail,
        "port": 587,
        "security": "starttls",
        "authorizationUrl": f"https://{sign_in}/{{tenant}}/oauth2/v2.0/authorize",
        "tokenUrl": f"https://{sign_in}/{{tenant}}/oauth2/v2.0/token",
        "scopes": [f"https://{resource}/SMTP.Send", f"https://{resource}/IMAP.AccessAsUser.All"],
        "portalUrl": portal,
    }


PROVIDERS = [
    _microsoft(
        "microsoft365",
        "Microsoft 365",
        "login.microsoftonline.com",
        "smtp.office365.com",
        "outlook.office.com",
        "https://entra.microsoft.com",
    ),
    _microsoft(
        "microsoft365-us-government",
        "Microsoft 365 for US Government (GCC High)",
        "login.microsoftonline.us",
        "smtp.office365.us",
        "outlook.office365.us",
        "https://entra.microsoft.us",
    ),
    _microsoft(
        "microsoft365-china",
        "Microsoft 365 operated by 21Vianet",
        "login.partner.microsoftonline.cn",
        "smtp.partner.outlook.cn",
        "partner.outlook.cn",
        "https://entra.microsoftonline.cn",
    ),
]
