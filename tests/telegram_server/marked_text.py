"""Text as Telegram reads it: the HTML subset, entities in UTF-16 code units, links it accepts, length after parsing."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from tests.telegram_server.values import Json, Notes, RefusedError, Table, utf16_length

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
# Telegram keeps the first hundred and drops the rest without a word.
ENTITY_LIMIT: Final = 100

_TAGS: Final = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED_CHARACTERS: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_CHARACTER = re.compile(r"&(?:#(\d{1,8})|#[xX]([0-9a-fA-F]{1,8})|([a-zA-Z]+));?")
_TAG_NAME = re.compile(r"[a-zA-Z0-9-]*")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([a-zA-Z0-9.-]+)))?""")
_URL = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(//)?([^/?#]*)([^\s]*)", re.DOTALL)
_HOST = re.compile(r"[^\s\x00-\x20<>\"'`{}|\\^%\[\]@,;=()*+!$&]+")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """Text and its entities, as a message holds them."""

    text: str
    entities: tuple[Table, ...] = ()


@dataclass(slots=True)
class _OpenTag:
    name: str
    at: int
    attributes: dict[str, str]


def read_marked_text(text: str, parse_mode: str, entities: list[Json], notes: Notes) -> MarkedText:
    """Parse and trim; raise RefusedError for what Telegram cannot parse."""
    mode = parse_mode.lower()
    if mode == "html":
        marked = parse_html(text, notes)
    elif mode in ("", "none"):
        marked = MarkedText(text, check_entities(text, entities, notes))
    elif mode in ("markdown", "markdownv2"):
        raise RefusedError(f"this server reads HTML and entities; {parse_mode} is not taught to it")
    else:
        raise RefusedError("unsupported parse_mode")
    if len(marked.entities) > ENTITY_LIMIT:
        notes.append(f"{len(marked.entities)} entities; Telegram drops all after the first {ENTITY_LIMIT}")
        marked = MarkedText(marked.text, marked.entities[:ENTITY_LIMIT])
    return _trim(marked)


def read_message_text(
    text: str, parse_mode: str, entities: list[Json], notes: Notes, too_long: str = "message is too long"
) -> MarkedText:
    if text == "":
        raise RefusedError("message text is empty")
    marked = read_marked_text(text, parse_mode, entities, notes)
    if marked.text == "":
        raise RefusedError("text must be non-empty")
    if utf16_length(marked.text) > TEXT_LIMIT:
        raise RefusedError(too_long)
    return marked


def read_caption(text: str, parse_mode: str, entities: list[Json], notes: Notes) -> MarkedText:
    marked = read_marked_text(text, parse_mode, entities, notes)
    if utf16_length(marked.text) > CAPTION_LIMIT:
        raise RefusedError("message caption is too long")
    return marked


def link_mistake(url: str) -> str | None:
    """Why Telegram does not accept a link, or None."""
    found = _URL.fullmatch(url.strip())
    if not url.strip():
        return "URL host is empty"
    if found is None:
        return "Wrong HTTP URL"
    scheme, slashes, rest = (found[1] or "").lower(), found[2], found[3]
    # "example.org:8080" looks like a scheme but is a host with a port.
    if scheme and not slashes and rest[:1].isdigit():
        scheme, rest = "", f"{found[1]}:{rest}"
    if scheme in ("tg", "ton"):
        return None if slashes else "Wrong HTTP URL"
    if scheme not in ("", "http", "https"):
        return "Unsupported URL protocol"
    host, _, port = rest.rpartition("@")[2].partition(":") if not rest.startswith("[") else (rest, "", "")
    if not host:
        return "URL host is empty"
    if port and not (port.isdigit() and 0 < int(port) < 65536):
        return "Wrong HTTP URL"
    return None if _is_known_host(host) else "Wrong HTTP URL"


def check_entities(text: str, entities: list[Json], notes: Notes) -> tuple[Table, ...]:
    """Entities that lie within the text, on whole characters, with what their type needs."""
    if not entities:
        return ()
    size = utf16_length(text)
    inside = _middles(text)
    kept: list[Table] = []
    for entity in entities:
        if not isinstance(entity, dict):
            raise RefusedError("can't parse MessageEntity: expected an Object")
        offset, length = entity["offset"], entity["length"]
        if not isinstance(offset, int) or not isinstance(length, int):
            raise RefusedError("can't parse MessageEntity: expected numbers")
        if offset < 0 or offset > 1_000_000:
            raise RefusedError(f"receive an entity with incorrect offset {offset}")
        if length < 0:
            raise RefusedError(f"receive an entity with incorrect length {length}")
        if length == 0:
            notes.append("an entity of length 0 is dropped by Telegram")
            continue
        if offset >= size:
            raise RefusedError(f"entity begins after the end of the text at UTF-16 offset {offset}")
        end = offset + length
        if end > size:
            raise RefusedError(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end}"
            )
        if offset in inside:
            raise RefusedError(f"entity begins in a middle of a UTF-16 symbol at UTF-16 offset {offset}")
        if end in inside:
            raise RefusedError(
                f"entity beginning at UTF-16 offset {offset} ends in a middle of a UTF-16 symbol at UTF-16 offset {end}"
            )
        _check_belongings(entity)
        kept.append(dict(entity))
    return tuple(kept)


