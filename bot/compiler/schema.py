"""JSON Schemas for editors, made from the same tables that the check uses.

Editors read YAML with guessed types, so `yes` may reach them as a truth and `400` as a number: wherever words may
stand, those are allowed too, and patterns hold for what arrives as text.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.compiler.forms import FILES
from bot.compiler.leaves import Json
from bot.compiler.shapes import (
    NAME,
    Action,
    Condition,
    Either,
    Field,
    Kinds,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shape,
    Words,
    Written,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: Final[list[Json]] = ["string", "number", "boolean"]
_TRUTHS: Final[Mapping[str, bool]] = {"yes": True, "true": True, "no": False, "false": False}


def schemas() -> dict[str, str]:
    """The schema of each kind of file, by the name of its own file."""
    return {f"{kind}.schema.json": _document(kind, shape) for kind, shape in FILES.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas that are missing or out of date, and say which."""
    written: list[Path] = []
    for name, document in schemas().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != document:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document, encoding="utf-8")
            written.append(path)
    return written


def _document(kind: str, shape: Shape) -> str:
    body: dict[str, Json] = {"$schema": DIALECT, "title": kind, **_schema(shape)}
    if "#/$defs/condition" in json.dumps(body):
        body["$defs"] = {"condition": _condition()}
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _schema(shape: Shape) -> dict[str, Json]:
    match shape:
        case Words():
            return {"type": _SCALARS, **({"description": shape.about} if shape.about else {})}
        case Written():
            return {"type": _SCALARS, "pattern": _anchored(shape), "examples": [shape.example]}
        case OneOf(words):
            truths: list[Json] = [_TRUTHS[word] for word in words if word in _TRUTHS]
            numbers: list[Json] = [int(word) for word in words if word.isdigit()]
            return {"enum": [*words, *dict.fromkeys(truths), *numbers]}
        case ListOf():
            return {
                "type": "array",
                "items": _schema(shape.item),
                "minItems": shape.at_least,
                "maxItems": shape.at_most,
            }
        case MapOf():
            return {
                "type": "object",
                "propertyNames": _names(shape.key),
                "additionalProperties": _schema(shape.value),
                "minProperties": shape.at_least,
            }
        case Record():
            return _record(shape.fields)
        case Either():
            parts = [part for part in (shape.words, shape.items, shape.entries) if part is not None]
            return {"anyOf": [_schema(part) for part in parts]} if len(parts) > 1 else _schema(parts[0])
        case Kinds():
            kinds: list[Json] = [_schema(kind) for kind in shape.kinds.values()]
            mere: list[Json] = [{"const": word} for word in shape.mere]
            return {"anyOf": kinds + mere}
        case Action():
            return _action(shape)
        case Condition():
            return {"$ref": "#/$defs/condition"}


def _anchored(shape: Written) -> str:
    return f"^(?:{shape.pattern.pattern})$"


def _names(key: Written | OneOf) -> dict[str, Json]:
    return {"pattern": _anchored(key)} if isinstance(key, Written) else {"enum": list(key.words)}


def _record(fields: tuple[Field, ...]) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    for each in fields:
        described: dict[str, Json] = {"description": each.about} if each.about else {}
        properties[each.name] = {**_schema(each.shape), **described}
    return {
        "type": "object",
        "properties": properties,
        "required": [each.name for each in fields if each.required],
        "additionalProperties": False,
    }


def _action(action: Action) -> dict[str, Json]:
    """One alternative for each word, since the details differ."""
    others = [each for each in action.record.fields if each.name not in (action.selector, action.details)]
    alternatives: list[Json] = []
    for word, form in action.forms.items():
        needs_details = any(each.required for each in form.fields)
        fields = (
            Field(action.selector, OneOf((word,)), required=True),
            Field(action.details, form, required=needs_details),
            *others,
        )
        alternatives.append(_record(fields))
    return {"anyOf": alternatives}


def _condition() -> dict[str, Json]:
    here: dict[str, Json] = {"$ref": "#/$defs/condition"}
    word: dict[str, Json] = {"type": _SCALARS}
    asked: dict[str, Json] = {"anyOf": [word, {"type": "array", "items": word, "minItems": 1}]}
    return {
        "type": "object",
        "description": "All entries must hold; a list means any of; 4+, ..5 and 2..5 are ranges",
        "properties": {"not": here, "any": {"type": "array", "items": here}},
        "patternProperties": {f"^(?!(?:not|any)$)(?:{NAME.pattern.pattern})$": asked},
        "additionalProperties": False,
    }
