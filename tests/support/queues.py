"""One queue of the storage account, as its two ends see it in tests."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.adapters.queues import Queue
from shared.adapters.wire import Wire
from shared.settings import StorageSettings
from tests.support.lossy_proxy import LossyProxy
from tests.support.running_stack import RunningStack
from tests.support.storage import connection_string


@contextmanager
def trigger_of(azurite: RunningStack, name: str) -> Iterator[QueueClient]:
    """The queue as the trigger sees it; at first it is not there."""
    with QueueClient.from_connection_string(azurite.storage_connection_string, name) as client:
        with suppress(ResourceNotFoundError):
            client.delete_queue()
        yield client


@contextmanager
def queue_behind(proxy: LossyProxy, azurite: RunningStack, name: str) -> Iterator[Queue]:
    """The queue as the app sees it, over a connection that can lose answers."""
    connection = connection_string(azurite, QueueEndpoint=proxy.url)
    with closing(Wire("Queue Storage")) as transport:
        yield Queue(StorageSettings(connection), name, transport)
