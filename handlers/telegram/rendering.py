"""A message → what Telegram takes, as values that are ready to be written as JSON.

Styles are told by entities that we compute ourselves, in UTF-16 units, and never by marked-up text: words that come
from outside must not be read as markup. A number in international form stays plain, because Telegram makes a link to
the dialler of it by itself; a short one becomes a code that a tap copies.

Words stand under a picture or a recording as long as Telegram takes so many there, and else in a message of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import quote

from telegram.constants import InlineKeyboardButtonLimit, InlineKeyboardMarkupLimit, MessageEntityType, MessageLimit

from bot.language import clusters
from bot.media import MediaFile
from bot.messages import LABEL_CHARACTERS, MESSAGE_UNITS, Button, Message, Rows, Span, Style, Text, words_of

ROW_LIMIT: Final = int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW)
BUTTON_LIMIT: Final = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
ENTITY_LIMIT: Final = int(MessageLimit.MESSAGE_ENTITIES)
COPY_LIMIT: Final = int(InlineKeyboardButtonLimit.MAX_COPY_TEXT)
CAPTION_LIMIT: Final = int(MessageLimit.CAPTION_LENGTH)
COPY_SIGN: Final = "📋"
ELLIPSIS: Final = "…"
ZERO_WIDTH_JOINER: Final = "\u200d"

Entity: TypeAlias = dict[str, str | int | dict[str, str | int]]
ReadyButton: TypeAlias = dict[str, str | dict[str, str]]
Markup: TypeAlias = dict[str, list[list[ReadyButton]]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or a recording: by the id under which Telegram knows it, or else with its bytes."""

    file: MediaFile
    file_id: str | None = None
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text, its entities and the keyboard of one message, and what its text stands under."""

    text: str
    entities: tuple[Entity, ...] = ()
    markup: Markup | None = None
    attached: Attachment | None = None


def render(
    message: Message,
    call_page: str | None = None,
    limit: int = MESSAGE_UNITS,
    attached: Attachment | None = None,
) -> tuple[Rendered, ...]:
    """One message as Telegram takes it; as several, the last with the buttons, where it holds more than one may.

    `call_page` is the public https address before a number, where a page dials it; Telegram's buttons cannot dial.
    """
    markup = _markup(message.rows, call_page)
    parts = _split(message.text, limit)
    last = len(parts) - 1
    rendered = tuple(_render_text(part, markup if index == last else None) for index, part in enumerate(parts))
    if attached is None:
        return rendered
    if last == 0 and utf16_length(rendered[0].text) <= CAPTION_LIMIT:
        return (replace(rendered[0], attached=attached),)
    return (Rendered("", attached=attached), *rendered)


def without_styles(message: Message) -> Message:
    """The same words, all plain."""
    return replace(message, text=(Span(words_of(message.text)),))


def utf16_length(words: str) -> int:
    """The length as Telegram counts it."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


def _render_text(text: Text, markup: Markup | None) -> Rendered:
    words = words_of(text)
    if not words.strip():
        # Telegram refuses a message without words, and with it its buttons.
        return Rendered(ELLIPSIS, (), markup)
    entities: list[Entity] = []
    if len(text) > 1 or _entity_kind(text[0]) is not None:
        offset = 0
        for span in text:
            length = utf16_length(span.words)
            kind = _entity_kind(span)
            if kind is not None and length and len(entities) < ENTITY_LIMIT:
                entity: Entity = {"type": kind, "offset": offset, "length": length}
                entities.append(entity | {"url": span.address} if span.address else entity)
            offset += length
    return Rendered(words, tuple(entities), markup)


def _entity_kind(span: Span) -> str | None:
    match span.style:
        case Style.STRONG:
            return MessageEntityType.BOLD.value
        case Style.PHONE if not span.dial.startswith("+"):
            return MessageEntityType.CODE.value
        case Style.PLAIN if span.address:
            return MessageEntityType.TEXT_LINK.value
        case _:
            return None


def _split(text: Text, limit: int) -> Sequence[Text]:
    # No sign takes more than two units.
    if sum(len(span.words) for span in text) * 2 <= limit or utf16_length(words_of(text)) <= limit:
        return (text,)
    parts: list[list[Span]] = [[]]
    room = limit
    for span in text:
        for piece in _pieces(span, limit):
            length = utf16_length(piece.words)
            if length > room:
                parts.append([])
                room = limit
            parts[-1].append(piece)
            room -= length
    return [tuple(part) for part in parts if part]


def _pieces(span: Span, limit: int) -> list[Span]:
    """A span as its lines, and a line that is too long between what people see as letters."""
    pieces: list[Span] = []
    for line in span.words.splitlines(keepends=True):
        if utf16_length(line) <= limit:
            pieces.append(replace(span, words=line))
            continue
        start = room = 0
        place = 0
        for cluster in clusters(line):
            # A pile of marks without end would be one letter.
            for sign in (cluster,) if utf16_length(cluster) <= limit else cluster:
                length = utf16_length(sign)
                if room + length > limit:
                    pieces.append(replace(span, words=line[start:place]))
                    start, room = place, 0
                place += len(sign)
                room += length
        pieces.append(replace(span, words=line[start:]))
    return pieces


def _markup(rows: Rows, call_page: str | None) -> Markup | None:
    ready = [
        [_render_button(button, call_page) for button in row[start : start + ROW_LIMIT]]
        for row in rows
        for start in range(0, len(row), ROW_LIMIT)
    ]
    return {"inline_keyboard": _fewer(ready)} if ready else None


def _fewer(rows: list[list[ReadyButton]]) -> list[list[ReadyButton]]:
    """As many rows as Telegram takes; the last ones lead out and stay."""
    while sum(len(row) for row in rows) > BUTTON_LIMIT:
        rows = rows[:-3] + rows[-2:]
    return rows


def _render_button(button: Button, call_page: str | None) -> ReadyButton:
    if not button.dial:
        return {"text": _label(button.label), "callback_data": button.press}
    if call_page is not None:
        return {"text": _label(button.label), "url": call_page + quote(button.dial)}
    return {"text": _label(f"{COPY_SIGN} {button.label}"), "copy_text": {"text": button.dial[:COPY_LIMIT]}}


def _label(words: str) -> str:
    if len(words) <= LABEL_CHARACTERS:
        return words if words.strip() else ELLIPSIS
    kept = ""
    for cluster in clusters(words):
        if len(kept) + len(cluster) >= LABEL_CHARACTERS:
            break
        kept += cluster
    # A joiner at the end would tie the dots to half an emoji; one word without end is cut where it is.
    return (kept.rstrip(ZERO_WIDTH_JOINER) or words[: LABEL_CHARACTERS - 1]) + ELLIPSIS
