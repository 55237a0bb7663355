"""An XLIFF 2.0 file, for translators who work with the tools of their trade.

Each text is a unit of one segment; what the bot fills in ({fact:…}, {hotline:…}, {name}) is a placeholder that tools
show as one piece and do not let anybody change. A file with a document type or entities is refused unread.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.messages import Language
from bot.studio.exchange.errors import ExchangeError, Fault, refuse_large
from bot.studio.units import MOST, Incoming, State, Unit

NAME: Final = "xlf"
_SPACE: Final = "urn:oasis:names:tc:xliff:document:2.0"
_SLOT: Final = re.compile(r"(\{[^{}]*\})")
_TO_STATE: Final = {
    State.MISSING: "initial",
    State.STALE: "initial",
    State.DRAFT: "translated",
    State.REVIEWED: "reviewed",
}
_REVIEWED: Final = frozenset({"reviewed", "final"})
_DEEPEST: Final = 32
_LONGEST_SLOT: Final = 200
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
# Controls cannot stand in XML at all; content has none.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write(units: Iterable[Unit], language: Language) -> bytes:
    """A file with one unit for each text, grouped by where their English stands."""
    register_namespace("", _SPACE)
    root = Element(_named("xliff"), {"version": "2.0", "srcLang": "en", "trgLang": language})
    ordered = sorted(units, key=lambda unit: unit.file)
    for number, (name, of_file) in enumerate(groupby(ordered, key=lambda unit: unit.file), 1):
        file = SubElement(root, _named("file"), {"id": f"f{number}", "original": name})
        for unit in of_file:
            _write_unit(SubElement(file, _named("unit"), {"id": unit.id}), unit)
    _indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'.encode()


def _write_unit(element: Element, unit: Unit) -> None:
    slots = list(dict.fromkeys(_SLOT.findall(f"{unit.english}\n{unit.words}")))
    notes = SubElement(element, _named("notes"))
    SubElement(notes, _named("note"), {"category": "from"}).text = unit.hash
    if slots:
        originals = SubElement(element, _named("originalData"))
        for number, slot in enumerate(slots, 1):
            SubElement(originals, _named("data"), {"id": f"d{number}"}).text = slot
    segment = SubElement(element, _named("segment"), {"state": _TO_STATE[unit.state]})
    source = SubElement(segment, _named("source"), {f"{_XML}space": "preserve"})
    _write_words(source, unit.english, slots)
    if unit.words:
        target = SubElement(segment, _named("target"), {f"{_XML}space": "preserve"})
        _write_words(target, unit.words, slots)


def _write_words(element: Element, words: str, slots: list[str]) -> None:
    last: Element | None = None
    seen = 0
    for index, part in enumerate(_SLOT.split(_NOT_XML.sub("", words))):
        if index % 2:
            seen += 1
            known = {"id": f"p{seen}", "dataRef": f"d{slots.index(part) + 1}", "disp": part, "canDelete": "no"}
            last = SubElement(element, _named("ph"), known)
        elif last is None:
            element.text = part
        else:
            last.tail = part


def _indent(root: Element) -> None:
    """Lines for people who open it; within words nothing may change."""
    kept = [(each, each.text, [(child, child.tail) for child in each]) for each in root.iter() if _holds_words(each)]
    indent(root)
    for each, text, tails in kept:
        each.text = text
        for child, tail in tails:
            child.tail = tail


def _holds_words(element: Element) -> bool:
    return element.tag in {_named("source"), _named("target")}


def read(content: bytes, language: Language) -> tuple[Incoming, ...]:
    """What stands in a file that came back; raise ExchangeError where it is none of ours."""
    refuse_large(content)
    try:
        root = fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise ExchangeError(Fault.NOT_THIS_FORM, error.position[0]) from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise ExchangeError(Fault.NOT_THIS_FORM) from error
    if root.tag != _named("xliff") or _depth(root) > _DEEPEST:
        raise ExchangeError(Fault.NOT_THIS_FORM)
    told = root.get("trgLang", "")
    if told.partition("-")[0] != language:
        raise ExchangeError(Fault.WRONG_LANGUAGE, 1, told)
    units = list(root.iter(_named("unit")))
    if len(units) > MOST:
        raise ExchangeError(Fault.TOO_MANY, 1, str(MOST))
    return tuple(_read_unit(unit, number) for number, unit in enumerate(units, 1))


def _depth(root: Element) -> int:
    """How many elements stand within each other at most, counted no further than it matters."""
    depth, level = 0, [root]
    while level and depth <= _DEEPEST:
        depth, level = depth + 1, [child for each in level for child in each]
    return depth


def _read_unit(unit: Element, number: int) -> Incoming:
    """One text; its line is its number in the file, since a tool may have put all of it into one line."""
    # What is named again and again must not grow beyond all bounds.
    slots = {data.get("id", ""): (data.text or "")[:_LONGEST_SLOT] for data in unit.iter(_named("data"))}
    segments = list(unit.iter(_named("segment")))
    hashes = [note.text or "" for note in unit.iter(_named("note")) if note.get("category") == "from"]
    # A tool may have cut a text into sentences; what stood between them is in elements that it must not touch.
    source, target = _whole(unit, "source", slots), _whole(unit, "target", slots)
    states = {segment.get("state", "initial") for segment in segments}
    return Incoming(
        unit.get("id", ""),
        target,
        number,
        source,
        hashes[0].strip() if hashes else "",
        is_reviewed=bool(states) and states <= _REVIEWED,
    )


def _whole(unit: Element, kind: str, slots: dict[str, str]) -> str:
    parts: list[str] = []
    for piece in unit:
        if piece.tag not in {_named("segment"), _named("ignorable")}:
            continue
        holder = piece.find(_named(kind))
        if holder is None and kind == "target" and piece.tag == _named("ignorable"):
            holder = piece.find(_named("source"))
        if holder is None and piece.tag == _named("segment"):
            # Half of a text is no text.
            return ""
        if holder is not None:
            parts += _words(holder, slots)
    return "".join(parts)


def _words(element: Element, slots: dict[str, str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == _named("ph"):
            yield slots.get(child.get("dataRef", ""), child.get("disp", ""))
        else:
            # Marks of a tool around words: the words count.
            yield from _words(child, slots)
        yield child.tail or ""


def _named(tag: str) -> str:
    return f"{{{_SPACE}}}{tag}"
