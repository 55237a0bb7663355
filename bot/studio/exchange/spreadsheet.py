"""A CSV file, as every spreadsheet opens it.

It starts with a byte order mark, or Excel shows Khmer as gibberish; a cell that a spreadsheet would take for a formula
gets an apostrophe in front, which is taken off again on the way back. What comes back may be written with commas,
semicolons or tabs and in UTF-8 or UTF-16, since that is what spreadsheets of different countries save.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bot.messages import Language
from bot.studio.exchange.errors import UTF_8, ExchangeError, Fault, words_of
from bot.studio.units import LONGEST, MOST, Incoming, State, Unit

NAME: Final = "csv"
COLUMNS: Final = ("id", "english", "translation", "state", "from", "file")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n]")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def write(units: Iterable[Unit], language: Language) -> bytes:
    """A file with one row for each unit."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow((*COLUMNS[:2], f"translation {language}", *COLUMNS[3:]))
    for unit in units:
        row = (unit.id, unit.english, unit.words, unit.state, unit.hash, unit.file)
        rows.writerow([disarmed(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def read(content: bytes, language: Language) -> tuple[Incoming, ...]:
    """What stands in a file that came back; raise ExchangeError where it is none of ours."""
    return tuple(_rows(_decoded(content), language))


def _rows(words: str, language: Language) -> Iterator[Incoming]:
    header = words.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter)
    try:
        columns = _columns(next(rows, []), language)
        for number, row in enumerate(rows, 1):
            if number > MOST:
                raise ExchangeError(Fault.TOO_MANY, rows.line_num, str(MOST))
            told = {name: _bare(row[at]) if at < len(row) else "" for name, at in columns.items()}
            if any(row):
                yield Incoming(
                    told["id"].strip(),
                    told["translation"],
                    rows.line_num,
                    told.get("english", ""),
                    told.get("from", "").strip(),
                    is_reviewed=told.get("state", "").strip().casefold() == State.REVIEWED,
                )
    except csv.Error as error:
        raise ExchangeError(Fault.NOT_THIS_FORM, rows.line_num) from error


def _columns(header: list[str], language: Language) -> Mapping[str, int]:
    """Where each column stands, whatever order somebody has put them in."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(header):
        name, _, of = cell.strip().casefold().partition(" ")
        if name not in COLUMNS or name in columns:
            continue
        if name == "translation" and of and of != language:
            raise ExchangeError(Fault.WRONG_LANGUAGE, 1, of)
        columns[name] = at
    missing = [name for name in ("id", "translation") if name not in columns]
    if missing or not columns.keys() & {"english", "from"}:
        raise ExchangeError(Fault.NO_COLUMNS, 1, ", ".join(missing or ["english"]))
    return columns


def _decoded(content: bytes) -> str:
    words = words_of(content, "utf-16" if content.startswith(_UTF_16) else UTF_8)
    if "\0" in words:
        raise ExchangeError(Fault.NOT_THIS_FORM)
    # One quote too many must not swallow the rest of the file into one cell.
    csv.field_size_limit(LONGEST * 4)
    # Spreadsheets of some systems end the lines within a cell differently than we do.
    return words.replace("\r\n", "\n").replace("\r", "\n")


def disarmed(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
