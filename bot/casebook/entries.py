"""What is kept of a talk: one entry for each thing that was told, in the order in which it happened.

Class names are stored: do not rename them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import msgspec

from bot.casebook.errors import CasebookError, Unopened
from bot.desk.actions import ByPerson, ByStaff, Happening, Note, SendCanned, SendCard, SendMedia, Write
from bot.desk.letters import (
    MediaKind,
    Missed,
    NotShown,
    Original,
    PersonAnswered,
    PersonSent,
    PersonWrote,
    Showed,
)
from bot.desk.phrases import CardId
from bot.desk.ticket import StaffId
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """Words of the person, in the language they were heard in; an edit replaces what `ref` said before."""

    at: datetime
    words: str
    language: Language | None = None
    ref: str = ""
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class PersonSentMedia:
    """Something of the person that is not words; where it can be copied from."""

    at: datetime
    kind: MediaKind
    original: Original


@dataclass(frozen=True, slots=True)
class PersonPicked:
    """The answer they tapped below a card."""

    at: datetime
    card: CardId
    answer: str


@dataclass(frozen=True, slots=True)
class StaffSaid:
    """Words of staff to the person."""

    at: datetime
    by: StaffId
    words: str
    language: Language
    ref: str = ""
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class StaffSentCard:
    """A card of the phrasebook that staff sent."""

    at: datetime
    by: StaffId
    card: CardId
    filled: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class StaffSentReply:
    """A ready reply of the helpline that staff sent."""

    at: datetime
    by: StaffId
    canned: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class StaffSentMedia:
    """Something of staff that is not words."""

    at: datetime
    by: StaffId
    kind: MediaKind
    original: Original
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """A note for colleagues."""

    at: datetime
    by: StaffId
    words: str


@dataclass(frozen=True, slots=True)
class Marked:
    """How far what staff wrote has come: on the screen (`opened`), behind a neutral line, or (`why`) not there."""

    at: datetime
    ref: str
    opened: bool = False
    why: Missed | None = None


Entry: TypeAlias = (
    PersonSaid
    | PersonSentMedia
    | PersonPicked
    | StaffSaid
    | StaffSentCard
    | StaffSentReply
    | StaffSentMedia
    | Noted
    | Marked
)

_KINDS: Final[dict[str, type[Entry]]] = {
    kind.__name__: kind
    for kind in (
        *(PersonSaid, PersonSentMedia, PersonPicked, StaffSaid, StaffSentCard, StaffSentReply, StaffSentMedia),
        *(Noted, Marked),
    )
}
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in _KINDS.items()}
_ENCODER: Final = msgspec.json.Encoder()
VERSION: Final = 1


class _Row(msgspec.Struct, array_like=True):
    version: int
    ticket: str
    number: int
    kind: str
    entry: msgspec.Raw


_ROWS: Final = msgspec.json.Decoder(_Row)


def entry_of(happening: Happening, now: datetime) -> Entry | None:
    """What is to be kept of something that happened; None where it told nothing."""
    match happening:
        case ByPerson(PersonWrote(words, language, ref, is_edit)):
            return PersonSaid(now, words, language, ref, is_edit)
        case ByPerson(PersonSent(kind, original)):
            return PersonSentMedia(now, kind, original)
        case ByPerson(PersonAnswered(card, answer)):
            return PersonPicked(now, card, answer)
        case ByPerson(Showed(ref, opened)):
            return Marked(now, ref, opened) if ref else None
        case ByPerson(NotShown(ref, why)):
            return Marked(now, ref, why=why) if ref else None
        case ByStaff(by, Write(words, language, ref, is_edit)):
            return StaffSaid(now, by, words.strip(), language, ref, is_edit)
        case ByStaff(by, SendCard(card, ref, filled)):
            return StaffSentCard(now, by, card, filled, ref)
        case ByStaff(by, SendCanned(canned, ref)):
            return StaffSentReply(now, by, canned, ref)
        case ByStaff(by, SendMedia(kind, original, ref)):
            return StaffSentMedia(now, by, kind, original, ref)
        case ByStaff(by, Note(words)):
            return Noted(now, by, words.strip())
        case _:
            return None


def encode_entry(ticket: str, number: int, entry: Entry) -> bytes:
    """An entry as bytes, with its place in them; raise CasebookError where words hold half a character."""
    try:
        plain = _ENCODER.encode(entry)
    except UnicodeEncodeError:
        # Without the cause: it quotes the words.
        raise CasebookError(Unopened.DAMAGED) from None
    return _ENCODER.encode(_Row(VERSION, ticket, number, type(entry).__name__, msgspec.Raw(plain)))


def decode_entry(data: bytes, ticket: str, number: int) -> Entry | None:
    """The entry in these bytes; None unless it belongs to this place and is of a form that we know."""
    try:
        row = _ROWS.decode(data)
        if (row.version, row.ticket, row.number) != (VERSION, ticket, number) or row.kind not in _DECODERS:
            return None
        entry = _DECODERS[row.kind].decode(row.entry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if entry.at.utcoffset() is None else entry
