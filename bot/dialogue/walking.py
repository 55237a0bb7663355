"""Walks a person through screens until a step waits for them, and puts together what they see on the way.

A Walk lives for one turn inside pure code: it is built from a conversation, changed by the turn, and read off at the
end. Nothing that an author writes can keep it from ending: the steps of a turn are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, assert_never

from bot.dialogue.alarms import flow_alarm
from bot.dialogue.arithmetic import FormulaError, work_out
from bot.dialogue.conditions import ALWAYS, Condition, holds
from bot.dialogue.conversation import Conversation, Frame, Limits, NodeToken, Value
from bot.dialogue.effects import Count, Effect, Hush, Send, Turn, Wake, Wonder
from bot.dialogue.events import Wish
from bot.dialogue.fresh import NOBODY, Fresh
from bot.dialogue.listing import tell_hotlines, tell_places
from bot.dialogue.menu import button, choices, in_rows, ways_in, ways_out
from bot.dialogue.nodes import FLOW_PART, SCREEN_PART, flow_token
from bot.dialogue.own_ticket import OwnTicket
from bot.dialogue.person import TOPIC, Person, is_topic
from bot.dialogue.phrasebook import TextId
from bot.dialogue.presses import Open, Switch, Wanting
from bot.dialogue.screenful import Screenful
from bot.dialogue.script import Script
from bot.dialogue.steps import (
    About,
    ActOnTicket,
    Ask,
    Call,
    CallHelpline,
    Checklist,
    Choose,
    End,
    FlowId,
    ForgetMe,
    Go,
    ListHotlines,
    ListPlaces,
    ListTopics,
    Remind,
    Say,
    ScreenId,
    Set,
    Show,
    Spoken,
    Target,
    ToBack,
    ToFlow,
    ToHome,
    ToScreen,
    Wait,
)
from bot.facts import Amount, FactId, Telling
from bot.messages import Rows, Span, Style, Text, plain

MOST_STEPS: Final = 400
"""Steps that one turn may take; the longest honest way through a flow is far shorter."""


@dataclass(slots=True)
class _Position:
    """The step a walk is about to take; outside of a walk there are only frames."""

    flow: FlowId
    screen: ScreenId
    index: int
    values: dict[str, Value]


class Walk:
    """One turn in the making."""

    def __init__(self, script: Script, conversation: Conversation, now: datetime, fresh: Fresh = NOBODY) -> None:
        self.script = script
        self.fresh = fresh
        self.person = Person(script, conversation, now)
        self.is_asked = False
        """Whether the person themselves brought this turn about."""
        self._screenful = Screenful()
        self.ticket = OwnTicket(self.person, self._screenful, fresh)
        self.refresh()
        self._was_sensitive = self._is_sensitive()
        self._extra: list[tuple[Wanting, str]] = []
        self._is_forgotten = False
        self._first_text: TextId | None = None
        """What somebody may have read out: the question or the answer, without what stands around it."""
        self._is_read_out = False

    # What a turn is made of

    def turn(self) -> Turn:
        """The turn as it came out."""
        if self._is_forgotten:
            return Turn(None, self._screenful.effects())
        self.ticket.tell_changes()
        is_sensitive = self.is_sensitive
        effects = tuple(_noted(effect, is_sensitive=is_sensitive) for effect in self._screenful.effects())
        return Turn(self.person.conversation(), effects)

    def note_message(self, message: str, sent: datetime | None = None) -> None:
        """Remember for the quick exit a message of the person's, or one of ours under which they pressed."""
        self.ticket.keep(message, sent=sent)

    @property
    def is_sensitive(self) -> bool:
        """Whether nobody else must see where the person stands now, or stood when the turn began."""
        return self._was_sensitive or self._is_sensitive()

    def note(self, phrase: str) -> None:
        """Say one of the engine's own sentences before what comes next."""
        self._screenful.add(plain(self.person.wording().phrase(phrase)))

    def add(self, text: Text) -> None:
        """Say this before what comes next."""
        self._screenful.add(text)

    def refresh(self) -> None:
        """Work out anew what may be asked about helplines and the ticket."""
        known = self.ticket.known() if self._has_desks() else _NO_DESK
        self.person.of_desk = {**known, "noted": str(len(self.person.shown))}

    def do(self, effect: Effect) -> None:
        """Ask for something besides the menu."""
        self._screenful.do(effect)

    def count(self, what: str, label: str = "") -> None:
        """Add one to a figure."""
        self._screenful.do(Count(what, label))

    def wonder(self, text: str, language: str) -> None:
        """Let editors know one day, if many ask this, that there is no answer to it."""
        self._screenful.do(Wonder(text, language))

    def may_replace(self) -> None:
        """Let the coming menu take the place of the message whose button was pressed."""
        self._screenful.replaces = True

    def cover(self) -> None:
        """Let the coming menu cover what was on the screen."""
        self._screenful.covers = True

    def whisper(self) -> None:
        """Let the coming menu ring no phone."""
        self._screenful.silent = True

    @property
    def has_covered(self) -> bool:
        """Whether something harmless takes the place of what was on the screen."""
        return self._screenful.covers

    def hush(self) -> None:
        """Let no reminder write to the person any more."""
        if self.script.alarms:
            self._screenful.do(Hush(self.script.alarms))

    def offer_danger_button(self) -> None:
        """Put the line for people in danger, and its button, under the coming menu."""
        offer = (Wish.HELP, f"🆘 {self.person.wording().phrase('danger-now')}")
        if offer not in self._extra:
            self._extra.append(offer)

    def offer_switch(self) -> None:
        """Put the offer to go on in the language being spoken under the coming menu."""
        self._extra.append((Switch(), f"🌐 {self.person.wording().phrase('switch-language')}"))

    def offer_talk(self) -> None:
        """Put the way to the talk with a helpline under the coming menu."""
        talk = self.script.special.talk
        title = self.person.wording().words(self.script.flows[talk].title)
        self._extra.append((opening(talk), f"🗨️ {title}"))

    def show_beside(self, text: Text, buttons: Sequence[tuple[Wanting, str]]) -> None:
        """Show a message that stays, with buttons of its own, before whatever else comes."""
        rows = tuple((button(self.person, wants, label, kept=True),) for wants, label in buttons)
        self._screenful.show_beside(text, rows, self.person.speaking)

    def show_choice(self, buttons: Sequence[tuple[Wanting, str]]) -> None:
        """Show what has been said so far with these buttons; where the person stands does not change."""
        self._show_menu(in_rows([button(self.person, wants, label) for wants, label in buttons]))

    # Ways

    def open_from_here(self, flow: FlowId) -> None:
        """Call a flow as a detour: it comes back to the wait at which the person stands."""
        person = self.person
        person.remember()
        if is_topic(flow):
            self._count_topic(flow)
            while person.stands_in_topic():
                person.frames.pop()
        person.drop_frames_of(flow)
        self.begin(flow)

    def restart(self, flow: FlowId) -> None:
        """Stand at the start of a flow with nothing behind."""
        self.person.frames.clear()
        self.begin(flow)

    def begin(self, flow: FlowId) -> None:
        """Run a flow from its start, on top of the frames there are."""
        self.person.tries = 0
        self._run(self._start_of(flow))

    def go(self, target: Target, frame: Frame) -> None:
        """Leave the wait of the innermost frame for a target."""
        self.person.tries = 0
        self._run_if(self._aim(target, self._leave_wait(frame, dict(frame.values))))

    def go_on(self, frame: Frame, values: dict[str, Value]) -> None:
        """The wait of the innermost frame is over: take the steps after it."""
        self.person.tries = 0
        self._run(_next(self._leave_wait(frame, values)))

    def back(self) -> None:
        """Stand where the person stood before; at the very start when there is nothing before."""
        if self.person.trail:
            self.person.tries = 0
            self.person.frames = list(self.person.trail.pop())
            self.ask_again()
        else:
            self.restart(self._first_flow())

    def home(self) -> None:
        """Stand at home, with the way back still open."""
        self.person.remember()
        self.restart(self._first_flow())

    def leave_detour(self, beginning: str) -> bool:
        """End the innermost flow for the one it was called from; say whether that is the flow that is meant."""
        caller = self.person.caller()
        if caller is None or flow_token(caller) != beginning:
            return False
        self.person.tries = 0
        self.person.frames.pop()
        self._run_if(self._finish(None))
        return True

    def stand_before(self, flow: FlowId) -> None:
        """Put the first wait of a flow below what comes next, to be led to it afterwards."""
        at = self._start_of(flow)
        for step in self.script.flows[flow].screens[at.screen].steps:
            if isinstance(step, Set) and self._holds(step.when, at):
                self._work_out(step, at)
            elif isinstance(step, _WAITS):
                self.person.stand(Frame(step.node, at.values))
                return

    def _first_flow(self) -> FlowId:
        """Where everything begins for this person."""
        special = self.script.special
        return special.welcome if self.person.language is None else special.home

    def ask_again(self) -> None:
        """Show the wait at which the person stands; the nearest live one when it is gone."""
        person = self.person
        if not person.frames:
            self.restart(self._first_flow())
            return
        frame = person.frames[-1]
        step = person.step_of(frame)
        if step is None:
            self._land(frame)
            return
        here = self._leave_wait(frame, dict(frame.values))
        if isinstance(step, Call):
            self._run(here)
        else:
            self._run(replace(here, index=self._spoken_before(here)), only=here.index)

    def read_out(self, node: NodeToken) -> bool:
        """Show a wait again with its recording; say whether the person stands at it."""
        found = self.person.waiting()
        if found is None or found[0].node != node:
            return False
        self._is_read_out = True
        self.ask_again()
        return True

    # The walk itself

    def _run(self, at: _Position, only: int | None = None) -> None:
        """Take steps until one waits. Up to `only`, a wait asked again, nothing but what is spoken counts."""
        if not self._walks_to_a_wait(at, only):
            # A flow went round and round: start again at home, which the content checks have proved to wait.
            self.count("walk_too_long")
            self._screenful.clear()
            self._first_text = None
            self.person.frames.clear()
            self.note("went-wrong")
            self._walks_to_a_wait(self._start_of(self.script.special.home), None)

    def _walks_to_a_wait(self, at: _Position, only: int | None) -> bool:
        here: _Position | None = at
        for _ in range(MOST_STEPS):
            if here is None:
                return True
            here = self._take(here, only)
        return here is None

    def _take(self, at: _Position, only: int | None) -> _Position | None:  # noqa: PLR0911 - one line for each kind
        steps = self.script.flows[at.flow].screens[at.screen].steps
        if at.index >= len(steps):
            return self._finish(None)
        step = steps[at.index]
        asked_again = only is not None and at.index < only
        if asked_again and not isinstance(step, _SPOKEN):
            return _next(at)
        if at.index != only and not isinstance(step, Go) and not self._holds(step.when, at):
            return _next(at)
        match step:
            case Say() | Show() | ListHotlines() | ListPlaces() | About():
                self._speak(step, at, repeated=asked_again)
                return _next(at)
            case Choose() | Ask() | ListTopics() | Checklist():
                self._wait(step, at)
                return None
            case Set():
                self._work_out(step, at)
                return _next(at)
            case Call():
                return self._call(step, at)
            case Go():
                way = next((way for way in step.ways if self._holds(way.when, at)), None)
                return _next(at) if way is None else self._aim(way.to, at)
            case End():
                return self._finish(step.value)
            case Remind():
                self._screenful.do(Wake(flow_alarm(step.flow), step.wait))
                return _next(at)
            case ForgetMe():
                self._forget()
                return None
            case CallHelpline():
                self.ticket.call(step)
                self.refresh()
                return _next(at)
            case ActOnTicket():
                first = self.ticket.act(step, at.values)
                self.refresh()
                if first is None:
                    return _next(at)
                self.person.drop_frames_of(first)
                return self._start_of(first)
            case _:
                assert_never(step)

    def _speak(self, step: Spoken, at: _Position, *, repeated: bool) -> None:
        wording = self.person.wording(at.values)
        match step:
            case Say():
                if not step.heading:
                    self._first_text = self._first_text or step.text
                text = wording.text(step.text)
                self.add((Span(text[0].words, Style.STRONG), *text[1:]) if step.heading else text)
            case Show():
                self._screenful.picture = step.media
            case ListHotlines():
                if step.inline:
                    self.add(tell_hotlines(step, wording))
                elif not repeated:
                    self._screenful.show_apart(tell_hotlines(step, wording), self.person.speaking)
            case ListPlaces():
                self.add(tell_places(step, wording))
            case About():
                self.add(wording.reviewed_share())
            case _:
                assert_never(step)

    def _wait(self, step: Wait, at: _Position) -> None:
        if isinstance(step, Choose) and step.talks and at.flow == self.script.special.talk:
            self.ticket.come_back()
        self.person.stand(Frame(step.node, at.values))
        if isinstance(step, Ask):
            self._first_text = self._first_text or step.text
            self.add(self.person.wording(at.values).text(step.text))
        if isinstance(step, (Choose, Ask)) and step.after is not None:
            self._screenful.do(Wake(step.node, step.after.wait))
        self._show_menu(choices(self.person, step, at.values))

    def _work_out(self, step: Set, at: _Position) -> None:
        """One formula after the other; what cannot be worked out is not known, for a nought would be told as one."""
        for name, formula in step.formulas:
            try:
                value = work_out(formula, self.person.known_with(at.values), self._fact_number)
            except FormulaError:
                self.count("formula_failed", name)
                at.values.pop(name, None)
            else:
                self.person.save(name, value, at.values)

    def _call(self, step: Call, at: _Position) -> _Position:
        self.person.stand(Frame(step.node, at.values))
        return self._start_of(step.flow)

    def _forget(self) -> None:
        self._is_forgotten = True
        self.ticket.erase()
        self.hush()
        self.note("forgotten")
        self._screenful.show_menu(ways_in(self.person), self.person.speaking)

    def _finish(self, value: str | None) -> _Position | None:
        """Leave a flow: on after the call of the one below, or back to the wait it was called away from."""
        person = self.person
        if not person.frames:
            return self._start_of(self.script.special.home)
        frame = person.frames[-1]
        step = person.step_of(frame)
        if isinstance(step, Call):
            values = dict(frame.values)
            if step.save is not None and value is not None:
                person.save(step.save, value, values)
            return _next(self._leave_wait(frame, values))
        person.forget_detour()
        self.ask_again()
        return None

    def _aim(self, target: Target, at: _Position) -> _Position | None:
        match target:
            case ToScreen(screen):
                return _Position(at.flow, screen, 0, at.values)
            case ToFlow(flow):
                self.person.drop_frames_of(flow)
                if is_topic(flow):
                    self._count_topic(flow)
                return self._start_of(flow)
            case ToHome():
                self.person.frames.clear()
                return self._start_of(self.script.special.home)
            case ToBack():
                self.back()
                return None
            case _:
                assert_never(target)

    def _land(self, frame: Frame) -> None:
        """The wait of the innermost frame is gone: stand at the nearest place that is left of it."""
        self.person.frames.pop()
        self.note("moved")
        screen = self.script.screens.get(frame.node[:SCREEN_PART])
        flow = self.script.beginnings.get(frame.node[:FLOW_PART])
        if screen is not None:
            self._run(_Position(*screen, 0, dict(frame.values)))
        elif flow is not None:
            self._run(replace(self._start_of(flow), values=dict(frame.values)))
        else:
            self._run_if(self._finish(None))

    def _run_if(self, at: _Position | None) -> None:
        if at is not None:
            self._run(at)

    # What the person sees

    def _show_menu(self, choices: Rows) -> None:
        if self._screenful.is_silent():
            self.note("what-next")
        if self._tells_limits():
            self.person.limits = Limits.TOLD
            self.note("exit-limits")
        extra = tuple((button(self.person, wants, label),) for wants, label in self._extra)
        recorded = self._recorded()
        if self._is_read_out:
            self._screenful.recording = recorded
        can_be_heard = recorded is not None and not self._is_read_out
        rows = (*choices, *extra, *ways_out(self.person, is_recorded=can_be_heard))
        self._screenful.show_menu(rows, self.person.speaking)

    # Small questions about the script

    def _tells_limits(self) -> bool:
        """Whether to say what the quick exit cannot do: where nobody else is to look, once they have used it."""
        return self.is_asked and self.person.limits is Limits.TO_TELL and self._stands_in_sensitive()

    def _is_sensitive(self) -> bool:
        """Whoever has asked a helpline may see something of it on any screen."""
        return self.person.calling is not None or self._stands_in_sensitive()

    def _stands_in_sensitive(self) -> bool:
        flow = self.person.flow_here()
        return flow is not None and self.script.flows[flow].sensitive

    def _has_desks(self) -> bool:
        return bool(self.script.desks.open_tickets) or self.person.calling is not None

    def _recorded(self) -> TextId | None:
        """The first text of this screenful, where somebody has read it out in the person's language."""
        text, media = self._first_text, self.script.media
        return text if text is not None and media.recording(text, self.person.speaking) else None

    def _holds(self, condition: Condition, at: _Position) -> bool:
        # Most steps are for everybody: what is known need not be gathered for them.
        return condition is ALWAYS or holds(condition, self.person.known_with(at.values))

    def _start_of(self, flow: FlowId) -> _Position:
        return _Position(flow, self.script.flows[flow].start, 0, {})

    def _leave_wait(self, frame: Frame, values: dict[str, Value]) -> _Position:
        """Where the innermost frame stands, which is taken off by that."""
        self.person.frames.pop()
        spot = self.script.spots[frame.node]
        return _Position(spot.flow, spot.screen, spot.index, values)

    def _spoken_before(self, at: _Position) -> int:
        """The step after the wait or call before this one: from there on all belongs to one screenful."""
        steps = self.script.flows[at.flow].screens[at.screen].steps
        earlier = range(at.index - 1, -1, -1)
        return next((index + 1 for index in earlier if isinstance(steps[index], (*_WAITS, Call))), 0)

    def _fact_number(self, fact_id: str) -> Decimal:
        fact = self.script.facts[FactId(fact_id)]
        if fact.telling(self.person.now.date()) is Telling.WITHHELD or not isinstance(fact.value, Amount):
            raise FormulaError(f"{fact_id} is no single number that may be told today")
        return fact.value.number

    def _count_topic(self, flow: FlowId) -> None:
        self.count("topic_opened", flow.removeprefix(TOPIC))


def opening(flow: FlowId) -> Open:
    """What a button carries that opens a flow from anywhere."""
    return Open(flow_token(flow))


def _noted(effect: Effect, *, is_sensitive: bool) -> Effect:
    """What stays is numbers to call and what was said of a danger: not for others either."""
    if not isinstance(effect, Send) or effect.covers or not (is_sensitive or effect.message.keep):
        return effect
    return replace(effect, noted=True)


def _next(at: _Position) -> _Position:
    at.index += 1
    return at


_NO_DESK: Final = {
    "desk": "none",
    "ticket": "none",
    "held": "0",
    "judged": "no",
    "referral": "none",
    "secret": "no",
    "proof": "none",
}
_WAITS: Final = (Choose, Ask, ListTopics, Checklist)
_SPOKEN: Final = (Say, Show, ListHotlines, ListPlaces, About)
