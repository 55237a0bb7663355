"""Small checks and what joins them: each reads one value as Telegram would, or says what is wrong with it."""

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.telegram_server.values import Json, Notes, RefusedError, Table, utf16_length

Check: TypeAlias = Callable[[Json, Notes], Json]

# Telegram clamps these instead of refusing.
_CLAMPED = frozenset({"limit", "max_connections"})
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


class ShapeError(Exception):
    """A value does not have the shape of its type."""


class SilentNotes(list[str]):
    """Where nobody wants to know."""

    def append(self, item: str) -> None:
        """Forget it."""


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


PRIMITIVES: dict[str, Check] = {
    "Integer": _integer,
    "Float": _number,
    "String": _text,
    "Boolean": _boolean,
    # An upload reaches the checks as "attach://name"; the file itself stays beside the parameters.
    "InputFile": _text,
}


def naming_field(name: str, type_name: str, check: Check) -> Check:
    """The check, its error naming the field as Telegram does."""
    if type_name not in PRIMITIVES and not type_name.startswith("Array of "):
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


def array_of(check: Check) -> Check:
    def array(value: Json, notes: Notes) -> Json:
        if not isinstance(value, list):
            raise ShapeError("must be of type Array")
        return [check(item, notes) for item in value]

    return array


def shaped(type_name: str, fields: Mapping[str, Check], required: tuple[str, ...]) -> Check:
    prefix = _PREFIXES.get(type_name, "")

    def check_shape(value: Json, notes: Notes) -> Json:
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

    return check_shape


def first_fitting(
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


def only(name: str, only: str) -> Check:
    def always(value: Json, notes: Notes) -> Json:
        if value != only:
            raise ShapeError(f'Field "{name}" must be "{only}"')
        return value

    return always


def one_of(owner: str, name: str, choices: frozenset[str]) -> Check:
    if owner == "MessageEntity":
        words = "Unsupported type specified"
    elif owner == "sendChatAction":
        words = "Wrong parameter action in request"
    else:
        words = f'Field "{name}" must be one of {", ".join(sorted(choices))}'

    def chosen(value: Json, notes: Notes) -> Json:
        if value not in choices:
            if owner == "ReactionTypeEmoji":
                raise RefusedError("REACTION_INVALID")
            raise ShapeError(words)
        return value

    return chosen


def limited(owner: str, name: str, limit: tuple[int, int], unit: str, check: Check) -> Check:
    low, high = limit
    words = _WORDS_FOR_TOO_LONG.get(f"{owner}.{name}") or _WORDS_FOR_TOO_LONG.get(name)
    words = words or f"{owner}.{name} must have {low}-{high} {unit}"

    def check_limit(value: Json, notes: Notes) -> Json:
        read = check(value, notes)
        size = _size(read, unit)
        if not low <= size <= high:
            if name in _CLAMPED:
                notes.append(f"{owner}.{name} is {read!r}, not {low}-{high}")
                return min(max(int(size), low), high)
            raise RefusedError(words)
        return read

    return check_limit


def _size(value: Json, unit: str) -> int | float:
    if isinstance(value, str):
        return len(value.encode()) if unit == "bytes" else utf16_length(value)
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | float) else 0


def text_parameter(name: str, check: Check) -> Check:
    def text(value: Json, notes: Notes) -> Json:
        if isinstance(value, dict | list | bool):
            raise ShapeError(f'Field "{name}" must be of type String')
        return check(value, notes)

    return text


def boolean_parameter(name: str) -> Check:
    def boolean(value: Json, notes: Notes) -> Json:
        if isinstance(value, bool):
            return value
        word = str(value).lower()
        if word not in ("true", "false", "1", "0", "yes", "no"):
            raise ShapeError(f'Field "{name}" must be of type Boolean')
        return word in ("true", "1", "yes")

    return boolean


def parsed_parameter(name: str, check: Check) -> Check:
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
