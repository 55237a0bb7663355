"""What may be written where the cursor stands in a file, also while the file cannot be read."""

from dataclasses import dataclass

from bot.compiler.draft import Draft


@dataclass(frozen=True, slots=True)
class Word:
    """What may be written at a place, and what it means."""

    word: str
    about: str = ""


def complete(draft: Draft, name: str, source: bytes, line: int, column: int) -> tuple[Word, ...]:
    """Keys, fixed words and ids that begin as what stands before the cursor."""
    del draft, name, source, line, column
    return ()
