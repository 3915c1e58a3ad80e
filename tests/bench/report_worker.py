"""A worker process that accepts or delivers two messages, and tells what the second one took.

The first one is small: after it the code is loaded, and the connections are there. Takes JSON on
standard input: {settings, task, work: [of the first, of the second]}; prints {peak, hints}, the
peak in bytes.
"""

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import memory
from tests.bench.mailboxes import ADMIN
from tests.bench.worker import Worker, worker
from tests.support.entra import TENANT


def main() -> None:
    """Do both, and measure the second."""
    order = json.load(sys.stdin)
    task = {"submit": _submit, "deliver": _deliver}[order["task"]]
    first, second = order["work"]
    with worker(order["settings"]) as app:
        hints = [task(app, first)]
        peak, hint = _measured(lambda: task(app, second))
    print(json.dumps({"peak": peak, "hints": [*hints, hint]}))


def _measured(work: Callable[[], str]) -> tuple[float, str]:
    gc.collect()
    memory.reset_peak("self")
    before = memory.peak("self")
    result = work()
    return memory.peak("self") - before, result


def _submit(app: Worker, body: str) -> str:
    """Accept the message whose request has its body in a file; the hint that leads to it."""
    answer = app.post("submit_message", "/api/messages", TENANT, Path(body).read_bytes())
    message_id = json.loads(answer.get_body())["id"]
    stored = app.container.messages.get(TENANT, message_id)
    assert stored is not None
    return json.dumps(
        {
            "organization": ADMIN.organization,
            "configOrganization": stored.value.config_organization,
            "configId": stored.value.config_id,
            "messageId": message_id,
        }
    )


def _deliver(app: Worker, hint: str) -> str:
    """Deliver what a hint leads to."""
    app.take_message("deliver_message", hint)
    stored = app.container.messages.get(TENANT, json.loads(hint)["messageId"])
    assert stored is not None
    assert stored.value.server_reply, stored.value
    return hint


if __name__ == "__main__":
    main()
