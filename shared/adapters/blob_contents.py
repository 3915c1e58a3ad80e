"""Contents of messages in Blob Storage: one blob each, `{organization}/{content id}`."""

from typing import IO, Any, cast

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobClient, ContainerClient, LinearRetry

from shared.adapters.content_codec import Decoder, encode
from shared.adapters.keys import encode_key
from shared.adapters.wire import STORAGE_RETRIES, Wire, answers_of, error_code
from shared.domain.message import Content
from shared.settings import StorageSettings

SERVICE = "Blob Storage"
CONTAINER = "outgoing-messages"
_PIECE = 1024 * 1024
"""Octets that come down in one request: the SDK keeps room for a pointer to each of them."""


class BlobContentStore:
    """Fulfils `ContentStore`. All calls raise `ServiceUnavailableError`."""

    def __init__(
        self, storage: StorageSettings, wire: Wire, credential: TokenCredential | None = None
    ) -> None:
        options: dict[str, Any] = {
            "transport": wire,
            "retry_policy": LinearRetry(**STORAGE_RETRIES),
            "max_single_get_size": _PIECE,
            "max_chunk_get_size": _PIECE,
        }
        if storage.connection_string:
            self._container = ContainerClient.from_connection_string(
                storage.connection_string, CONTAINER, **options
            )
        else:
            self._container = ContainerClient(
                storage.blob_url or "", CONTAINER, credential, **options
            )

    def put(self, organization: str, content_id: str, content: Content) -> int:
        """One write, up to 64 MiB."""
        octets = encode(content)
        blob = self._blob(organization, content_id)
        with answers_of(SERVICE):
            try:
                blob.upload_blob(octets, overwrite=True)
            except ResourceNotFoundError as error:
                if error_code(error) != "ContainerNotFound":
                    raise
                self._create()
                blob.upload_blob(octets, overwrite=True)
        return len(octets)

    def get(self, organization: str, content_id: str) -> Content | None:
        """One read for each MiB."""
        decoder = Decoder()
        with answers_of(SERVICE):
            try:
                download = self._blob(organization, content_id).download_blob()
                download.readinto(cast("IO[bytes]", decoder))  # of which it uses `write` alone
            except ResourceNotFoundError:
                return None
        return decoder.content()

    def delete(self, organization: str, content_id: str) -> None:
        """One write."""
        with answers_of(SERVICE):
            try:
                self._blob(organization, content_id).delete_blob()
            except ResourceNotFoundError:
                return

    def _blob(self, organization: str, content_id: str) -> BlobClient:
        return self._container.get_blob_client(f"{_segment(organization)}/{_segment(content_id)}")

    def _create(self) -> None:
        try:
            self._container.create_container()
        except ResourceExistsError as error:
            if error_code(error) != "ContainerAlreadyExists":
                raise


def _segment(text: str) -> str:
    """A part of a blob's name. Dots at its end would get lost, or stand for a folder above."""
    key = encode_key(text)
    return f"{key[:-1]}=2E" if key.endswith(".") else key
