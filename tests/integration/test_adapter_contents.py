"""The store of contents: the same contract for blobs and for the fake; and what it costs."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings

from shared.adapters import blob_contents
from shared.adapters.blob_contents import BlobContentStore
from shared.adapters.wire import Wire
from shared.delivery_ports import ContentStore
from shared.domain.errors import ServiceUnavailableError
from shared.domain.message import Attachment, Content
from shared.settings import StorageSettings
from tests.fakes_delivery import FakeContentStore
from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.messages import contents
from tests.support.running_stack import RunningStack
from tests.support.storage import connection_string, fresh_id

MEGABYTE = 1024 * 1024
LETTER = Content(
    to=("someone@contoso.example",),
    cc=("ü@contoso.example",),
    subject="Rechnung",
    text="Grüße",
    html='<img src="cid:logo">',
    attachments=(
        Attachment("a.pdf", "application/pdf", bytes(range(256))),
        Attachment("logo.png", "image/png", b"png", "logo"),
    ),
    headers=(("X-Ref", "1"), ("X-Ref", "2")),
)


@pytest.fixture(scope="module")
def proxy(azurite: RunningStack) -> Iterator[LossyProxy]:
    with (
        pytest.MonkeyPatch.context() as patch,
        lossy_proxy(f"http://127.0.0.1:{azurite.ports.blob}") as proxy,
    ):
        patch.setattr(blob_contents, "STORAGE_RETRIES", {"backoff": 0, "random_jitter_range": 0})
        patch.setattr(blob_contents, "CONTAINER", f"c{fresh_id()}")  # it is not there at first
        yield proxy


@pytest.fixture(scope="module")
def container(azurite: RunningStack, proxy: LossyProxy) -> Iterator[ContainerClient]:
    """The container, past the adapter."""
    assert proxy.url
    with ContainerClient.from_connection_string(
        azurite.storage_connection_string, blob_contents.CONTAINER
    ) as client:
        yield client


@pytest.fixture(scope="module")
def blobs(azurite: RunningStack, proxy: LossyProxy) -> Iterator[BlobContentStore]:
    connection = connection_string(azurite, BlobEndpoint=proxy.url)
    with closing(Wire("Blob Storage")) as transport:
        yield BlobContentStore(StorageSettings(connection), transport)


@pytest.fixture(params=["fake", "blobs"], scope="module")
def store(request: pytest.FixtureRequest) -> ContentStore:
    """Each message of a test is new, so that one store serves them all."""
    if request.param == "fake":
        return FakeContentStore()
    found: BlobContentStore = request.getfixturevalue("blobs")
    return found


def test_nothing_is_there_at_first(store: ContentStore) -> None:
    assert store.get("contoso", fresh_id()) is None
    store.delete("contoso", fresh_id())


@pytest.mark.parametrize("organization", ["contoso.com", "it's/contoso ü#?%", "..", "a.", "."])
def test_a_content_is_read_as_it_was_stored(store: ContentStore, organization: str) -> None:
    message_id = fresh_id()
    size = store.put(organization, message_id, LETTER)
    assert size > 256 + 3
    assert store.get(organization, message_id) == LETTER
    assert store.get("another", message_id) is None


def test_both_stores_say_the_same_size(blobs: BlobContentStore) -> None:
    assert blobs.put("contoso", fresh_id(), LETTER) == FakeContentStore().put("", "", LETTER)


def test_the_same_message_again_replaces_its_content(store: ContentStore) -> None:
    message_id = fresh_id()
    store.put("contoso", message_id, LETTER)
    store.put("contoso", message_id, replace(LETTER, subject="Again", attachments=()))
    found = store.get("contoso", message_id)
    assert found is not None
    assert (found.subject, found.attachments) == ("Again", ())


def test_a_deleted_content_is_gone(store: ContentStore) -> None:
    message_id = fresh_id()
    store.put("contoso", message_id, LETTER)
    store.delete("contoso", message_id)
    store.delete("contoso", message_id)
    assert store.get("contoso", message_id) is None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=contents)
def test_blobs_keep_any_content(blobs: BlobContentStore, content: Content) -> None:
    message_id = fresh_id()
    blobs.put("contoso", message_id, content)
    assert blobs.get("contoso", message_id) == content


def test_a_blob_bears_the_names_of_organization_and_message(
    blobs: BlobContentStore, container: ContainerClient
) -> None:
    blobs.put("tenant-1", "message-1", LETTER)
    size = container.get_blob_client("tenant-1/message-1").get_blob_properties().size
    assert size == blobs.put("tenant-1", "message-1", LETTER)


def test_a_large_attachment_is_held_twice_at_most(
    azurite: RunningStack,
    proxy: LossyProxy,  # noqa: ARG001  # so that the container is this module's
) -> None:
    with closing(Wire("Blob Storage")) as transport:
        direct = BlobContentStore(StorageSettings(azurite.storage_connection_string), transport)
        measure(direct)


def measure(blobs: BlobContentStore) -> None:
    attachment = Attachment("a.bin", "application/octet-stream", bytes(range(256)) * 40 * 1024)
    size = len(attachment.data)
    assert size == 10 * MEGABYTE
    content = Content(to=("someone@contoso.example",), attachments=(attachment,))
    blobs.put("contoso", "warm", LETTER)  # loads what the first call loads
    blobs.get("contoso", "warm")
    assert allocated(lambda: blobs.put("contoso", "large", content)) < 1.1 * size  # beside `data`
    assert allocated(lambda: blobs.get("contoso", "large")) < 2.1 * size
    assert blobs.get("contoso", "large") == content


def allocated(call: Callable[[], object]) -> int:
    """Octets that Python held at most during a call, beside what it held before."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_calls_cost_one_request_each(blobs: BlobContentStore, proxy: LossyProxy) -> None:
    message_id = fresh_id()
    blobs.put("contoso", message_id, LETTER)
    proxy.seen.clear()
    blobs.put("contoso", message_id, LETTER)
    blobs.get("contoso", message_id)
    blobs.delete("contoso", message_id)
    assert proxy.seen == ["PUT", "GET", "DELETE"]


def test_answers_that_get_lost_are_not_noticed(blobs: BlobContentStore, proxy: LossyProxy) -> None:
    message_id = fresh_id()
    proxy.lose("PUT")
    blobs.put("contoso", message_id, LETTER)
    proxy.lose("GET")
    assert blobs.get("contoso", message_id) == LETTER
    proxy.lose("DELETE")
    blobs.delete("contoso", message_id)
    assert blobs.get("contoso", message_id) is None


def test_a_storage_that_stays_away_is_unavailable(
    blobs: BlobContentStore, proxy: LossyProxy
) -> None:
    for call in (
        lambda: blobs.put("contoso", "1", LETTER),
        lambda: blobs.get("contoso", "1"),
        lambda: blobs.delete("contoso", "1"),
    ):
        proxy.refuse(503, times=9)
        with pytest.raises(ServiceUnavailableError, match=r"^Blob Storage did not answer"):
            call()
    proxy.refuse(503, times=0)


def test_a_container_that_gets_lost_is_made_again(
    blobs: BlobContentStore, container: ContainerClient
) -> None:
    blobs.put("contoso", "1", LETTER)
    container.delete_container()
    assert blobs.get("contoso", "1") is None
    blobs.delete("contoso", "1")
    blobs.put("contoso", "1", LETTER)
    assert blobs.get("contoso", "1") == LETTER
