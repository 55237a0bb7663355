import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from bot import logbook

CANARY = "canary-7421"


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """What is written while the logbook is open; pytest's own handlers come back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("waymark")
    before = root.handlers[:], root.level, ours.level, logging.raiseExceptions
    written = StringIO()
    logbook.open_logbook(written)
    yield written
    root.handlers[:], root.level, ours.level, logging.raiseExceptions = before


def lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields(stream: StringIO) -> None:
    logbook.note("content_live", version="abc", count=3)

    (line,) = lines(stream)
    assert line.pop("at")
    assert line == {"level": "info", "event": "content_live", "version": "abc", "count": 3}


def test_a_field_that_is_not_on_the_list_is_refused(stream: StringIO) -> None:
    with pytest.raises(ValueError, match="words"):
        logbook.note("heard", words=CANARY)

    assert stream.getvalue() == ""


def test_an_error_tells_its_type_and_where_in_our_code_but_nothing_of_its_words(stream: StringIO) -> None:
    try:
        logbook.note("heard", **{CANARY: 1})
    except ValueError as error:
        logbook.note_error("turn_failed", error)

    (line,) = lines(stream)
    assert (line["event"], line["level"], line["error"]) == ("turn_failed", "error", "ValueError")
    assert str(line["where"]).startswith("logbook.py:")
    assert CANARY not in stream.getvalue()


def test_code_that_is_not_ours_is_not_told(stream: StringIO) -> None:
    try:
        json.loads("{")
    except ValueError as error:
        logbook.note_error("unreadable", error)

    (line,) = lines(stream)
    assert line["where"] == ""


@pytest.mark.parametrize("name", ["telegram.ext", "aiohttp.server", "asyncio", "redis", "waymarker"])
def test_a_library_may_only_say_who_warns(stream: StringIO, name: str) -> None:
    library = logging.getLogger(name)
    library.info("%s", CANARY)
    library.debug(CANARY)
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        library.exception("https://example.org/bot%s", CANARY, stack_info=True)

    (line,) = lines(stream)
    assert line.pop("at")
    assert line == {"level": "error", "event": "library_warning", "where": name, "error": "RuntimeError"}
    assert CANARY not in stream.getvalue()


def test_a_line_that_cannot_be_written_is_not_printed_elsewhere(
    stream: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    stream.close()

    logging.getLogger("aiohttp.server").error(CANARY)
    logbook.note("stopping")

    assert capsys.readouterr() == ("", "")


def test_opening_it_again_writes_each_line_once(stream: StringIO) -> None:
    again = StringIO()
    logbook.open_logbook(again)

    logbook.note("stopping")

    assert (len(lines(stream)), len(lines(again))) == (0, 1)
