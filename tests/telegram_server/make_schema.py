"""Makes `schema.json` from a machine-readable Bot API specification: shapes and limits, no prose.

    python -m tests.telegram_server.make_schema api.json

The specification (MIT licence, see NOTICE) says its limits only in sentences, so they are read out of them here,
once, and a reader of a diff sees which limit changed with a new version of the Bot API.
"""

import json
import re
import sys
from pathlib import Path
from typing import TypedDict

SCHEMA = Path(__file__).with_name("schema.json")

_UNITS = ("characters", "bytes", "items")
_RANGE = re.compile(r"(?<![\w-])(\d+)-(\d+)(?![\w-])( ?\w*)", re.IGNORECASE)
_VALUES_BETWEEN = re.compile(r"[Mm]ust be between (\d+) and (\d+)")
_AT_MOST = re.compile(r"[Aa]t most (\d+) \w+ can be specified")
_ALWAYS = re.compile(r"(?:always|must be) \"(\w+)\"\.?$|must be (\w+)$")
_CHOICES = re.compile(r"(?:[Mm]ust be one of|can be either|currently one of|[Cc]an be one of|Currently, can be) (\".*)")
_QUOTED = re.compile(r"\"([\w./]+)\"(?: \([^)]*\))?(?:,? or |, |$|\.|;| for)")

# Listed without quotation marks, so no rule finds them.
_REACTIONS = re.compile(r"\"([^\"]+)\"")
_CHAT_ACTIONS = re.compile(r"\b((?:typing|upload|record|choose|find)(?:_\w+)?)\b")


class SpecField(TypedDict):
    name: str
    types: list[str]
    required: bool
    description: str


class SpecEntry(TypedDict, total=False):
    description: list[str]
    returns: list[str]
    fields: list[SpecField]
    subtypes: list[str]


class Specification(TypedDict):
    version: str
    methods: dict[str, SpecEntry]
    types: dict[str, SpecEntry]


class Field(TypedDict, total=False):
    types: list[str]
    required: bool
    limit: list[int]
    unit: str
    always: str
    choices: list[str]


class Entry(TypedDict, total=False):
    returns: list[str]
    any_of: list[str]
    fields: dict[str, Field]


def make_schema(specification: Specification) -> dict[str, str | dict[str, Entry]]:
    return {
        "version": specification["version"],
        "methods": {name: _entry(name, entry) for name, entry in specification["methods"].items()},
        "types": {name: _entry(name, entry) for name, entry in specification["types"].items()},
    }


def _entry(owner: str, entry: SpecEntry) -> Entry:
    made = Entry()
    if "returns" in entry:
        made["returns"] = entry["returns"]
    if "subtypes" in entry:
        made["any_of"] = entry["subtypes"]
    else:
        made["fields"] = {field["name"]: _field(owner, field) for field in entry.get("fields", [])}
    return made


def _field(owner: str, field: SpecField) -> Field:
    made = Field(types=field["types"])
    if field["required"]:
        made["required"] = True
    description = field["description"]
    limit = _limit(owner, field)
    if limit is not None:
        made["limit"], made["unit"] = [limit[0], limit[1]], limit[2]
    if field["types"] == ["String"]:
        if always := _ALWAYS.search(description):
            made["always"] = always[1] or always[2]
        elif owner == "sendChatAction" and field["name"] == "action":
            made["choices"] = sorted({word for word in _CHAT_ACTIONS.findall(description) if word != "find"})
        elif owner == "ReactionTypeEmoji" and field["name"] == "emoji":
            made["choices"] = _REACTIONS.findall(description)
        elif (choices := _CHOICES.search(description)) and len(found := _QUOTED.findall(choices[1])) > 1:
            made["choices"] = found
    return made


def _limit(owner: str, field: SpecField) -> tuple[int, int, str] | None:
    description, types = field["description"], field["types"]
    if owner == "Dice" or types in (["Boolean"], ["InputFile", "String"]):
        return None
    if found := _AT_MOST.search(description):
        return 0, int(found[1]), "items"
    if found := _VALUES_BETWEEN.search(description):
        return int(found[1]), int(found[2]), "value"
    for found in _RANGE.finditer(description):
        unit = found[3].strip().lower()
        if int(found[1]) > int(found[2]):
            continue  # "ISO 3166-1" is no limit.
        if types[0].startswith("Array"):
            return int(found[1]), int(found[2]), "items"
        if types == ["String"]:
            if unit in _UNITS:
                return int(found[1]), int(found[2]), unit
            continue
        return int(found[1]), int(found[2]), "value"
    return None


def _lines(schema: dict[str, str | dict[str, Entry]]) -> str:
    """One method or type on a line: small, and a diff still shows what changed."""

    def compact(value: str | Entry) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    parts: list[str] = []
    for key, value in schema.items():
        if isinstance(value, str):
            parts.append(f"{json.dumps(key)}:{compact(value)}")
        else:
            inner = ",\n".join(f"{json.dumps(name)}:{compact(entry)}" for name, entry in value.items())
            parts.append(f"{json.dumps(key)}:{{\n{inner}\n}}")
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.telegram_server.make_schema SPECIFICATION.json")
    SCHEMA.write_text(_lines(make_schema(json.loads(Path(sys.argv[1]).read_text("utf-8")))), "utf-8")
