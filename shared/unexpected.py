"""How errors that nobody foresaw get into the log: by type and place, never by their text."""

import functools
import logging
import traceback
import uuid
from collections.abc import Callable, Iterator

from shared.domain.errors import OutgoingMailError

logger = logging.getLogger(__name__)


class FailedRunError(Exception):
    """A run in the background failed, and the log tells why; the platform tries it again."""


def log_unexpected(error: BaseException) -> str:
    """Log an error and what caused it, and return the id that it got.

    Only our own errors are logged with their text: those of other people's libraries can hold a
    URL with its query, or a secret.
    """
    error_id = str(uuid.uuid4())
    causes = " <- ".join(f"{_named(cause)} at {_places(cause)}" for cause in _chain(error))
    logger.error("internal_error %s: %s", error_id, causes)
    return error_id


def reported[**P](run: Callable[P, None]) -> Callable[P, None]:
    """Log the errors of a function in the background, and fail without their text.

    The platform logs what a function raises, text and all.
    """

    @functools.wraps(run)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  logged, and raised as one without its text
            error_id = log_unexpected(error)
        else:
            return
        # Outside of the except clause: within it the error would be chained to this one.
        raise FailedRunError(f"The run failed; see internal_error {error_id} in the log.")

    return guarded


def _named(error: BaseException) -> str:
    name = type(error).__qualname__
    return f"{name} ({error})" if isinstance(error, OutgoingMailError) else name


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return ", ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
