"""Values as bytes, small: one byte of schema number, then MessagePack rows without field names.

A row may grow at its end: an older program ignores what it does not know there, and a newer one fills what
is missing with its default. Any other change takes a new schema number, and the reader of the number before
stays for a release.

The trail repeats the same frames and values again and again, so each is written once and then named by number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Final, TypeAlias, TypeVar, get_args

import msgspec

from bot.desk.letters import Original, ToPerson, ToTicket
from bot.desk.staff import Roster
from bot.desk.ticket import Ticket
from bot.dialogue import Conversation, Frame, Frames, NodeToken, Value
from bot.dialogue.conversation import Calling, Limits, Shown
from bot.messages import Button, Language, Message, Rows, Span, Style, Text
from bot.store.contract import Address, Outgoing, OutgoingId, Priority, Record, StoreError

SCHEMA: Final = 1
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

ValueRow: TypeAlias = str | tuple[str]
"""Words as they are; a number as its digits in a row of one."""


class UnreadableError(StoreError):
    """Stored bytes are not what this program can read."""


class _FrameRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    node: str
    values: int


class _RecordRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    door: str
    chat: str
    language: str | None
    profile: dict[str, str]
    values: list[dict[str, ValueRow]]
    frames: list[str | _FrameRow]
    piles: list[list[int]]
    """The piles of the trail, oldest first, and the pile where the person stands last."""
    tries: int
    heard: str | None
    desk: "_DeskRow | None" = None


class _ShownRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Whoever writes much has many of them, so each is short; moments are in seconds."""

    message: str
    at: int
    ref: str = ""
    hide_at: int = 0
    of_talk: bool = False


class _DeskRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What few have: who has asked for a helpline, and who must be able to hide."""

    calling: Calling | None = None
    shown: tuple[Shown | _ShownRow, ...] = ()
    """The longer form is what programs before this one wrote."""
    secret: str | None = None
    active: datetime | None = None
    wrong: tuple[datetime, ...] = ()
    late: bool = False
    limits: int = 0


class _SpanRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    style: str
    words: str
    dial: str


class _ButtonRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    label: str
    press: str
    dial: str


class _MessageRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    text: list[str | _SpanRow]
    rows: list[list[_ButtonRow]]
    keep: bool
    language: str | None
    picture: str | None
    recording: str | None = None


class _OutgoingRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    door: str
    chat: str
    message: _MessageRow | None
    replaces: str | None
    acknowledges: str | None
    covers: bool
    priority: int
    more: "_MoreRow | None" = None


class _MoreRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What only messages around a ticket have."""

    letter: tuple[str, msgspec.Raw] | None = None
    copies: Original | None = None
    deletes: tuple[str, ...] = ()
    silent: bool = False
    reports: bool = False
    ref: str = ""
    merges: bool = False
    marks: str = ""
    drops_topic: bool = False
    unasked: bool = False


class _RosterRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    version: int
    roster: Roster


_Row = TypeVar("_Row")

_encode: Final = msgspec.msgpack.Encoder().encode
_HEADER: Final = bytes((SCHEMA,))
_RECORDS: Final = {1: msgspec.msgpack.Decoder(_RecordRow)}
_OUTGOINGS: Final = {1: msgspec.msgpack.Decoder(_OutgoingRow)}
_TICKETS: Final = {1: msgspec.msgpack.Decoder(Ticket)}
_ROSTERS: Final = {1: msgspec.msgpack.Decoder(_RosterRow)}
_LETTERS: Final = {kind.__name__: msgspec.msgpack.Decoder(kind) for kind in get_args(ToTicket) + get_args(ToPerson)}
_PLAIN: Final = _MoreRow()
_STYLES: Final = {style.value: style for style in Style}


def to_milliseconds(moment: datetime) -> int:
    """A moment as the store counts it."""
    return int(moment.timestamp() * 1000)


