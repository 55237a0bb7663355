"""What `waymark match` does: JSON lines in, what was understood out, one line each and in the same order."""

import json
from collections.abc import Iterable, Iterator

import msgspec

from bot.language import Understands, Understood


class MatchError(ValueError):
    """A line that is no question."""


class _Asked(msgspec.Struct):
    text: str
    lang: str | None = None


_ASKED = msgspec.json.Decoder(_Asked)


def match_lines(understanding: Understands, lines: Iterable[str]) -> Iterator[str]:
    """Understand each line; raise MatchError at one that is not `{"text": …, "lang": …}`."""
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            asked = _ASKED.decode(line)
        except msgspec.DecodeError as error:
            raise MatchError(f'line {place}: {error}; write {{"text": "…", "lang": "km"}}') from error
        yield json.dumps(_row(understanding.understand(asked.text, asked.lang, {})), ensure_ascii=False)


def _row(understood: Understood) -> dict[str, object]:
    return {
        "topics": [topic for topic, _ in understood.matching.topics],
        "mode": understood.matching.mode,
        "emergency": understood.danger.level,
        "lang": understood.language,
    }
