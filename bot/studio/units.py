"""What a translator works on, one text at a time: the English, the words so far, and how far they can be trusted.

What comes back from translators is judged here, whichever form it came in: nothing is taken that was made from another
English than today's, that lacks a slot, or that is written in another script. What is not taken is told in a report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.compiler.assembling import Assembled
from bot.compiler.checking_texts import check_text
from bot.compiler.draft import SourceText, slot_words, slots_of, split_phrase
from bot.compiler.problems import Notebook, Place, errors
from bot.compiler.reading import FORBIDDEN
from bot.compiler.translations import Translated
from bot.dialogue.phrasebook import Standing, TextId
from bot.messages import Language

LONGEST: Final = 8_000
"""Characters of one text: more is no text of ours."""

MOST: Final = 20_000
"""Texts in one file of a translator."""


class State(StrEnum):
    """How far a translation can be trusted; in the order in which a translator should look at them."""

    STALE = "stale"
    MISSING = "missing"
    DRAFT = "draft"
    REVIEWED = "reviewed"


STATE_OF: Final = {Standing.STALE: State.STALE, Standing.DRAFT: State.DRAFT, Standing.REVIEWED: State.REVIEWED}
_ORDER: Final = {state: index for index, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Unit:
    """One text in one language. `file` is where its English stands, `target` where the translation does or will.

    A vital one is needed by people in danger.
    """

    id: TextId
    english: str
    hash: str
    words: str
    state: State
    file: str
    target: str
    vital: bool = False
    by: str = ""
    on: str = ""
    """Who reviewed it and on which day, where somebody did."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One text as a translator gave it back; `hash` names the English it was made from, where the file said it.

    `line` is where it stands in their file: what cannot be taken is told with it.
    """

    id: str
    words: str
    line: int
    english: str = ""
    hash: str = ""
    is_reviewed: bool = False


class Fate(StrEnum):
    """What became of a text that came back."""

    TAKEN = "taken"
    SAME = "same"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    TWICE = "twice"
    ENGLISH_CHANGED = "english-changed"
    SLOTS = "slots"
    REFUSED = "refused"
    """The check has something against it, and says what."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A text that came back, and what became of it; `why` names slots or tells what the check says."""

    incoming: Incoming
    fate: Fate
    why: str = ""


def units_of(assembled: Assembled, language: Language) -> tuple[Unit, ...]:
    """All texts in a language: what is out of date first, then what is missing; vital before ordinary."""
    there = assembled.translations.of(language)
    targets: dict[str, str] = {}
    units = []
    for source in assembled.draft.texts.values():
        if source.everywhere:
            continue
        translated, file = there.get(source.id), inside(source.place)
        if translated is not None:
            # What is missing is written beside what stands before it in the English.
            targets[file] = inside(translated.place)
        target = targets.get(file, f"texts/{language}/{file}")
        units.append(_unit(source, translated, assembled.translations.hash_of_source(source), target))
    return tuple(sorted(units, key=lambda unit: (_ORDER[unit.state], not unit.vital)))


def _unit(source: SourceText, translated: Translated | None, hash_: str, target: str) -> Unit:
    state = State.MISSING if translated is None else STATE_OF[translated.worded.standing]
    unit = Unit(source.id, source.words, hash_, "", state, inside(source.place), target, source.vital)
    if translated is None:
        return unit
    is_reviewed = state is State.REVIEWED
    by, on = (translated.by, translated.on) if is_reviewed else ("", "")
    return replace(unit, words=translated.words, by=by, on=on)


def inside(place: Place) -> str:
    """The name of a file without the folder that the content lies in."""
    return place.file.partition("/")[2]


def judge(
    incoming: Sequence[Incoming], units: Iterable[Unit], language: Language, sources: Mapping[TextId, SourceText]
) -> tuple[Judged, ...]:
    """Say of each text that came back what becomes of it, in the order of their file."""
    known = {unit.id: unit for unit in units}
    seen: set[str] = set()
    judged = []
    for one in incoming:
        unit = known.get(TextId(one.id))
        if unit is None:
            judged.append(Judged(one, Fate.UNKNOWN))
        elif one.id in seen:
            judged.append(Judged(one, Fate.TWICE))
        else:
            seen.add(one.id)
            judged.append(_judge(one, unit, language, sources[unit.id]))
    return tuple(judged)


def _judge(one: Incoming, unit: Unit, language: Language, source: SourceText) -> Judged:
    if not one.words.strip():
        return Judged(one, Fate.EMPTY)
    if (one.hash and one.hash != unit.hash) or (not one.hash and one.english != unit.english):
        return Judged(one, Fate.ENGLISH_CHANGED)
    if one.words == unit.words and unit.state in (State.DRAFT, State.REVIEWED):
        # A reviewed text stays so, even where the file says less of it.
        is_news = one.is_reviewed and unit.state is State.DRAFT
        return Judged(one, Fate.TAKEN if is_news else Fate.SAME)
    if len(one.words) > LONGEST:
        return Judged(one, Fate.REFUSED, f"{len(one.words)} characters are too many; at most {LONGEST} are read")
    forbidden = FORBIDDEN.search(one.words)
    if forbidden is not None:
        code = ord(forbidden.group())
        return Judged(one, Fate.REFUSED, f"the invisible character U+{code:04X} may not stand in content")
    return _checked(one, language, source)


def _checked(one: Incoming, language: Language, source: SourceText) -> Judged:
    notebook = Notebook()
    place = Place("", one.line, 1)
    phrase = split_phrase(one.words, place, notebook)
    wanted, found = slots_of(source.phrase), slots_of(phrase)
    if not notebook.problems() and wanted != found:
        missing, surplus = slot_words(wanted - found), slot_words(found - wanted)
        return Judged(one, Fate.SLOTS, " ".join(filter(None, (missing and f"− {missing}", surplus and f"+ {surplus}"))))
    check_text(source, language, one.words, place, notebook)
    against = errors(notebook.problems())
    if against:
        return Judged(one, Fate.REFUSED, "; ".join(problem.words for problem in against))
    return Judged(one, Fate.TAKEN)
