"""The environment that tests and the components they start run in."""

from collections.abc import Mapping

# What belongs to the machine of whoever runs the tests: certificates and proxies that would be
# asked in place of the stack's own, settings of a stack that runs beside, and the outer make's.
_NOT_OURS = frozenset(
    {
        "ALL_PROXY",
        "CURL_CA_BUNDLE",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "PYTHONPATH",
        "PYTHONWARNINGS",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "AzureWebJobsSecretStorageType",
        "AzureWebJobsStorage",
        "AzureWebJobsStorage__accountName",
        "ALLOWED_ORIGINS",
        "CHECK_INTERVAL_HOURS",
        "EXTRA_AUTHORITY_HOSTS",
        "EXTRA_CA_FILE",
        "EXTRA_MAIL_HOSTS",
        "FUNCTIONS_WORKER_RUNTIME",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "KEY_VAULT_URL",
        "LOCAL_DATA",
        "MAILBOX_CONNECTIONS",
        "MAILBOX_MESSAGES_PER_MINUTE",
        "MAILBOX_RECIPIENTS_PER_DAY",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "MAINTENANCE_SCHEDULE",
        "MESSAGE_RETENTION_HOURS",
        "ORGANIZATION_CLAIM",
        "PLATFORM_ORGANIZATION",
        "PYTHON_THREADPOOL_THREAD_COUNT",
        "REDIRECT_URI",
        "WEBSITE_AUTH_ENABLED",
    }
)


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without what would make a test depend on the machine it runs on."""
    return {
        name: value
        for name, value in environ.items()
        if name not in _NOT_OURS
        and name.upper() not in _NOT_OURS  # http_proxy and its like come in both cases
        and not name.startswith(("STACK_", "AZURE_"))
    }
