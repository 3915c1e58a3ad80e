"""Table Storage: what the stores of configs, flows, events and due work have in common.

Writes are repeated by the SDK when their answer gets lost, and the repetition then meets what the
first try wrote: a 409 or 412 that is no conflict. So guarded writes carry a random `writeId`, by
which the writer recognizes its own.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.data.tables import TableClient, TableTransactionError, UpdateMode

from shared.adapters.wire import RETRIES, Wire, answers_of, doubt, error_code
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.settings import StorageSettings

SERVICE = "Table Storage"
LARGEST_TRANSACTION = 100
"""Operations in one entity group transaction."""

# The SDK repeats GET, PUT and DELETE; inserts and transactions are POSTs, and safe here as well.
_REPEATED = {"retry_on_methods": frozenset({"GET", "PUT", "DELETE", "MERGE", "PATCH", "POST"})}
_WRITE_ID = "writeId"

type Entity = Mapping[str, Any]
type Operation = tuple[str, Entity, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """An entity as it was read."""

    entity: Entity
    etag: str


class TransactionRefusedError(Exception):
    """Nothing was written: the operation at `index` could not be carried out."""

    def __init__(self, index: int, status: int, doubtful: bool) -> None:
        super().__init__(f"operation {index}: {status}")
        self.index = index
        self.status = status
        self.doubtful = doubtful
        """Whether an earlier try, whose answer got lost, may have been what stands in the way."""


class _RefusedError(Exception):
    """A status that the caller expects. `index` counts in transactions."""

    def __init__(self, error: HttpResponseError, doubtful: bool) -> None:
        super().__init__()
        self.index = error.index if isinstance(error, TableTransactionError) else 0
        self.status = error.status_code or 0
        self.doubtful = doubtful


class Table:
    """One table. All calls raise `ServiceUnavailableError` when the storage does not answer."""

    def __init__(
        self,
        storage: StorageSettings,
        name: str,
        wire: Wire,
        credential: TokenCredential | None = None,
    ) -> None:
        options: dict[str, Any] = {"transport": wire, **RETRIES}
        if storage.connection_string:
            self._client = TableClient.from_connection_string(
                storage.connection_string, name, **options
            )
        else:
            self._client = TableClient(
                storage.table_url or "", name, credential=credential, **options
            )

    def get(self, partition: str, row: str) -> Row | None:
        """One entity: one read."""
        try:
            entity = self._call(lambda: self._client.get_entity(partition, row), 404)
        except _RefusedError:
            return None
        return Row(entity, str(entity.metadata["etag"]))

    def query(
        self, condition: str, parameters: Mapping[str, str], limit: int | None = None
    ) -> Iterator[Entity]:
        """Entities in the order of their keys, page by page; the first `limit` in one page."""
        size = None if limit is None else min(limit, 1000)
        pages = self._client.query_entities(
            condition, parameters=dict(parameters), results_per_page=size
        ).by_page()
        found = self._entities(pages)
        return found if limit is None else islice(found, limit)

    def insert(self, entity: Entity) -> str:
        """Add an entity, and return its ETag. Raises `AlreadyExistsError`."""
        marked = {**entity, _WRITE_ID: secrets.token_hex(8)}
        try:
            answer = self._call(lambda: self._client.create_entity(marked, **_REPEATED), 409)
        except _RefusedError as refused:
            written = self._written(marked, refused)
            if written is None:
                raise AlreadyExistsError from None
            return written
        return str(answer["etag"])

    def update(self, entity: Entity, etag: str, *, merge: bool = False) -> str:
        """Replace the entity that has this ETag (or merge into it), and return the new ETag.
        Raises `WriteConflictError`."""
        marked = {**entity, _WRITE_ID: secrets.token_hex(8)}
        try:
            answer = self._call(
                lambda: self._client.update_entity(
                    marked,
                    mode=UpdateMode.MERGE if merge else UpdateMode.REPLACE,
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                    **_REPEATED,
                ),
                404,
                412,
            )
        except _RefusedError as refused:
            written = self._written(marked, refused)
            if written is None:
                raise WriteConflictError from None
            return written
        return str(answer["etag"])

    def put(self, entity: Entity) -> None:
        """Write an entity, whatever was there."""
        self._call(lambda: self._client.upsert_entity(entity, mode=UpdateMode.REPLACE))

    def remove(self, partition: str, row: str) -> None:
        """Delete an entity; no error if it is not there."""
        self._call(lambda: self._client.delete_entity(partition, row))

    def transact(self, operations: Sequence[Operation], mark: int | None = None) -> list[str]:
        """Carry out all operations or none, and return the ETags ("" for deletions). Raises
        `TransactionRefusedError`. `mark` is the index of an operation whose entity is written,
        by which a transaction that arrived although its answer got lost is recognized."""
        marked = [(verb, dict(entity), options) for verb, entity, options in operations]
        if mark is not None:
            marked[mark][1][_WRITE_ID] = secrets.token_hex(8)
        try:
            answers = self._call(
                lambda: self._client.submit_transaction(marked, **_REPEATED), 404, 409, 412
            )
        except _RefusedError as refused:
            written = None if mark is None else self._written(marked[mark][1], refused)
            if written is None:
                raise TransactionRefusedError(
                    refused.index, refused.status, refused.doubtful
                ) from None
            return [written if index == mark else "" for index in range(len(marked))]
        return [str(answer.get("etag", "")) for answer in answers]

    def _written(self, entity: Entity, refused: _RefusedError) -> str | None:
        """The ETag, if what is stored came from this very write and only its answer got lost."""
        if not refused.doubtful:
            return None
        row = self.get(entity["PartitionKey"], entity["RowKey"])
        if row is not None and row.entity.get(_WRITE_ID) == entity[_WRITE_ID]:
            return row.etag
        return None

    def _entities(self, pages: Iterator[Any]) -> Iterator[Entity]:
        while True:
            page = self._call(lambda: next(pages, None))
            if page is None:
                return
            yield from page

    def _call[T](self, call: Callable[[], T], *expected: int) -> T:
        """Call, and create the table first where it is missing. Statuses that are `expected` raise
        `_RefusedError`."""
        with answers_of(SERVICE), doubt() as lost:
            try:
                return self._call_created(call)
            except HttpResponseError as error:
                if error.status_code not in expected:
                    raise
                raise _RefusedError(error, bool(lost)) from None

    def _call_created[T](self, call: Callable[[], T]) -> T:
        try:
            return call()
        except HttpResponseError as error:
            if error_code(error) != "TableNotFound":
                raise
        with suppress(ResourceExistsError):  # somebody else may be faster
            self._client.create_table()
        return call()