def due_milliseconds(moment: datetime) -> int:
    """The first of the store's milliseconds at which a moment has come: no timer rings before its time."""
    return -((_BEGINNING - moment) // _MILLISECOND)


def from_milliseconds(milliseconds: int) -> datetime:
    """A moment the store has counted."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def encode_record(record: Record) -> bytes:
    """A record as bytes."""
    conversation = record.conversation
    table = _FrameTable()
    piles = [table.numbers(pile) for pile in conversation.trail]
    piles.append(table.numbers(conversation.frames))
    return _HEADER + _encode(
        (
            record.address.door,
            record.address.chat,
            conversation.language,
            conversation.profile,
            [_value_rows(values) for values in table.values],
            table.frames,
            piles,
            conversation.tries,
            conversation.heard,
            *_desk_rows(conversation),
        )
    )


def decode_record(data: bytes) -> Record:
    """The record in these bytes; raise UnreadableError when a newer program wrote them."""
    row = _decoded(data, _RECORDS)
    try:
        values = [_values(entry) for entry in row.values]
        frames = [_frame(entry, values) for entry in row.frames]
        piles = [tuple([frames[number] for number in pile]) for pile in row.piles]
        standing = piles.pop()
    except (IndexError, InvalidOperation) as error:
        raise UnreadableError("a stored record is damaged") from error
    desk = row.desk or _DeskRow()
    return Record(
        Address(row.door, row.chat),
        Conversation(
            _language(row.language),
            row.profile,
            standing,
            tuple(piles),
            row.tries,
            _language(row.heard),
            desk.calling,
            tuple([_shown(one) for one in desk.shown]),
            desk.secret,
            desk.active,
            desk.wrong,
            desk.late,
            # Whatever a newer program tells apart further on, it has been said.
            Limits(min(max(desk.limits, Limits.UNUSED), Limits.TOLD)),
        ),
    )


def encode_ticket(ticket: Ticket) -> bytes:
    """A ticket as bytes."""
    return _HEADER + _encode(ticket)


def decode_ticket(data: bytes) -> Ticket:
    """The ticket in these bytes; raise UnreadableError when a newer program wrote them."""
    return _decoded(data, _TICKETS)


def encode_roster(roster: Roster, version: int) -> bytes:
    """Who works here, as bytes."""
    return _HEADER + _encode(_RosterRow(version, roster))


def decode_roster(data: bytes) -> tuple[int, Roster]:
    """The roster in these bytes and its version; raise UnreadableError when a newer program wrote them."""
    row = _decoded(data, _ROSTERS)
    return row.version, row.roster


def encode_outgoing(outgoing: Outgoing) -> bytes:
    """An outgoing as bytes, without its id and its attempts: the store keeps these beside it."""
    message = outgoing.message
    return _HEADER + _encode(
        (
            outgoing.address.door,
            outgoing.address.chat,
            None if message is None else _message_row(message),
            outgoing.replaces,
            outgoing.acknowledges,
            outgoing.covers,
            int(outgoing.priority),
            *_more_rows(outgoing),
        )
    )


def decode_outgoing(data: bytes, outgoing: OutgoingId, attempts: int) -> Outgoing:
    """The outgoing in these bytes; raise UnreadableError when a newer program wrote them."""
    row = _decoded(data, _OUTGOINGS)
    try:
        message = None if row.message is None else _message(row.message)
        priority = Priority(row.priority)
        more = row.more or _PLAIN
        letter = None if more.letter is None else _LETTERS[more.letter[0]].decode(more.letter[1])
    except (KeyError, ValueError) as error:
        raise UnreadableError("a stored message holds a style, a priority or a letter we do not know") from error
    return Outgoing(
        outgoing,
        Address(row.door, row.chat),
        message,
        row.replaces,
        row.acknowledges,
        row.covers,
        priority,
        attempts,
        letter,
        more.copies,
        more.deletes,
        more.silent,
        more.reports,
        more.ref,
        more.merges,
        more.marks,
        more.drops_topic,
        more.unasked,
    )


def _decoded(data: bytes, decoders: Mapping[int, msgspec.msgpack.Decoder[_Row]]) -> _Row:
    decoder = decoders.get(data[0]) if data else None
    if decoder is None:
        found = data[0] if data else "none"
        raise UnreadableError(f"stored with schema {found}, and we read up to {SCHEMA}: start the newer program again")
    try:
        return decoder.decode(memoryview(data)[1:])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # Bytes that are no text raise Python's own error, which is none of msgspec's.
        raise UnreadableError("stored bytes are damaged") from error


def _desk_rows(conversation: Conversation) -> tuple[_DeskRow, ...]:
    shown = tuple([_shown_row(one) for one in conversation.shown])
    row = _DeskRow(
        conversation.calling,
        shown,
        conversation.secret,
        conversation.active,
        conversation.wrong,
        conversation.late,
        int(conversation.limits),
    )
    return () if row == _DeskRow() else (row,)


def _shown_row(shown: Shown) -> _ShownRow:
    hide_at = 0 if shown.hide_at is None else ceil(shown.hide_at.timestamp())
    return _ShownRow(shown.message, int(shown.at.timestamp()), shown.ref, hide_at, shown.of_talk)


def _shown(row: Shown | _ShownRow) -> Shown:
    if isinstance(row, Shown):
        # Only messages of a talk were known then.
        return replace(row, of_talk=True)
    hide_at = datetime.fromtimestamp(row.hide_at, UTC) if row.hide_at else None
    return Shown(row.message, datetime.fromtimestamp(row.at, UTC), row.ref, hide_at, row.of_talk)


def _more_rows(outgoing: Outgoing) -> tuple[_MoreRow, ...]:
    letter = outgoing.letter
    row = _MoreRow(
        None if letter is None else (type(letter).__name__, msgspec.Raw(_encode(letter))),
        outgoing.copies,
        outgoing.deletes,
        outgoing.silent,
        outgoing.reports,
        outgoing.ref,
        outgoing.merges,
        outgoing.marks,
        outgoing.drops_topic,
        outgoing.unasked,
    )
    # Hardly any has one: its place at the end is left away.
    return () if row == _PLAIN else (row,)


class _FrameTable:
    """Numbers frames and their values in the order in which they are first met."""

    def __init__(self) -> None:
        self.frames: list[str | tuple[str, int]] = []
        self.values: list[Mapping[str, Value]] = []
        self._met: dict[str, list[tuple[int, Mapping[str, Value]]]] = {}

    def numbers(self, pile: Frames) -> list[int]:
        return [self._number(frame) for frame in pile]

    def _number(self, frame: Frame) -> int:
        alike = self._met.setdefault(frame.node, [])
        for number, values in alike:
            if values == frame.values:
                return number
        number = len(self.frames)
        alike.append((number, frame.values))
        self.frames.append((frame.node, self._values_number(frame.values)) if frame.values else frame.node)
        return number

    def _values_number(self, wanted: Mapping[str, Value]) -> int:
        for number, values in enumerate(self.values):
            if values == wanted:
                return number
        self.values.append(wanted)
        return len(self.values) - 1


def _value_rows(values: Mapping[str, Value]) -> dict[str, ValueRow]:
    return {name: value if isinstance(value, str) else (str(value),) for name, value in values.items()}


def _values(rows: Mapping[str, ValueRow]) -> dict[str, Value]:
    return {name: row if isinstance(row, str) else Decimal(row[0]) for name, row in rows.items()}


def _frame(entry: str | _FrameRow, values: Sequence[Mapping[str, Value]]) -> Frame:
    if isinstance(entry, str):
        return Frame(NodeToken(entry))
    return Frame(NodeToken(entry.node), values[entry.values])


def _message_row(message: Message) -> tuple[object, ...]:
    row = (
        [
            span.words if span.style is Style.PLAIN and not span.dial else (span.style.value, span.words, span.dial)
            for span in message.text
        ],
        [[(button.label, button.press, button.dial) for button in row] for row in message.rows],
        message.keep,
        message.language,
        message.picture,
    )
    # Hardly any has one: its place at the end is left away.
    return row if message.recording is None else (*row, message.recording)


def _message(row: _MessageRow) -> Message:
    return Message(_text(row.text), _rows(row.rows), row.keep, _language(row.language), row.picture, row.recording)


def _text(spans: Sequence[str | _SpanRow]) -> Text:
    return tuple(
        [Span(span) if isinstance(span, str) else Span(span.words, _STYLES[span.style], span.dial) for span in spans]
    )


def _rows(rows: Sequence[Sequence[_ButtonRow]]) -> Rows:
    return tuple([tuple([Button(button.label, button.press, button.dial) for button in row]) for row in rows])


def _language(code: str | None) -> Language | None:
    return None if code is None else Language(code)
