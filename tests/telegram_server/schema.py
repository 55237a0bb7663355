"""What the Bot API accepts, compiled once into functions: every call is checked, and checking must not be the slow part.

A check hands back the value as Telegram would read it (a form sends the number 5 as the text "5"), raises
`RefusedError` for what Telegram refuses, and notes what Telegram lets pass but a careful caller does not send.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias, TypedDict

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Table: TypeAlias = dict[str, Json]
Notes: TypeAlias = list[str]
Check: TypeAlias = Callable[[Json, Notes], Json]

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


class RefusedError(Exception):
    """Telegram's "no": `tolerated` when the caller could not have known better."""

    def __init__(
        self, description: str, *, code: int = 400, parameters: Table | None = None, tolerated: bool = False
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description if code != 400 else f"Bad Request: {description}"
        self.parameters = parameters
        self.tolerated = tolerated


class ShapeError(Exception):
    """A value does not have the shape of its type."""


class SilentNotes(list[str]):
    """Where nobody wants to know."""

    def append(self, item: str) -> None:
        """Forget it."""


def utf16_length(text: str) -> int:
    """Telegram counts text in UTF-16 code units: an emoji beyond the basic plane counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


# Telegram clamps these instead of refusing.
_CLAMPED = frozenset({"limit", "max_connections"})
# Measured where entities are parsed, in marked_text.py.
_AFTER_PARSING = frozenset({"text", "caption"})
_WORDS_FOR_TOO_LONG = {
    "callback_data": "BUTTON_DATA_INVALID",
    "answerCallbackQuery.text": "MESSAGE_TOO_LONG",
    "CopyTextButton.text": "BUTTON_COPY_TEXT_INVALID",
    "BotCommand.command": "BOT_COMMAND_INVALID",
    "BotCommand.description": "BOT_COMMAND_DESCRIPTION_INVALID",
    "KeyboardButtonRequestUsers.max_quantity": "BUTTON_QUANTITY_MAX_INVALID",
    "createForumTopic.name": "TOPIC_TITLE_INVALID",
    "setMyName.name": "BOT_TITLE_INVALID",
    "setMyDescription.description": "BOT_DESCRIPTION_INVALID",
    "setMyShortDescription.short_description": "BOT_SHORT_DESCRIPTION_INVALID",
    "setMyCommands.commands": "BOT_COMMANDS_TOO_MUCH",
    "secret_token": "secret token is too long",
    "deleteMessages.message_ids": "too many or no message identifiers specified",
}
_PREFIXES = {
    "InlineKeyboardButton": "can't parse inline keyboard button: ",
    "KeyboardButton": "can't parse keyboard button: ",
    "MessageEntity": "can't parse MessageEntity: ",
    "BotCommand": "can't parse BotCommand: ",
}
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
            return _text_parameter(name, inner)
        if "String" in types:
            return inner
        if types == ["Boolean"]:
            return _boolean_parameter(name)
        return _parsed_parameter(name, inner)

    def _field(self, owner: str, name: str, spec: FieldSpec) -> Check:
        inner = self._union(name, spec["types"])
        if "always" in spec:
            inner = _always(name, spec["always"])
        elif "choices" in spec:
            inner = _chosen(owner, name, frozenset(spec["choices"]))
        if "limit" in spec and not (name in _AFTER_PARSING and spec["limit"][1] >= 1024):
            inner = _limited(owner, name, spec["limit"], spec["unit"], inner)
        return inner

    def _union(self, name: str, types: list[str]) -> Check:
        checks = [self.check(one) for one in types]
        if len(checks) == 1:
            return _named(name, types[0], checks[0])
        discriminators = [self._discriminator(one) for one in types]
        return _first_fitting(name, types, checks, discriminators)

    def _discriminator(self, type_name: str) -> tuple[str, str | None]:
        """A required field (and its only value) that tells this type from its siblings."""
        fields = self._spec["types"].get(type_name, EntrySpec()).get("fields", {})
        for name, spec in fields.items():
            if "always" in spec:
                return name, spec["always"]
        return next((name for name, spec in fields.items() if spec.get("required")), ""), None

    def _compile(self, type_name: str) -> Check:
        if type_name.startswith("Array of "):
            return _array(self.check(type_name.removeprefix("Array of ")))
        if type_name in _PRIMITIVES:
            return _PRIMITIVES[type_name]
        entry = self._spec["types"][type_name]
        if "any_of" in entry:
            return self._union(type_name, entry["any_of"])
        fields = {name: self._field(type_name, name, spec) for name, spec in entry.get("fields", {}).items()}
        required = tuple(name for name, spec in entry.get("fields", {}).items() if spec.get("required"))
        return _object(type_name, fields, required)


@cache
def load_schema(path: Path = SCHEMA) -> Schema:
    spec: SchemaSpec = json.loads(path.read_text("utf-8"))
    return Schema(spec["version"], spec)


def _integer(value: Json, notes: Notes) -> Json:
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        notes.append(f"{value!r} is not written as an integer")
        return int(value)
    if isinstance(value, str):
        try:
            number = int(value)
        except ValueError:
            raise ShapeError("must be of type Integer") from None
        notes.append(f"{value!r} is a text instead of a number")
        return number
    raise ShapeError("must be of type Integer")


def _number(value: Json, notes: Notes) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ShapeError("must be of type Number")
    return value


def _text(value: Json, notes: Notes) -> Json:
    if isinstance(value, str):
        return value
    if type(value) in (int, float):
        notes.append(f"{value!r} is a number instead of a text")
        return str(value)
    raise ShapeError("must be of type String")


def _boolean(value: Json, notes: Notes) -> Json:
    if isinstance(value, bool):
        return value
    raise ShapeError("must be of type Boolean")


_PRIMITIVES: dict[str, Check] = {
    "Integer": _integer,
    "Float": _number,
    "String": _text,
    "Boolean": _boolean,
    # An upload reaches the checks as "attach://name"; the file itself stays beside the parameters.
    "InputFile": _text,
}
_PLAUSIBLE: dict[str, Json] = {"Integer": 1, "Float": 1.0, "String": "-", "Boolean": True}


def _named(name: str, type_name: str, check: Check) -> Check:
    """The check, its error naming the field as Telegram does."""
    if type_name not in _PRIMITIVES and not type_name.startswith("Array of "):
        return check

    def named(value: Json, notes: Notes) -> Json:
        try:
            return check(value, notes)
        except ShapeError as error:
            words = str(error)
            if words.startswith("must be"):
                raise ShapeError(f'Field "{name}" {words}') from None
            raise

    return named


def _array(check: Check) -> Check:
    def array(value: Json, notes: Notes) -> Json:
        if not isinstance(value, list):
            raise ShapeError("must be of type Array")
        return [check(item, notes) for item in value]

    return array


def _object(type_name: str, fields: Mapping[str, Check], required: tuple[str, ...]) -> Check:
    prefix = _PREFIXES.get(type_name, "")

    def shaped(value: Json, notes: Notes) -> Json:
        if not isinstance(value, dict):
            raise ShapeError(f"{prefix}{type_name} must be an Object")
        try:
            read: Table = {}
            for name, inner in value.items():
                check = fields.get(name)
                if check is None:
                    notes.append(f"{type_name} has no field {name!r}")
                elif inner is None:
                    notes.append(f"{type_name}.{name} is null instead of absent")
                else:
                    read[name] = check(inner, notes)
            for name in required:
                if name not in read:
                    raise ShapeError(f'Can\'t find field "{name}"')
        except ShapeError as error:
            if prefix and not str(error).startswith("can't parse"):
                raise ShapeError(prefix + str(error)) from None
            raise
        return read

    return shaped


def _first_fitting(
    name: str, types: list[str], checks: list[Check], discriminators: list[tuple[str, str | None]]
) -> Check:
    def fitting(value: Json, notes: Notes) -> Json:
        if isinstance(value, dict):
            for check, (key, only) in zip(checks, discriminators, strict=True):
                if key and key in value and (only is None or value[key] == only):
                    return check(value, notes)
            raise ShapeError(f'Field "{name}" is none of {", ".join(types)}')
        for check in checks:
            try:
                return check(value, SilentNotes())
            except ShapeError:
                continue
        raise ShapeError(f'Field "{name}" must be of type {" or ".join(types)}')

    return fitting


def _always(name: str, only: str) -> Check:
    def always(value: Json, notes: Notes) -> Json:
        if value != only:
            raise ShapeError(f'Field "{name}" must be "{only}"')
        return value

    return always


def _chosen(owner: str, name: str, choices: frozenset[str]) -> Check:
    if owner == "MessageEntity":
        words = "Unsupported type specified"
    elif owner == "sendChatAction":
        words = "Wrong parameter action in request"
    else:
        words = f'Field "{name}" must be one of {", ".join(sorted(choices))}'

    def chosen(value: Json, notes: Notes) -> Json:
        if value not in choices:
            raise ShapeError(words)
        return value

    return chosen


def _limited(owner: str, name: str, limit: tuple[int, int], unit: str, check: Check) -> Check:
    low, high = limit
    words = _WORDS_FOR_TOO_LONG.get(f"{owner}.{name}") or _WORDS_FOR_TOO_LONG.get(name)
    words = words or f"{owner}.{name} must have {low}-{high} {unit}"

    def limited(value: Json, notes: Notes) -> Json:
        read = check(value, notes)
        size = _size(read, unit)
        if not low <= size <= high:
            if name in _CLAMPED:
                notes.append(f"{owner}.{name} is {read!r}, not {low}-{high}")
                return min(max(int(size), low), high)
            raise RefusedError(words)
        return read

    return limited


def _size(value: Json, unit: str) -> int | float:
    if isinstance(value, str):
        return len(value.encode()) if unit == "bytes" else utf16_length(value)
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | float) else 0


def _text_parameter(name: str, check: Check) -> Check:
    def text(value: Json, notes: Notes) -> Json:
        if isinstance(value, dict | list | bool):
            raise ShapeError(f'Field "{name}" must be of type String')
        return check(value, notes)

    return text


def _boolean_parameter(name: str) -> Check:
    def boolean(value: Json, notes: Notes) -> Json:
        if isinstance(value, bool):
            return value
        word = str(value).lower()
        if word not in ("true", "false", "1", "0", "yes", "no"):
            raise ShapeError(f'Field "{name}" must be of type Boolean')
        return word in ("true", "1", "yes")

    return boolean


def _parsed_parameter(name: str, check: Check) -> Check:
    """Forms carry everything but text as JSON."""

    def parsed(value: Json, notes: Notes) -> Json:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                what = "reply keyboard markup" if name == "reply_markup" else name
                raise RefusedError(f"can't parse {what} JSON object") from None
        return check(value, notes)

    return parsed


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