def parse_html(html: str, notes: Notes) -> MarkedText:
    """Telegram's HTML: a handful of tags, four named characters, everything closed in order."""
    pieces: list[str] = []
    position = at = 0
    open_tags: list[_OpenTag] = []
    entities: list[Table] = []

    def push(piece: str) -> None:
        nonlocal position
        pieces.append(piece)
        position += utf16_length(piece)

    while at < len(html):
        here = html[at]
        if here == "&":
            found = _CHARACTER.match(html, at)
            character = _character(found) if found else None
            if found is None or character is None:
                if found is not None and found[0].endswith(";"):
                    notes.append(f"Telegram shows {found[0]} as it is written")
                push("&")
                at += 1
            else:
                push(character)
                at = found.end()
        elif here != "<":
            end = min((place for place in (html.find("&", at), html.find("<", at)) if place >= 0), default=len(html))
            push(html[at:end])
            at = end
        elif html.startswith("</", at):
            at = _close(html, at, open_tags, entities, "".join(pieces), position, notes)
        else:
            tag, at = _read_start_tag(html, at)
            open_tags.append(_OpenTag(tag.name, position, tag.attributes))
    if open_tags:
        raise RefusedError(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1].name}\""
        )
    entities.sort(key=_place)
    return MarkedText("".join(pieces), tuple(entities))


def _byte_offset(html: str, at: int) -> int:
    return len(html[:at].encode())


