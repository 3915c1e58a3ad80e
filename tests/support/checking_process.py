"""A worker process of its own: checks one mailbox several times at once.

Takes the organization, the config's id and the number of checks as arguments, its settings from the
environment, and a line on standard input as the word to begin; prints one status per check.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from shared.container import get_container
from shared.domain.principal import Principal, Role


def main() -> None:
    """Check, and print what came out."""
    organization, config_id, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    principal = Principal(organization, "admin@contoso.example", frozenset({Role.MANAGE}))
    service = get_container().verification_service
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(count) as pool:
        checks = [pool.submit(service.check_now, principal, config_id) for _ in range(count)]
        for check in checks:
            print(check.result().status, flush=True)


if __name__ == "__main__":
    main()
