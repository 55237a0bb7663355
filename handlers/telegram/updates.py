"""An update of Telegram → what it means to us.

Only the few fields that matter are decoded, straight from the bytes: the library's own objects would take fifty times
as long. Whatever cannot be read is said, never raised, because Telegram repeats what is not acknowledged and holds back
everything else of that person meanwhile.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec
from telegram.constants import ChatType, UpdateType

from bot.desk.letters import Original
from bot.dialogue.events import Edited, Event, Opened, Pressed, Shared, Typed, Wish, Wished
from bot.dialogue.links import may_lead_to
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.facts import Position
from bot.messages import MESSAGE_UNITS, ConversationId, Language
from bot.store.contract import Address
from bot.store.sealing import Vault
from bot.turns.arrival import Arrival
from handlers.telegram.attachments import kind_of
from handlers.telegram.channel import DOOR
from handlers.telegram.desk.knocks import Knock
from handlers.telegram.desk.presses import DESK_PRESS
from handlers.telegram.tapped import Holds, Tapped

ALLOWED_UPDATES: Final = (
    UpdateType.MESSAGE.value,
    UpdateType.EDITED_MESSAGE.value,
    UpdateType.CALLBACK_QUERY.value,
    UpdateType.MY_CHAT_MEMBER.value,
    UpdateType.CHAT_MEMBER.value,
)
"""What we ask for, by name: Telegram remembers an earlier list otherwise."""

_WISHES: Final = {
    "back": Wish.BACK,
    "exit": Wish.EXIT,
    "help": Wish.HELP,
    "home": Wish.HOME,
    "language": Wish.LANGUAGE,
    "menu": Wish.HOME,
    "person": Wish.PERSON,
    "stop": Wish.STOP,
}
_DATA_FLOWS: Final = {"privacy": "about", "settings": "about", "mydata": "my-data", "erase": "erase-data"}
_LAST_SECOND: Final = 2**32
"""No message is from later than that, whatever its date says."""

_PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SOURCE_MARK: Final = "-s-"
_SOURCE_LENGTH: Final = 32
_ENROLLING: Final = re.compile(r"/staff(@\w+)?(\s|$)|/start(@\w+)?\s+staff_", re.IGNORECASE)


Taken: TypeAlias = Arrival | Knock
"""What there is to do for an update."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an update says: something that arrived, something of staff's, or nothing to be answered.

    `label` tells which, from a closed list, for the figures; `source` is the tag of the poster that a link was on.
    `update_id` is None only where not even that can be read.
    """

    update_id: int | None
    label: str
    arrival: Taken | None = None
    source: str = ""


class _User(msgspec.Struct, gc=False):
    id: int
    is_bot: bool = False


class _Chat(msgspec.Struct, gc=False):
    id: int
    type: str


class _Location(msgspec.Struct, gc=False):
    latitude: float
    longitude: float


class _Message(msgspec.Struct, gc=False, rename={"sender": "from"}):
    message_id: int
    chat: _Chat
    date: int = 0
    sender: _User | None = None
    text: str | None = None
    caption: str | None = None
    location: _Location | None = None
    photo: msgspec.Raw = msgspec.Raw()


class _CallbackQuery(msgspec.Struct, gc=False, rename={"sender": "from"}):
    id: str
    sender: _User
    message: _Message | None = None
    data: str | None = None


class _Member(msgspec.Struct, gc=False):
    status: str


class _MemberChange(msgspec.Struct, gc=False):
    chat: _Chat
    new_chat_member: _Member


class _Update(msgspec.Struct, gc=False):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _CallbackQuery | None = None
    my_chat_member: _MemberChange | None = None
    chat_member: _MemberChange | None = None


class _Numbered(msgspec.Struct, gc=False):
    update_id: int


class _Named(msgspec.Struct, gc=False):
    message: dict[str, msgspec.Raw]


_UPDATES: Final = msgspec.json.Decoder(_Update)
_NUMBERS: Final = msgspec.json.Decoder(_Numbered)
_NAMES: Final = msgspec.json.Decoder(_Named)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_update(raw: bytes, vault: Vault, script: Script) -> Reading:
    """What one update means; never raises, whatever the bytes are."""
    try:
        return _read(raw, vault, script)
    except _UNREADABLE:
        return Reading(_read_number(raw), "unreadable")


def _read(raw: bytes, vault: Vault, script: Script) -> Reading:
    update = _UPDATES.decode(raw)
    if update.callback_query is not None:
        return _read_press(update.update_id, update.callback_query, raw, vault)
    if update.message is not None:
        return _read_message(update.update_id, update.message, raw, vault, script)
    if update.my_chat_member is not None:
        return _read_change(update.update_id, update.my_chat_member, raw)
    if update.edited_message is not None:
        return _read_edit(update.update_id, update.edited_message, raw, vault)
    if update.chat_member is not None:
        return _knock(update.update_id, update.chat_member.chat.id, raw)
    return Reading(update.update_id, "other")


def _read_number(raw: bytes) -> int | None:
    try:
        return _NUMBERS.decode(raw).update_id
    except _UNREADABLE:
        return None


def _read_press(update_id: int, query: _CallbackQuery, raw: bytes, vault: Vault) -> Reading:
    message = query.message
    if query.data is None or query.sender.is_bot:
        return Reading(update_id, "other")
    if query.data.startswith(DESK_PRESS):
        return _knock(update_id, query.sender.id if message is None else message.chat.id, raw)
    if message is None:
        # Too old for Telegram to show us; it was a private one, for we send no others.
        chat, tapped = str(query.sender.id), None
    elif message.chat.type != ChatType.PRIVATE:
        return Reading(update_id, "group")
    else:
        # A message that cannot be reached any more has no date; nothing can take its place.
        chat, tapped = str(message.chat.id), _tapped(message) if message.date else None
    conversation = _conversation_of(vault, chat)
    arrival = Arrival(
        conversation,
        vault.arrival_id(conversation, str(update_id)),
        Address(DOOR, chat),
        _pressed(query.data, message),
        tapped=tapped,
        acknowledges=query.id,
        raw=raw,
    )
    return Reading(update_id, "press", arrival)


def _pressed(data: str, message: _Message | None) -> Pressed:
    if message is None or not message.date:
        return Pressed(data)
    return Pressed(data, str(message.message_id), datetime.fromtimestamp(max(0, min(message.date, _LAST_SECOND)), UTC))


def _tapped(message: _Message) -> str:
    holds = Holds.WORDS if message.text is not None else Holds.PHOTO if message.photo else Holds.OTHER
    return str(Tapped(message.message_id, holds))


@lru_cache(maxsize=4096)
def _conversation_of(vault: Vault, chat: str) -> ConversationId:
    # Who taps once taps again soon.
    return vault.conversation_id(DOOR, chat)


def _read_message(update_id: int, message: _Message, raw: bytes, vault: Vault, script: Script) -> Reading:
    if message.chat.type != ChatType.PRIVATE:
        return _knock(update_id, message.chat.id, raw)
    if message.sender is not None and message.sender.is_bot:
        return Reading(update_id, "bot")
    source = ""
    if message.text:
        if _ENROLLING.match(message.text) is not None:
            return _knock(update_id, message.chat.id, raw, "staff")
        event, source = _hear(message.text[:MESSAGE_UNITS], script, str(message.message_id))
    else:
        shared = _receive(message, raw)
        if shared is None:
            return Reading(update_id, "service")
        event = shared
    chat = str(message.chat.id)
    conversation = _conversation_of(vault, chat)
    arrival_id = vault.arrival_id(conversation, str(update_id))
    arrival = Arrival(conversation, arrival_id, Address(DOOR, chat), event, raw=raw)
    return Reading(update_id, _LABELS[type(event)], arrival, source)


_LABELS: Final[dict[type[Event], str]] = {
    Opened: "opened",
    Wished: "wished",
    Typed: "typed",
    Shared: "shared",
}


def _hear(words: str, script: Script, message: str) -> tuple[Event, str]:
    if not words.startswith("/"):
        return Typed(words, message), ""
    command, *rest = words[1:].split(maxsplit=1) or [""]
    name = command.partition("@")[0].lower()
    if name == "start":
        return _open("".join(rest).strip(), script)
    if name in _WISHES and not (rest and name == "help"):
        # Who writes more than "/help" says what for; those words are heard.
        return Wished(_WISHES[name], message), ""
    if name in _DATA_FLOWS:
        return Opened(flow=_DATA_FLOWS[name]), ""
    # Nobody means the slash: "/hotlines" asks for hotlines.
    return Typed(words[1:].replace("_", " ").strip() or words, message), ""


def _open(payload: str, script: Script) -> tuple[Event, str]:
    """Where a link leads, by parts joined with `_` or `-`: `km`, `km_offer-check`, `km_offer-check_s-poster1`.

    A part is a language, a flow or topic, or `s-` and a source tag; what is none of these is passed over.
    """
    if _PAYLOAD.fullmatch(payload) is None:
        return Opened(), ""
    language: Language | None = None
    flow: FlowId | None = None
    source = ""
    for part in payload.lower().split("_"):
        left = part
        if language is None and left[:2] in script.tongues and left[2:3] in ("", "-") and not _find_flow(left, script):
            language, left = Language(left[:2]), left[3:]
        before, mark, tag = f"-{left}".rpartition(_SOURCE_MARK)
        if mark:
            left, source = before[1:], tag[:_SOURCE_LENGTH]
        flow = flow or _find_flow(left, script)
    return Opened(language, flow), source


def _find_flow(name: str, script: Script) -> FlowId | None:
    return next((flow for flow in (FlowId(name), FlowId(f"topic.{name}")) if may_lead_to(script, flow)), None)


def _receive(message: _Message, raw: bytes) -> Shared | None:
    """What was sent besides words; nothing where nobody meant to say anything."""
    kind = kind_of(_NAMES.decode(raw).message)
    if kind is None:
        return None
    original = Original(DOOR, str(message.chat.id), str(message.message_id))
    # The words under a picture may be a call for help; we cannot look at the picture anyway.
    return Shared(kind, _position(message.location), original, (message.caption or "")[:MESSAGE_UNITS])


def _position(location: _Location | None) -> Position | None:
    if location is None or abs(location.latitude) > 90 or abs(location.longitude) > 180:
        return None
    return Position(location.latitude, location.longitude)


def _read_change(update_id: int, change: _MemberChange, raw: bytes) -> Reading:
    if change.chat.type != ChatType.PRIVATE:
        return _knock(update_id, change.chat.id, raw)
    return Reading(update_id, "blocked" if change.new_chat_member.status == "kicked" else "unblocked")


def _read_edit(update_id: int, message: _Message, raw: bytes, vault: Vault) -> Reading:
    if message.chat.type != ChatType.PRIVATE:
        return _knock(update_id, message.chat.id, raw)
    if not message.text or (message.sender is not None and message.sender.is_bot):
        return Reading(update_id, "other")
    chat = str(message.chat.id)
    conversation = _conversation_of(vault, chat)
    event = Edited(message.text[:MESSAGE_UNITS], str(message.message_id))
    arrival_id = vault.arrival_id(conversation, str(update_id))
    return Reading(update_id, "edited", Arrival(conversation, arrival_id, Address(DOOR, chat), event, raw=raw))


def _knock(update_id: int, chat: int, raw: bytes, label: str = "group") -> Reading:
    """What is for the desk is read there: it is rare, and holds more."""
    return Reading(update_id, label, Knock(ConversationId(f"{DESK_PRESS}{chat}"), str(update_id), raw))