def _read_start_tag(html: str, at: int) -> tuple[_OpenTag, int]:
    found = _TAG_NAME.match(html, at + 1)
    name = found[0].lower() if found else ""
    offset = _byte_offset(html, at)
    place = at + 1 + len(name)
    if place >= len(html):
        raise RefusedError(f"can't parse entities: Unclosed start tag at byte offset {offset}")
    if name not in _TAGS:
        if html.startswith("!--", at + 1):
            name = "!--"
        raise RefusedError(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {offset}')
    attributes: dict[str, str] = {}
    while True:
        while place < len(html) and html[place].isspace():
            place += 1
        if place >= len(html):
            raise RefusedError(f'can\'t parse entities: Unclosed start tag "{name}" at byte offset {offset}')
        if html[place] == ">":
            break
        attribute = _ATTRIBUTE.match(html, place)
        if attribute is None or attribute.end() == place:
            raise RefusedError(
                f'can\'t parse entities: Empty attribute name in the tag "{name}" at byte offset {offset}'
            )
        value = next((group for group in attribute.groups()[1:] if group is not None), "")
        attributes[attribute[1].lower()] = _CHARACTER.sub(lambda one: _character(one) or one[0], value)
        place = attribute.end()
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise RefusedError(f'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    if name == "tg-emoji" and not attributes.get("emoji-id", "").isdigit():
        raise RefusedError("can't parse entities: Invalid custom emoji identifier specified")
    return _OpenTag(name, 0, attributes), place + 1


def _close(
    html: str,
    at: int,
    open_tags: list[_OpenTag],
    entities: list[Table],
    text: str,
    position: int,
    notes: Notes,
) -> int:
    offset = _byte_offset(html, at)
    end = html.find(">", at)
    if end < 0:
        raise RefusedError(f"can't parse entities: Unclosed end tag at byte offset {offset}")
    if not open_tags:
        raise RefusedError(f"can't parse entities: Unexpected end tag at byte offset {offset}")
    name = html[at + 2 : end].strip().lower()
    tag = open_tags.pop()
    if name not in ("", tag.name):
        raise RefusedError(
            f"can't parse entities: Unmatched end tag at byte offset {offset}, "
            f'expected "</{tag.name}>", found "</{name}>"'
        )
    if position > tag.at:
        entity = _entity(tag, position, _slice(text, tag.at, position), open_tags, notes)
        if entity is not None:
            entities.append(entity)
    return end + 1


def _entity(tag: _OpenTag, position: int, inner: str, open_tags: list[_OpenTag], notes: Notes) -> Table | None:
    entity: Table = {"type": _TAGS[tag.name], "offset": tag.at, "length": position - tag.at}
    if tag.name == "a":
        url = tag.attributes.get("href") or inner
        mistake = link_mistake(url)
        if mistake is not None:
            # Telegram drops such a link without a word: the reader gets text that cannot be tapped.
            notes.append(f"the link {url!r} is dropped: {mistake}")
            return None
        entity["url"] = url
    elif tag.name == "blockquote" and "expandable" in tag.attributes:
        entity["type"] = "expandable_blockquote"
    elif tag.name == "tg-emoji":
        entity["custom_emoji_id"] = tag.attributes["emoji-id"]
    elif tag.name == "code" and open_tags and open_tags[-1].name == "pre" and "class" in tag.attributes:
        open_tags[-1].attributes["language"] = tag.attributes["class"].removeprefix("language-")
        return None
    elif tag.name == "pre" and "language" in tag.attributes:
        entity["language"] = tag.attributes["language"]
    return entity


def _character(found: re.Match[str]) -> str | None:
    if found[3] is not None:
        return _NAMED_CHARACTERS.get(found[3])
    code = int(found[1]) if found[1] is not None else int(found[2], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _check_belongings(entity: Table) -> None:
    kind = entity["type"]
    needed = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}.get(str(kind))
    if needed is not None and needed not in entity:
        raise RefusedError(f"can't parse MessageEntity: Can't find field \"{needed}\"")
    if kind == "text_link":
        mistake = link_mistake(str(entity["url"]))
        if mistake is not None:
            raise RefusedError(f"entity URL '{entity['url']}' is invalid: {mistake}")


def _is_known_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        labels = host.rstrip(".").split(".")
        return len(labels) > 1 and all(labels) and _HOST.fullmatch(host) is not None
    return True


def _middles(text: str) -> set[int]:
    """UTF-16 offsets that lie within one character."""
    if text.isascii():
        return set()
    middles: set[int] = set()
    position = 0
    for character in text:
        if character > "\uffff":
            middles.add(position + 1)
            position += 1
        position += 1
    return middles


def _slice(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def _trim(marked: MarkedText) -> MarkedText:
    """Telegram cuts empty space at both ends, and the entities with it."""
    text = marked.text.rstrip()
    start = len(text) - len(text.lstrip())
    if text == marked.text and start == 0:
        return marked
    text = text[start:]
    size = utf16_length(text)
    kept: list[Table] = []
    for entity in marked.entities:
        begin, end = _span(entity)
        begin, end = max(begin - start, 0), min(end - start, size)
        if end > begin:
            kept.append({**entity, "offset": begin, "length": end - begin})
    return MarkedText(text, tuple(kept))


def _span(entity: Table) -> tuple[int, int]:
    offset, length = entity["offset"], entity["length"]
    if not isinstance(offset, int) or not isinstance(length, int):
        raise TypeError(entity)
    return offset, offset + length


def _place(entity: Table) -> tuple[int, int]:
    begin, end = _span(entity)
    return begin, begin - end
