"""What is written for a spreadsheet holds no formula, and only two places write for spreadsheets."""

import csv
import io
import re
import sys
from itertools import product
from pathlib import Path
from typing import Final

from bot.compiler.commands import dump_document, pull, tell_progress
from bot.dialogue.phrasebook import TextId
from bot.messages import Language
from bot.studio.exchange import spreadsheet
from bot.studio.units import State, Unit
from handlers.web.console.oversight import _csv
from tests.conftest import CONTENT, TODAY

PROJECT: Final = Path(__file__).parents[2]
FORMULAS: Final = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", '=HYPERLINK("x","y")')
WRAPPED: Final = ("{}", "{};x", "{},x", '{}"', "{}\n=1", "{}\r\n+1")
STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def test_only_the_console_and_the_exchange_with_translators_write_for_spreadsheets() -> None:
    writers = {
        path.relative_to(PROJECT).as_posix()
        for folder in ("bot", "handlers", "tools")
        for path in (PROJECT / folder).rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)|\.xlsx", path.read_text("utf-8"))
    }

    assert writers == {"handlers/web/console/oversight.py", "bot/studio/exchange/spreadsheet.py"}


def test_no_cell_begins_a_formula() -> None:
    cells = [wrap.format(formula) for wrap, formula in product(WRAPPED, FORMULAS)]
    written = _csv([["name", cell, f"a{cell}"] for cell in cells])
    read = list(csv.reader(io.StringIO(written, newline="")))
    begun = [cell for row in read for cell in row if cell.startswith(STARTS)]

    sys.stdout.write(f"{len(cells)} formulas exported: {len(begun)} cells begin one\n")
    assert begun == []
    assert [row[1].removeprefix("'") for row in read] == cells


def test_no_cell_for_translators_begins_a_formula_and_each_comes_back_as_it_was() -> None:
    cells = [wrap.format(formula).replace("\r", "\t") for wrap, formula in product(WRAPPED, FORMULAS)]
    units = [
        Unit(TextId(f"x.{number}"), cell, "00000000", cell, State.DRAFT, cell, "there")
        for number, cell in enumerate(cells)
    ]

    written = spreadsheet.write(units, Language("km"))

    read = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert [cell for row in read for cell in row if cell.startswith(STARTS)] == []
    assert [one.words for one in spreadsheet.read(written, Language("km"))] == cells


def test_what_the_content_commands_print_is_no_table() -> None:
    document, _ = dump_document(CONTENT, TODAY)
    printed = [document, *pull(CONTENT, Language("km"), TODAY), *tell_progress(CONTENT, TODAY)]

    assert document.startswith("{")
    lines = [line for one in printed for line in one.splitlines()]
    # Only the marks of lists of YAML begin like a sum, and those stand before a space.
    assert [line for line in lines if line.startswith(STARTS) and not line.startswith("- ")] == []
