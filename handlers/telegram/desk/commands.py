"""The short commands that staff type in a ticket's topic, and what their buttons' actions mean. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from bot.desk.actions import (
    AcceptReferral,
    AskColleague,
    CancelReferral,
    Claim,
    Close,
    DeclineReferral,
    HandOver,
    Look,
    Refer,
    Release,
    Reopen,
    SendCanned,
    SendCard,
    SetLabel,
    SetUrgency,
    StaffAction,
)
from bot.desk.decided import Refusal
from bot.desk.helplines import HelplineId
from bot.desk.staff_deciding import STAFF_REASONS
from bot.desk.ticket import CloseReason, Urgency
from bot.dialogue.desk_wording import DeskWording
from handlers.telegram.desk.menus import find_colleague
from handlers.telegram.desk.presses import short

_COMMAND: Final = re.compile(r"/([A-Za-z_]{1,32})(?:@\w{1,64})?(?:\s+(.*))?", re.DOTALL)

_VERBS: Final = {
    "claim": "claim",
    "take": "claim",
    "release": "release",
    "give": "give",
    "ask": "ask",
    "urgent": "urgency",
    "urgency": "urgency",
    "emergency": "urgency:emergency",
    "normal": "urgency:normal",
    "label": "label",
    "phrase": "phrase",
    "reply": "canned",
    "refer": "refer",
    "accept": "accept",
    "decline": "decline",
    "cancel": "cancel-referral",
    "close": "close",
    "reopen": "reopen",
    "look": "look",
    "buttons": "look",
    "help": "help",
    "link": "link",
    "staff": "staff",
    "start": "start",
}
_UNLISTED: Final = frozenset({"start"})
"""Telegram types it by itself for whoever follows a link."""

_MENU_OF: Final = {"canned": "reply"}


@dataclass(frozen=True, slots=True)
class Command:
    """What was typed, as an action; `verb` is empty where there is no such command."""

    typed: str
    verb: str
    argument: str = ""

    @property
    def menu(self) -> str:
        """The menu that asks for what was left out."""
        return _MENU_OF.get(self.verb, self.verb)


def read_command(text: str) -> Command | None:
    """A command, or nothing where it is none."""
    found = _COMMAND.fullmatch(text.strip())
    if found is None:
        return Command(text.split(maxsplit=1)[0][:32], "") if text.startswith("/") else None
    typed, argument = found[1].lower(), (found[2] or "").strip()
    verb, _, given = _VERBS.get(typed, "").partition(":")
    return Command(f"/{typed}", verb, given or argument)


def listed_commands() -> dict[str, str]:
    """What is to be typed for each verb, in the order of the list: for `claim`, `/claim, /take`."""
    typed: dict[str, list[str]] = {}
    for name, verb in _VERBS.items():
        if verb not in _UNLISTED:
            typed.setdefault(verb.replace(":", "-"), []).append(f"/{name}")
    return {verb: ", ".join(names) for verb, names in typed.items()}


def action_of(verb: str, argument: str, wording: DeskWording, ref: str) -> StaffAction | Refusal | None:
    """The action behind a verb; a refusal where it names what is not there, and None where something is left out."""
    match verb:
        case "claim":
            return Claim()
        case "release":
            return Release()
        case "accept":
            return AcceptReferral()
        case "cancel-referral":
            return CancelReferral()
        case "reopen":
            return Reopen()
        case "look":
            return Look()
        case _ if not argument:
            return None
        case _:
            return _with_argument(verb, argument, wording, ref)


def _with_argument(verb: str, argument: str, wording: DeskWording, ref: str) -> StaffAction | Refusal | None:
    match verb:
        case "give" | "ask":
            staff = next(
                (one.id for one in wording.roster.members.values() if short(one.id) == argument),
                find_colleague(wording, argument),
            )
            if staff is None:
                return Refusal.NO_SUCH_COLLEAGUE
            return HandOver(staff) if verb == "give" else AskColleague(staff)
        case "urgency":
            level = next((one for one in Urgency if one.value == argument.lower()), None)
            return None if level is None else SetUrgency(level)
        case "label":
            label = argument.strip().lower()
            known = next((one for one in sorted(wording.ticket.labels) if short(one) == label), label)
            return SetLabel(known, on=known not in wording.ticket.labels)
        case "card":
            card = next((one for one in wording.script.cards.all if short(one) == argument), None)
            return Refusal.NO_SUCH_CARD if card is None else SendCard(card, ref)
        case "canned":
            canned = next((one for one in wording.helpline.canned if argument in (one, short(one))), None)
            return Refusal.NO_SUCH_CARD if canned is None else SendCanned(canned, ref)
        case "refer":
            return _refer(argument, wording)
        case "close":
            reason = next((one for one in CloseReason if one.value == argument.lower()), None)
            return Close(reason) if reason in STAFF_REASONS else None
        case "decline":
            return DeclineReferral(argument[:200])
        case _:
            return None


def _refer(argument: str, wording: DeskWording) -> StaffAction | Refusal:
    wanted = argument.casefold()
    for one in wording.script.helplines.all:
        if argument in (one, short(one)) or wording.text(f"helpline.{one}.name").casefold() == wanted:
            return Refer(HelplineId(one))
    return Refusal.NO_SUCH_HELPLINE
