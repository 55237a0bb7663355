"""What the Bot API accepts, compiled once into functions: every call is checked, and checking must not be the slow part.

A check hands back the value as Telegram would read it (a form sends the number 5 as the text "5"), raises
`RefusedError` for what Telegram refuses, and notes what Telegram lets pass but a careful caller does not send.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypedDict

from tests.telegram_server.checks import (
    PRIMITIVES,
    Check,
    ShapeError,
    array_of,
    boolean_parameter,
    first_fitting,
    limited,
    naming_field,
    one_of,
    only,
    parsed_parameter,
    shaped,
    text_parameter,
)
from tests.telegram_server.values import Json, Notes, RefusedError, Table

SCHEMA = Path(__file__).with_name("schema.json")


class FieldSpec(TypedDict, total=False):
    types: list[str]
    required: bool
    limit: tuple[int, int]
    unit: str
    always: str
    choices: list[str]


class EntrySpec(TypedDict, total=False):
    returns: list[str]
    any_of: list[str]
    fields: dict[str, FieldSpec]


class SchemaSpec(TypedDict):
    version: str
    methods: dict[str, EntrySpec]
    types: dict[str, EntrySpec]


# Measured where entities are parsed, in marked_text.py.
_AFTER_PARSING = frozenset({"text", "caption"})
_PLAUSIBLE: dict[str, Json] = {"Integer": 1, "Float": 1.0, "String": "-", "Boolean": True}
_EMPTY = {"chat_id": "chat_id is empty", "text": "message text is empty", "url": "url is empty"}


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its parameters' checks and what it returns."""

    name: str
    params: Mapping[str, Check]
    required: tuple[str, ...]
    returns: tuple[str, ...]
    # Parameters that a form carries as JSON.
    encoded: frozenset[str]

    def decode(self, sent: Table) -> Table:
        """The parameters unchecked: for benchmarks, where the checking should not be measured."""
        return {
            name: json.loads(value) if isinstance(value, str) and name in self.encoded else value
            for name, value in sent.items()
        }

    def read(self, sent: Table, notes: Notes) -> Table:
        """The parameters as Telegram reads them; raise RefusedError when it would not."""
        read: Table = {}
        for name, value in sent.items():
            check = self.params.get(name)
            if check is None:
                notes.append(f"{self.name} has no parameter {name!r}")
            elif value is None:
                notes.append(f"{self.name}: {name} is null instead of absent")
            else:
                try:
                    read[name] = check(value, notes)
                except ShapeError as error:
                    raise RefusedError(_lower(str(error))) from error
        for name in self.required:
            if name not in read or read[name] == "":
                raise RefusedError(_EMPTY.get(name, f'parameter "{name}" is required'))
        return read


@dataclass(slots=True)
class Schema:
    """Methods and types of one version of the Bot API."""

    version: str
    _spec: SchemaSpec
    _methods: dict[str, Method] = field(default_factory=dict)
    _checks: dict[str, Check] = field(default_factory=dict)

    @property
    def method_names(self) -> frozenset[str]:
        return frozenset(self._spec["methods"])

    def method(self, name: str) -> Method | None:
        """Names are not case-sensitive in the Bot API, but a careful caller writes them as documented."""
        if name not in self._methods:
            entry = self._spec["methods"].get(name)
            if entry is None:
                return None
            fields = entry["fields"]
            self._methods[name] = Method(
                name,
                {key: self._parameter(name, key, spec) for key, spec in fields.items()},
                tuple(key for key, spec in fields.items() if spec.get("required")),
                tuple(entry["returns"]),
                frozenset(key for key, spec in fields.items() if "String" not in spec["types"]),
            )
        return self._methods[name]

    def mistakes(self, type_name: str, value: Json) -> list[str]:
        """What is wrong with a value that should be of this type, unknown fields included."""
        notes: Notes = []
        try:
            self.check(type_name)(value, notes)
        except (ShapeError, RefusedError) as error:
            notes.append(str(error))
        return notes

    def check(self, type_name: str) -> Check:
        """The check of a type: `Integer`, `Array of User`, `Message`, …"""
        if type_name not in self._checks:
            # Types contain themselves (a message replies to a message): the name is taken before it is compiled.
            self._checks[type_name] = self._later(type_name)
            self._checks[type_name] = self._compile(type_name)
        return self._checks[type_name]

    def _later(self, type_name: str) -> Check:
        def check(value: Json, notes: Notes) -> Json:
            return self._checks[type_name](value, notes)

        return check

    def plausible(self, type_name: str) -> Json:
        """The smallest value of a type: for methods nobody has needed yet."""
        if type_name.startswith("Array of "):
            return []
        if type_name in _PLAUSIBLE:
            return _PLAUSIBLE[type_name]
        entry = self._spec["types"][type_name]
        if "any_of" in entry:
            return self.plausible(entry["any_of"][0])
        return {
            name: spec.get("always") or (spec["choices"][0] if "choices" in spec else self.plausible(spec["types"][0]))
            for name, spec in entry["fields"].items()
            if spec.get("required")
        }

    def _parameter(self, method: str, name: str, spec: FieldSpec) -> Check:
        inner = self._field(method, name, spec)
        types = spec["types"]
        if types == ["String"]:
            return text_parameter(name, inner)
        if "String" in types:
            return inner
        if types == ["Boolean"]:
            return boolean_parameter(name)
        return parsed_parameter(name, inner)

    def _field(self, owner: str, name: str, spec: FieldSpec) -> Check:
        inner = self._union(name, spec["types"])
        if "always" in spec:
            inner = only(name, spec["always"])
        elif "choices" in spec:
            inner = one_of(owner, name, frozenset(spec["choices"]))
        if "limit" in spec and not (name in _AFTER_PARSING and spec["limit"][1] >= 1024):
            inner = limited(owner, name, spec["limit"], spec["unit"], inner)
        return inner

    def _union(self, name: str, types: list[str]) -> Check:
        checks = [self.check(one) for one in types]
        if len(checks) == 1:
            return naming_field(name, types[0], checks[0])
        discriminators = [self._discriminator(one) for one in types]
        return first_fitting(name, types, checks, discriminators)

    def _discriminator(self, type_name: str) -> tuple[str, str | None]:
        """A required field (and its only value) that tells this type from its siblings."""
        fields = self._spec["types"].get(type_name, EntrySpec()).get("fields", {})
        for name, spec in fields.items():
            if "always" in spec:
                return name, spec["always"]
        return next((name for name, spec in fields.items() if spec.get("required")), ""), None

    def _compile(self, type_name: str) -> Check:
        if type_name.startswith("Array of "):
            return array_of(self.check(type_name.removeprefix("Array of ")))
        if type_name in PRIMITIVES:
            return PRIMITIVES[type_name]
        entry = self._spec["types"][type_name]
        if "any_of" in entry:
            return self._union(type_name, entry["any_of"])
        fields = {name: self._field(type_name, name, spec) for name, spec in entry.get("fields", {}).items()}
        required = tuple(name for name, spec in entry.get("fields", {}).items() if spec.get("required"))
        return shaped(type_name, fields, required)


@cache
def load_schema(path: Path = SCHEMA) -> Schema:
    spec: SchemaSpec = json.loads(path.read_text("utf-8"))
    return Schema(spec["version"], spec)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
