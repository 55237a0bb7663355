"""A PO file, for translators who work with gettext's tools.

The context of each entry is the id of the text; a translation whose English has changed is marked `fuzzy`, so that
tools show it for another look. A PO file cannot say that somebody reviewed a text.
"""

from collections.abc import Iterable
from typing import Final

import polib

from bot.messages import Language
from bot.studio.exchange.errors import ExchangeError, Fault, words_of
from bot.studio.units import LONGEST, MOST, Incoming, State, Unit

NAME: Final = "po"
_FUZZY: Final = "fuzzy"


def write(units: Iterable[Unit], language: Language) -> bytes:
    """A file with one entry for each unit."""
    file = polib.POFile(wrapwidth=0)
    file.metadata = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "MIME-Version": "1.0",
    }
    for unit in units:
        entry = polib.POEntry(msgctxt=unit.id, msgid=unit.english, msgstr=unit.words, occurrences=[(unit.file, "")])
        if unit.state is State.STALE:
            entry.flags.append(_FUZZY)
        file.append(entry)
    return str(file).encode() + b"\n"


def read(content: bytes, language: Language) -> tuple[Incoming, ...]:
    """What stands in a file that came back; raise ExchangeError where it is none of ours."""
    words = words_of(content)
    # The library takes a line without any quotes for the path of a file, and would open it.
    if "msgid" not in words or "\n" not in words:
        raise ExchangeError(Fault.NOT_THIS_FORM)
    lines = [line if _is_read(line) else "" for line in words.split("\n")]
    if _longest(lines) > LONGEST * 4:
        raise ExchangeError(Fault.NOT_THIS_FORM)
    try:
        file = polib.pofile("\n".join(lines))
    except (OSError, ValueError, IndexError, UnicodeError) as error:
        raise ExchangeError(Fault.NOT_THIS_FORM, _line_in(str(error))) from error
    told = file.metadata.get("Language", "")
    if told and told.partition("_")[0] != language:
        raise ExchangeError(Fault.WRONG_LANGUAGE, 1, told)
    entries = list(file)
    if len(entries) > MOST:
        raise ExchangeError(Fault.TOO_MANY, 1, str(MOST))
    return tuple(
        Incoming(
            entry.msgctxt or "",
            # Whoever left the mark on has not looked at it.
            "" if _FUZZY in entry.flags else entry.msgstr,
            entry.linenum or 1,
            entry.msgid,
        )
        for entry in entries
    )


def _is_read(line: str) -> bool:
    """Remarks and what is obsolete are not: the library takes ever longer to add a line to many of them."""
    start = line.lstrip()
    return not start.startswith("#") or start.startswith("#,")


def _longest(lines: Iterable[str]) -> int:
    """The most characters of one text: to a long one, too, it takes ever longer to add a line."""
    longest = length = 0
    for line in lines:
        start = line.lstrip()
        if start.startswith("msg"):
            length = len(start)
        elif start.startswith('"'):
            length += len(start)
        longest = max(longest, length)
    return longest


def _line_in(words: str) -> int:
    """The line that the library names in its message: "… (line 12): …"."""
    number = words.partition("(line ")[2].partition(")")[0]
    return int(number) if number.isascii() and number.isdigit() else 1
