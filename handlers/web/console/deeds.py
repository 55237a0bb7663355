"""What a form of the ticket's page asks for, as an action of the desk; the desk decides whether it is done."""

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Final

from bot.desk.actions import (
    AcceptReferral,
    AskColleague,
    BreakGlass,
    CancelReferral,
    Claim,
    Close,
    DeclineReferral,
    HandOver,
    Note,
    Refer,
    Release,
    Remind,
    Reopen,
    SendCanned,
    SendCard,
    SetLabel,
    SetUrgency,
    StaffAction,
    Write,
)
from bot.desk.helplines import HelplineId
from bot.desk.phrases import CardId
from bot.desk.staff_deciding import CONSOLE
from bot.desk.ticket import CloseReason, StaffId, Urgency
from bot.language.scripts import language_of
from bot.messages import Language
from bot.whole_number import whole_number
from handlers.web.console.views import Deed, Notice

MOST: Final = 8000
"""Characters of a field; longer ones never reach the desk."""


AGAIN: Final = "again-"
"""Begins the `ref` of what did not arrive and is sent once more: whoever presses it first, it counts once."""


def again_ref(ref: str) -> str:
    """The `ref` of the form that sends once more what was sent with this one."""
    return AGAIN + blake2b(ref.encode(), digest_size=12).hexdigest()


def name_of_deed(member: StaffId, deed: Deed, form: Mapping[str, str]) -> str:
    """What makes a form that is sent twice count once, and another form count anew, even with the same `ref`."""
    ref = form.get("ref", "") or secrets.token_urlsafe(9)
    return f"console:{'' if ref.startswith(AGAIN) else member}:{deed}:{ref}:{_digest(form)}"


def read_deed(  # noqa: C901, PLR0911, PLR0912 - one line for each form
    deed: Deed, form: Mapping[str, str], language: Language
) -> StaffAction | Notice:
    """The action; or what is missing in the form. `language` is the one to assume where letters do not tell."""
    words, ref = form.get("words", "")[:MOST], CONSOLE + _message_ref(form)
    match deed:
        case Deed.CLAIM:
            return Claim()
        case Deed.RELEASE:
            return Release()
        case Deed.GIVE | Deed.REASSIGN:
            return HandOver(StaffId(form.get("to", "")))
        case Deed.ASK:
            return AskColleague(StaffId(form.get("to", "")))
        case Deed.URGENCY:
            wanted = next((one for one in Urgency if one == form.get("urgency")), None)
            return Notice.MOVED_ON if wanted is None else SetUrgency(wanted)
        case Deed.LABEL:
            return SetLabel(form.get("label", ""), on=form.get("on", "1") == "1")
        case Deed.WRITE:
            heard = language_of(words)
            return Write(words, language if heard is None else Language(heard), ref)
        case Deed.CARD:
            return SendCard(CardId(form.get("card", "")), ref, form.get("filled", "").strip()[:MOST])
        case Deed.CANNED:
            return SendCanned(form.get("canned", ""), ref)
        case Deed.NOTE:
            return Note(words)
        case Deed.REFER:
            return Refer(HelplineId(form.get("to", "")))
        case Deed.ACCEPT:
            return AcceptReferral()
        case Deed.DECLINE:
            return DeclineReferral(form.get("why", "other")[:200]) if form.get("why") else Notice.REASON_NEEDED
        case Deed.CANCEL_REFERRAL:
            return CancelReferral()
        case Deed.CLOSE:
            reason = next((one for one in CloseReason if one == form.get("why")), None)
            return Notice.REASON_NEEDED if reason is None else Close(reason)
        case Deed.REOPEN:
            return Reopen()
        case Deed.REMIND:
            return _reminder(form.get("after", ""))
        case Deed.GLASS:
            why = form.get("why", form.get("words", ""))[:MOST]
            return BreakGlass(why) if why.strip() else Notice.REASON_NEEDED


def _message_ref(form: Mapping[str, str]) -> str:
    """The `ref` of what a form sends: other words from the same form are another message, with a way of its own."""
    ref = form.get("ref", "")[:64]
    return ref if ref.startswith(AGAIN) else f"{ref}-{_digest(form)}"


def _digest(form: Mapping[str, str]) -> str:
    # Browsers change line ends between a form and what they send of it.
    fields = [[name, " ".join(value.split())] for name, value in sorted(form.items()) if name not in {"csrf", "ref"}]
    return blake2b(json.dumps(fields).encode(), digest_size=12).hexdigest()


def _reminder(minutes: str) -> Remind | Notice:
    after = whole_number(minutes)
    return Notice.TIME_NEEDED if after is None else Remind(timedelta(minutes=after))


NOTICES: Final[Mapping[Deed, Notice]] = {
    Deed.WRITE: Notice.QUEUED,
    Deed.CARD: Notice.QUEUED,
    Deed.CANNED: Notice.QUEUED,
    Deed.NOTE: Notice.NOTED,
    Deed.REMIND: Notice.REMINDED,
}
"""What is said when it was done; of the others only that it was."""
