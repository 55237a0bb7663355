"""What a person does with their ticket, and what is kept on their side of it.

Their words go to the helpline only from where they were told so. What staff write is held back until they look, unless
they chose otherwise. Nothing here moves the person: where something has to be asked first, the flow for it is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from bot.desk.helplines import Mode
from bot.desk.letters import (
    MediaKind,
    Missed,
    NotShown,
    Original,
    PersonAgreed,
    PersonAnswered,
    PersonErased,
    PersonFailedCheck,
    PersonHid,
    PersonJudged,
    PersonReopened,
    PersonReturned,
    PersonSent,
    PersonTold,
    PersonUrged,
    PersonWithdrew,
    PersonWrote,
    Showed,
    ToTicket,
)
from bot.desk.opening import open_ticket
from bot.desk.routing import Asking, Chosen, choose_helpline
from bot.desk.ticket import ReferralState, Stage, Urgency
from bot.desk.timetable import REOPEN_WITHIN
from bot.dialogue.contact import (
    CONTACT,
    HOURS,
    OPEN,
    PHONE,
    SILENT,
    STAYS,
    WAIT,
    Way,
    clock,
    until_hours,
    way_to_tell,
    way_to_write,
)
from bot.dialogue.conversation import Calling, Shown, Value
from bot.dialogue.effects import Count, Delete, DropHeld, Hold, OpenTicket, Send, Unveil, UseCode, Wake, WriteTo
from bot.dialogue.events import Waited
from bot.dialogue.fresh import Fresh
from bot.dialogue.menu import button
from bot.dialogue.person import TOPIC, Person
from bot.dialogue.phrasebook import TextId
from bot.dialogue.presses import AnswerCard, LookIn
from bot.dialogue.screenful import Screenful
from bot.dialogue.secrets import MOST_WRONG, barred_until, is_secret, seal_secret
from bot.dialogue.steps import Act, ActOnTicket, CallHelpline, FlowId
from bot.dialogue.veil import is_neutral, way_of
from bot.messages import Language, Message, plain

COVER_AFTER: Final = timedelta(minutes=2)
"""What staff wrote is covered again after this long, unless the person chose to have it open."""

SURELY_KEPT: Final = REOPEN_WITHIN - timedelta(days=1)
"""So long after its end a ticket is there to be opened again."""

SHOWN_LIFE: Final = timedelta(hours=48)
"""A messenger lets us delete for this long."""

SHOWN_FOR: Final = SHOWN_LIFE - timedelta(hours=1)
"""What belongs to a talk leaves the chat after this long, while it still can, unless the person keeps it."""

SHOWN_AT_MOST: Final = 300
"""Of more than so many messages in that time the oldest are not known any more."""

COVER_ALARM: Final = "cover"
NOTICE_ALARM: Final = "notice"
SHOWN_ALARM: Final = "shown"
ALARMS: Final = frozenset({COVER_ALARM, NOTICE_ALARM, SHOWN_ALARM})
SECRET_OK: Final = "secret_ok"  # noqa: S105 - the name of a value
_YES: Final = "yes"
_SECRETS: Final = ("secret1", "secret2", "secret3")
_CODE: Final = "code"
_NO_TICKET: Final = "none"
ACT_VALUES: Final[Mapping[Act, tuple[str, ...]]] = {
    Act.JOIN: (_CODE,),
    Act.KEEP_SECRET: _SECRETS,
    Act.CHECK_SECRET: _SECRETS,
}
"""The values of its flow that an act takes, and wipes."""

_STATES: Final = tuple(state.value for state in ReferralState)
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "desk": ("open", "closed", _NO_TICKET),
    "desk_speaks": ("yes", "no"),
    "ticket": (_NO_TICKET, *(stage.value for stage in Stage)),
    "held": (),
    "judged": ("yes", "no"),
    "referral": (_NO_TICKET, *_STATES),
    "secret": ("yes", "no"),
    "proof": (_NO_TICKET, "needed", "barred"),
    "again_at": (),
    "desk_opens": (),
    "desk_name": (),
    "talk_name": (),
    "desk_about": (),
    "asked_at": (),
    "return_code": (),
    "noted": (),
    "referred_name": (),
}
"""What conditions and slots may ask about helplines and the ticket, with the values it can have; none for any."""


class OwnTicket:
    """The person's side of their ticket during one turn."""

    def __init__(self, person: Person, screenful: Screenful, fresh: Fresh) -> None:
        self._person = person
        self._screenful = screenful
        self._fresh = fresh
        self._contact_before = _contact(person.profile)

    # What is known of it

    def known(self) -> Mapping[str, Value]:
        """What conditions and words may ask about helplines and the ticket."""
        person, calling, wording = self._person, self._person.calling, self._person.wording()
        chosen = None if self.is_open else self.find_helpline()
        helpline = chosen.helpline if chosen is not None else calling.helpline if calling is not None else None
        known: dict[str, Value] = {
            "desk": "none" if chosen is None else "open" if chosen.is_open else "closed",
            "ticket": _NO_TICKET if calling is None else calling.stage.value,
            "held": str(0 if calling is None else calling.held),
            "judged": "yes" if calling is not None and calling.judged else "no",
            "referral": _NO_TICKET if calling is None or calling.referral is None else calling.referral.value,
            "secret": "no" if person.secret is None else "yes",
            "proof": _NO_TICKET if not self.must_prove() else "needed" if self._barred_until() is None else "barred",
        }
        again = self._barred_until()
        if again is not None:
            known["again_at"] = clock(person.profile, again, person.now)
        declared = None if helpline is None else person.script.helplines.all.get(helpline)
        if declared is not None:
            if self.is_open:
                known["desk"] = "open" if declared.is_open(person.now, person.script.helplines.holidays) else "closed"
            opens = declared.hours.opens_after(person.now, person.script.helplines.holidays)
            known["desk_opens"] = ""
            if opens is not None:
                time = clock(person.profile, opens, person.now)
                known["desk_opens"] = wording.phrase("opens-again", time=time)
            known["desk_speaks"] = "yes" if person.speaking in declared.languages else "no"
            known["desk_name"] = wording.words(TextId(f"helpline.{declared.id}.name"))
            known["desk_about"] = wording.words(TextId(f"helpline.{declared.id}.about"))
        if calling is not None:
            known["asked_at"] = clock(person.profile, calling.asked, person.now)
            known["return_code"] = self._fresh.code_of(calling.ticket)
            if calling.helpline in person.script.helplines.all:
                known["talk_name"] = wording.words(TextId(f"helpline.{calling.helpline}.name"))
            if calling.referred is not None and calling.referred in person.script.helplines.all:
                known["referred_name"] = wording.words(TextId(f"helpline.{calling.referred}.name"))
        return known

    @property
    def is_open(self) -> bool:
        """Whether they have one that is not closed."""
        calling = self._person.calling
        return calling is not None and calling.stage is not Stage.CLOSED

    def find_helpline(self, topic: str | None = None) -> Chosen | None:
        """The helpline that would take their call now."""
        script = self._person.script
        return choose_helpline(script.helplines, script.desks, self._asking(topic), self._person.now)

    def must_prove(self) -> bool:
        """Whether they have been silent for so long that somebody else may hold the phone."""
        person = self._person
        return person.secret is not None and (person.active is None or person.now - person.active > SILENT)

    # What they do

    def call(self, step: CallHelpline) -> None:
        """Open a ticket with this very tap; where one is open, only tell how urgent it is and what it is about."""
        if self.is_open:
            if step.urgency is Urgency.EMERGENCY:
                self.write(PersonUrged())
            if step.topic is not None:
                self.write(PersonTold(*_contact(self._person.profile), step.topic))
            return
        person, topic = self._person, step.topic or self._topic_behind()
        chosen = self.find_helpline(topic)
        if chosen is None:
            self._say("no-desk-now")
            return
        ticket = open_ticket(
            self._fresh.ticket(), self._fresh.conversation, self._asking(topic), chosen, step.urgency, person.now
        )
        contact, hours, phone = _contact(person.profile)
        ticket = replace(ticket, contact=contact, hours=hours, phone=phone)
        # What was held of an earlier talk still waits to be looked at.
        before = person.calling or Calling(ticket.id, ticket.helpline, person.now)
        person.calling = Calling(ticket.id, ticket.helpline, person.now, held=before.held, noticed=before.noticed)
        if not before.held:
            # The pictures were for what was written in an earlier talk.
            person.secret, person.wrong, person.active = None, (), person.now
        self._screenful.do(Count("ticket_opened", ticket.helpline))
        self._screenful.do(OpenTicket(ticket))

    def act(self, step: ActOnTicket, values: dict[str, Value]) -> FlowId | None:
        """Do what a step says; name the flow that has to come first, if one has to."""
        person, calling = self._person, self._person.calling
        match step.act:
            case Act.JOIN:
                code = str(values.pop(_CODE, ""))
                if code and person.language is not None:
                    self._screenful.do(UseCode(code, person.language))
            case Act.KEEP_SECRET:
                pictures = [str(values.pop(name, "")) for name in _SECRETS]
                if self.must_prove():
                    # Or else whoever holds the phone would choose new ones and read with them.
                    return person.script.special.secret
                person.secret = seal_secret(pictures, person.now, self._fresh.effort) if all(pictures) else None
            case Act.CHECK_SECRET:
                pictures = [str(values.pop(name, "")) for name in _SECRETS]
                values[SECRET_OK] = "yes" if self._are_right(pictures) else "no"
            case Act.LOOK:
                return self.show_held()
            case Act.URGE:
                self.write(PersonUrged())
            case Act.WITHDRAW:
                if self.is_open:
                    self.write(PersonWithdrew())
                    self._become(Stage.CLOSED)
            case Act.REOPEN:
                self._reopen()
            case Act.AGREE | Act.REFUSE:
                if calling is not None and calling.referred is not None:
                    agreed = step.act is Act.AGREE
                    self.write(PersonAgreed(calling.referred, agreed))
                    state = ReferralState.OFFERED if agreed else ReferralState.REFUSED
                    person.calling = replace(calling, referral=state)
            case Act.HELPED | Act.NOT_HELPED:
                if calling is not None and not calling.judged:
                    self.write(PersonJudged(step.act is Act.HELPED))
                    person.calling = replace(calling, judged=True)
            case _:
                assert_never(step.act)
        return None

    def pass_on_words(self, words: str, language: Language | None, message: str, *, urgent: bool) -> None:
        """What was written goes to the helpline as it stands."""
        self.come_back()
        self.keep(message, of_talk=True)
        if urgent:
            self.write(PersonUrged())
        self.write(PersonWrote(words, language or self._person.language, message))
        self._say("passed-on")

    def pass_on_edit(self, words: str, message: str) -> None:
        """A message that went to the helpline was changed; any other is not looked at again."""
        if self.is_open and any(shown.message == message and shown.of_talk for shown in self._person.shown):
            self.write(PersonWrote(words, self._person.language, message, is_edit=True))

    def pass_on_media(self, kind: MediaKind, original: Original) -> None:
        """What was sent is copied to the helpline, where it is read in a messenger; elsewhere it cannot be."""
        calling = self._person.calling
        helpline = None if calling is None else self._person.script.helplines.all.get(calling.helpline)
        if helpline is None or helpline.mode is not Mode.RELAY:
            self._say("cannot-pass-on")
            return
        self.come_back()
        self.keep(original.message, of_talk=True)
        self.write(PersonSent(kind, original))
        self._say("passed-on")

    def answer_card(self, press: AnswerCard) -> bool:
        """The answer goes to the helpline, and stands in place of the buttons; False where there is no such card."""
        person = self._person
        card = person.script.cards.all.get(press.card)
        if card is None or press.answer not in card.answers or not self.is_open:
            return False
        self.come_back()
        self.write(PersonAnswered(card.id, press.answer))
        answer = self._words(f"card.{card.id}.{press.answer}")
        self._screenful.do(Send(Message(plain(f"✅ {answer}"), language=person.speaking), replaces=True))
        return True

    def show_held(self) -> FlowId | None:
        """Show what was held; or name the flow that asks for the safe pictures first."""
        person, calling = self._person, self._person.calling
        if calling is None:
            return None
        if calling.held and self.must_prove():
            return person.script.special.secret
        self.come_back()
        if calling.held:
            self._screenful.do(Unveil())
        person.calling = replace(person.calling or calling, held=0, noticed=False, unseen=())
        return None

    def come_back(self) -> None:
        """They are here for it again, whatever they left by before."""
        calling = self._person.calling
        if calling is not None and calling.hidden:
            self._person.calling = replace(calling, hidden=False)
            self.write(PersonReturned())

    def hide(self) -> None:
        """Quick exit: nothing of the ticket stays on the screen, and nobody writes until they come back."""
        person, calling = self._person, self._person.calling
        messages = tuple(shown.message for shown in person.shown if shown.at > person.now - SHOWN_LIFE)
        if messages:
            self._screenful.do(Delete(messages))
        person.shown = []
        if calling is None:
            # Nobody comes back for what is held here.
            self._screenful.do(DropHeld())
        else:
            if self.is_open and not calling.hidden:
                self.write(PersonHid())
            person.calling = replace(calling, hidden=True, noticed=False)

    def move_away(self) -> bool:
        """It goes on from another phone, where nothing can be shown of what was held here. Whether to write a line."""
        person, calling = self._person, self._person.calling
        if calling is None:
            return False
        way = way_to_tell(person.profile, person.active, person.now, hidden=calling.hidden)
        for ref in calling.unseen:
            self.write(NotShown(ref, Missed.EXPIRED))
        # First of all, for nobody has left: the ticket must not wait for who goes on elsewhere.
        person.calling = None
        self.hide()
        person.secret, person.wrong, person.active = None, (), None
        return way is not Way.HELD

    def stop_writing(self) -> None:
        """They want nothing to be written to them first, until they say otherwise."""
        if WAIT in self._person.script.profile.get(CONTACT, ()):
            self._person.profile[CONTACT] = WAIT

    def erase(self) -> None:
        """Everything is erased: also what the helpline holds of it."""
        self.write(PersonErased())

    def tell_changes(self) -> None:
        """Let staff know when the person has changed how they may be written to."""
        contact = _contact(self._person.profile)
        if self.is_open and contact != self._contact_before:
            self.write(PersonTold(*contact))

    # What comes to them

    def show_or_hold(
        self, message: Message, ref: str, *, is_edit: bool = False, copies: Original | None = None
    ) -> None:
        """Words of staff: at once or behind a neutral line, as the person allowed."""
        person, calling = self._person, self._person.calling
        if calling is None:
            return
        if self.is_open:
            # Once they have written it must not stand anywhere that nobody has answered.
            calling = person.calling = replace(calling, stage=Stage.TALKING, since=person.now)
        way = way_to_write(person.profile, person.active, person.now, hidden=calling.hidden)
        if way is Way.SHOWN:
            earlier = next((shown.message for shown in person.shown if shown.ref == ref), None) if is_edit else None
            self._screenful.do(Send(message, ref=ref, copies=copies, edits=earlier))
            return
        self._screenful.do(Hold(message, ref, copies))
        unseen = (*(one for one in calling.unseen if one != ref), ref)[-SHOWN_AT_MOST:]
        person.calling = replace(calling, held=calling.held + 1, unseen=unseen)
        self.write(Showed(ref, opened=False))
        self._announce(way)

    def show_late(self, waited: Waited) -> None:
        """What could not be sent in time: as it is if it still may be, else behind a neutral line."""
        person, calling = self._person, self._person.calling
        way = way_of(waited, person.conversation(), person.now)
        is_line = waited.message is not None and is_neutral(waited.message)
        if way is Way.SHOWN:
            if waited.message is not None:
                self._screenful.do(Send(waited.message, ref=waited.ref, copies=waited.copies, silent=is_line))
            return
        if not is_line:
            self._screenful.do(Hold(waited.message, waited.ref, waited.copies))
        if calling is None:
            if is_line or not person.late:
                person.late = True
                self._announce(way)
            return
        unseen = calling.unseen
        if waited.ref:
            unseen = (*(one for one in unseen if one != waited.ref), waited.ref)[-SHOWN_AT_MOST:]
            self.write(Showed(waited.ref, opened=False))
        person.calling = replace(
            calling,
            held=calling.held + (not is_line),
            unseen=unseen,
            noticed=calling.noticed and not is_line,
        )
        self._announce(way)

    def may_tell(self) -> bool:
        """Whether news of the call may be shown now; where not, a neutral line stands for it as far as allowed."""
        person, calling = self._person, self._person.calling
        if calling is None:
            return False
        way = way_to_tell(person.profile, person.active, person.now, hidden=calling.hidden)
        if way is not Way.SHOWN:
            self._announce(way)
        return way is Way.SHOWN

    def note_shown(self, ref: str, message: str | None, missed: Missed | None) -> None:
        """Something of staff's (then it has a `ref`) or of ours is on the screen now, or did not get there."""
        person = self._person
        if missed is not None:
            self.write(NotShown(ref, missed))
            return
        if message is not None and person.flow_here() == person.script.special.cover:
            # It was on its way when they left by the quick exit, and came too late for that.
            self._screenful.do(Delete((message,)))
        elif message is not None:
            is_covered = bool(ref) and person.profile.get(CONTACT) != OPEN
            self.keep(message, ref, person.now + COVER_AFTER if is_covered else None, of_talk=bool(ref))
            if is_covered:
                self._screenful.do(Wake(COVER_ALARM, COVER_AFTER))
        if ref and person.calling is not None:
            if self.is_open:
                self._become(Stage.TALKING)
            self.write(Showed(ref, opened=True))

    def ring(self, alarm: str) -> None:
        """It is time to cover what was shown, or to say that there is something."""
        if alarm == NOTICE_ALARM:
            if self._person.profile.get(CONTACT) != WAIT and (self._person.calling is not None or self._person.late):
                self._notice()
            return
        if alarm == SHOWN_ALARM:
            self._forget_shown()
            return
        person = self._person
        moments = [(shown, shown.hide_at) for shown in person.shown if shown.hide_at is not None]
        due = [shown for shown, moment in moments if moment <= person.now]
        later = [moment for _, moment in moments if moment > person.now]
        for shown in due:
            covered = Message(plain(person.wording().phrase("covered")), language=person.language)
            self._screenful.do(Send(covered, edits=shown.message, silent=True))
        person.shown = [replace(shown, hide_at=None) if shown in due else shown for shown in person.shown]
        if later:
            self._screenful.do(Wake(COVER_ALARM, min(later) - person.now))

    def keep(
        self,
        message: str,
        ref: str = "",
        hide_at: datetime | None = None,
        *,
        sent: datetime | None = None,
        of_talk: bool = False,
    ) -> None:
        """Remember a message for the quick exit, as long as it can be deleted."""
        person = self._person
        at = person.now if sent is None else min(sent, person.now)
        if not message or at <= person.now - SHOWN_LIFE:
            return
        known = next((shown for shown in person.shown if shown.message == message), None)
        if known is not None:
            # However often it is changed, it was sent when it was sent.
            hide_at, ref = hide_at or known.hide_at, ref or known.ref
            at, of_talk = min(at, known.at), of_talk or known.of_talk
        if not person.shown:
            self._screenful.do(Wake(SHOWN_ALARM, max(timedelta(), SHOWN_FOR - (person.now - at))))
        kept = [shown for shown in person.shown if shown.at > person.now - SHOWN_LIFE and shown.message != message]
        person.shown = [*kept, Shown(message, at, ref, hide_at, of_talk)][-SHOWN_AT_MOST:]

    def write(self, letter: ToTicket) -> None:
        """Let the ticket know."""
        if self._person.calling is not None:
            self._screenful.do(WriteTo(self._person.calling.ticket, letter))

    # Small parts

    def _forget_shown(self) -> None:
        """What will soon be too old to be deleted is, if it is of a talk, and none of it is known any more."""
        person = self._person
        old = [shown for shown in person.shown if shown.at <= person.now - SHOWN_FOR]
        person.shown = [shown for shown in person.shown if shown not in old]
        doomed = tuple(shown.message for shown in old if shown.of_talk and shown.at > person.now - SHOWN_LIFE)
        if doomed and person.profile.get(STAYS) != _YES:
            self._screenful.do(Delete(doomed))
        if person.shown:
            oldest = min(shown.at for shown in person.shown)
            self._screenful.do(Wake(SHOWN_ALARM, SHOWN_FOR - (person.now - oldest)))

    def _barred_until(self) -> datetime | None:
        return barred_until(self._person.wrong, self._person.now)

    def _are_right(self, pictures: Sequence[str]) -> bool:
        """Whether these are their pictures; who may not choose now is told so of the right ones, too."""
        person = self._person
        if self._barred_until() is not None:
            return False
        if person.secret is None or is_secret(pictures, person.secret, self._fresh.effort):
            person.active, person.wrong = person.now, ()
            return True
        person.wrong = (*person.wrong, person.now)[-MOST_WRONG:]
        if self._barred_until() is not None:
            self.write(PersonFailedCheck())
        return False

    def _reopen(self) -> None:
        calling, now = self._person.calling, self._person.now
        if calling is None or self.is_open:
            return
        if now - (calling.since or calling.asked) >= SURELY_KEPT:
            # It may be deleted by now, and nobody would hear of it: whoever needs somebody again calls anew.
            self.call(CallHelpline())
        else:
            self.write(PersonReopened())
            self._person.calling = replace(calling, stage=Stage.ASKED, since=now, asked=now, judged=False)

    def _become(self, stage: Stage) -> None:
        calling = self._person.calling
        if calling is not None:
            self._person.calling = replace(calling, stage=stage, since=self._person.now)

    def _asking(self, topic: str | None) -> Asking:
        person = self._person
        language = person.language or next(iter(person.script.tongues))
        return Asking(language, person.profile.get("here"), person.profile.get("origin"), topic)

    def _topic_behind(self) -> str | None:
        """The topic they were reading before they asked."""
        person = self._person
        for frames in (person.frames, *reversed(person.trail)):
            for frame in reversed(frames):
                flow = person.flow_of(frame)
                if flow is not None and flow.startswith(TOPIC):
                    return flow.removeprefix(TOPIC)
        return None

    def _announce(self, way: Way) -> None:
        """Say neutrally that there is something; or do so when their hours begin, if they have chosen hours."""
        person = self._person
        if way is Way.VEILED:
            self._notice()
        elif person.profile.get(CONTACT) != WAIT:
            wait = until_hours(person.profile, person.now)
            if wait:
                self._screenful.do(Wake(NOTICE_ALARM, wait))

    def _notice(self) -> None:
        person, calling = self._person, self._person.calling
        if calling is not None and (calling.noticed or calling.hidden):
            return
        wording = person.wording()
        look = button(person, LookIn(), wording.phrase("held-look"))
        line = Message(plain(wording.phrase("held-neutral")), ((look,),), language=person.language)
        self._screenful.do(Send(line, silent=True))
        if calling is not None:
            person.calling = replace(calling, noticed=True)

    def _words(self, text: str) -> str:
        return self._person.wording().words(TextId(text))

    def _say(self, phrase: str) -> None:
        self._screenful.add(plain(self._person.wording().phrase(phrase)))


def _contact(profile: Mapping[str, str]) -> tuple[str | None, str | None, str | None]:
    return profile.get(CONTACT), profile.get(HOURS), profile.get(PHONE)
