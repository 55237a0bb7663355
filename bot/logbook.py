"""The one way to write a log line: an event with fields from a short list, never a person's words, names or numbers.

Every other field is refused where it is written, so that a careless line fails in the tests and not in the field.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

FIELDS: Final = frozenset(
    {
        "attempts",
        "code",
        "count",
        "door",
        "error",
        "file",
        "kind",
        "port",
        "role",
        "seconds",
        "shard",
        "state",
        "version",
        "where",
    }
)

_LOGGER: Final = logging.getLogger("waymark")
_OUR_PACKAGES: Final = tuple(Path(__file__).resolve().parents[1] / package for package in ("bot", "handlers"))


def note(event: str, level: int = logging.INFO, **fields: str | float) -> None:
    """Write an event; raise ValueError for a field that is not on the list."""
    unknown = fields.keys() - FIELDS
    if unknown:
        raise ValueError(f"a log line may not hold {', '.join(sorted(unknown))}")
    _LOGGER.log(level, event, extra={"fields": fields})


def note_error(event: str, error: BaseException) -> None:
    """Write that something failed: the error's type and where in our own code, but none of its values."""
    note(event, logging.ERROR, error=type(error).__name__, where=_where(error))


def open_logbook(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send our events to a stream, one JSON object a line; libraries may only name themselves and a warning."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_EventFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # Where a line cannot be written, the default is to print it as its library worded it.
    logging.raiseExceptions = False
    _LOGGER.setLevel(level)


class _EventFormatter(logging.Formatter):
    """Our events with their fields; of anything else only who said it and how loudly."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": moment, "level": record.levelname.lower()}
        if record.name == _LOGGER.name:
            line["event"] = record.msg
            line.update(getattr(record, "fields", {}))
        else:
            # A library's message may hold an address, a token or a person's words.
            line["event"] = "library_warning"
            line["where"] = record.name
            if record.exc_info and record.exc_info[0] is not None:
                line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if any(Path(frame.filename).is_relative_to(package) for package in _OUR_PACKAGES)]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(ours[-4:]))
