"""Walks a person through screens until a step waits for them, and puts together what they see on the way.

A Walk lives for one turn inside pure code: it is built from a conversation, changed by the turn, and read off at the
end. Nothing that an author writes can keep it from ending: the steps of a turn are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, assert_never

from bot.dialogue.arithmetic import FormulaError, work_out
from bot.dialogue.conditions import holds
from bot.dialogue.conversation import Conversation, Frame, Value
from bot.dialogue.effects import Count, Turn, Wake
from bot.dialogue.events import Wish
from bot.dialogue.listing import tell_hotlines, tell_places
from bot.dialogue.nodes import FLOW_PART, SCREEN_PART, flow_token
from bot.dialogue.presses import Answer, Open, Press, Return, Switch, Wanting, write_press
from bot.dialogue.screenful import Screenful
from bot.dialogue.script import Script, Spot
from bot.dialogue.steps import (
    About,
    Ask,
    Call,
    Checklist,
    Choose,
    End,
    FlowId,
    ForgetMe,
    Go,
    ListHotlines,
    ListPlaces,
    ListTopics,
    Option,
    Remind,
    Say,
    ScreenId,
    Set,
    Show,
    Spoken,
    Step,
    Target,
    ToBack,
    ToFlow,
    ToHome,
    ToScreen,
    Wait,
)
from bot.dialogue.wording import WISH_ICONS, Wording
from bot.facts import Amount, Caller, FactId
from bot.messages import Button, Language, Rows, Span, Style, Text, plain

MOST_STEPS: Final = 400
"""Steps that one turn may take; the longest honest way through a flow is far shorter."""

MOST_FRAMES: Final = 6
MOST_TRAIL: Final = 6
DONE: Final = "="
"""What the button that finishes a checklist carries; no item may be called so."""

TOLD: Final = "told"
"""What is kept in place of words that a person wrote."""


@dataclass(slots=True)
class _Position:
    """The step a walk is about to take; outside of a walk there are only frames."""

    flow: FlowId
    screen: ScreenId
    index: int
    values: dict[str, Value]


class Walk:
    """One turn in the making."""

    def __init__(self, script: Script, conversation: Conversation, now: datetime) -> None:
        self.script = script
        self.now = now
        self.language = conversation.language
        self.speaking = conversation.language
        self.profile = dict(conversation.profile)
        self.frames = list(conversation.frames)
        self.trail = list(conversation.trail)
        self.tries = conversation.tries
        self.heard = conversation.heard
        self.forgotten = False
        self._screenful = Screenful()
        self._extra: list[tuple[Wanting, str]] = []

    # What a turn is made of

    def turn(self) -> Turn:
        """The turn as it came out."""
        if self.forgotten:
            return Turn(None, self._screenful.effects())
        conversation = Conversation(
            language=self.language,
            profile=self.profile,
            frames=tuple(self.frames),
            trail=tuple(self.trail[-MOST_TRAIL:]),
            tries=self.tries,
            heard=self.heard,
        )
        return Turn(conversation, self._screenful.effects())

    def note(self, phrase: str) -> None:
        """Say one of the engine's own sentences before what comes next."""
        self._screenful.add(plain(self.wording().phrase(phrase)))

    def add(self, text: Text) -> None:
        """Say this before what comes next."""
        self._screenful.add(text)

    def count(self, what: str, label: str = "") -> None:
        """Add one to a figure."""
        self._screenful.do(Count(what, label))

    def may_replace(self) -> None:
        """Let the coming menu take the place of the message whose button was pressed."""
        self._screenful.replaces = True

    def opening(self, flow: FlowId) -> Open:
        """What a button carries that opens a flow from anywhere."""
        return Open(flow_token(flow))

    def offer_danger_button(self) -> None:
        """Put the line for people in danger, and its button, under the coming menu."""
        self._extra.append((Wish.HELP, f"🆘 {self.wording().phrase('danger-now')}"))

    def offer_switch(self) -> None:
        """Put the offer to go on in the language being spoken under the coming menu."""
        if self.speaking is not None:
            self._extra.append((Switch(), f"🌐 {self.wording().phrase('switch-language')}"))

    def cover(self) -> None:
        """Let the coming menu cover what was on the screen."""
        self._screenful.covers = True

    def known(self) -> dict[str, Value]:
        """The values of the innermost flow over the profile."""
        return self.known_with(self.frames[-1].values if self.frames else {})

    def known_with(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """A flow's values over the profile."""
        return {**self.profile, **values}

    def wording(self, values: dict[str, Value] | None = None) -> Wording:
        """Words for this person now."""
        known = self.known() if values is None else self.known_with(values)
        language = self.speaking or self._first_language()
        caller = Caller(self.profile.get("origin"), self.profile.get("here"), language)
        return Wording(self.script, language, caller, self.now, known)

    # Ways

    def open_from_here(self, flow: FlowId) -> None:
        """Call a flow as a detour: it comes back to the wait at which the person stands."""
        self.remember()
        if self._is_topic(flow):
            self.count("topic_opened", flow.removeprefix("topic."))
            while self.frames and self._is_topic(self._flow_of(self.frames[-1])):
                self.frames.pop()
        self._drop_frames_of(flow)
        del self.frames[MOST_FRAMES - 1 :]
        self.begin(flow)

    def restart(self, flow: FlowId) -> None:
        """Stand at the start of a flow with nothing behind."""
        self.frames.clear()
        self.begin(flow)

    def begin(self, flow: FlowId) -> None:
        """Run a flow from its start, on top of the frames there are."""
        self._run(_Position(flow, self.script.flows[flow].start, 0, {}))

    def go(self, target: Target, frame: Frame) -> None:
        """Leave the wait of the innermost frame for a target."""
        spot = self.script.spots[frame.node]
        self.frames.pop()
        self._run_if(self._aim(target, _Position(spot.flow, spot.screen, spot.index, dict(frame.values))))

    def go_on(self, frame: Frame, values: dict[str, Value]) -> None:
        """The wait of the innermost frame is over: take the steps after it."""
        spot = self.script.spots[frame.node]
        self.frames.pop()
        self._run(_Position(spot.flow, spot.screen, spot.index + 1, values))

    def back(self) -> None:
        """Stand where the person stood before; at home when there is nothing before."""
        if self.trail:
            self.frames = list(self.trail.pop())
            self.ask_again()
        else:
            self.restart(self.script.special.home)

    def home(self) -> None:
        """Stand at home, with the way back still open."""
        self.remember()
        self.restart(self.script.special.welcome if self.language is None else self.script.special.home)

    def remember(self) -> None:
        """Keep this wait for "back"."""
        here = tuple(self.frames)
        if here and (not self.trail or self.trail[-1] != here):
            self.trail.append(here)

    def leave_detour(self) -> None:
        """End the innermost flow and stand where it was called from."""
        self.remember()
        if self.frames:
            self.frames.pop()
        self._run_if(self._finish(None))

    def stand_before(self, flow: FlowId) -> None:
        """Put the first wait of a flow below what comes next, to be led to it afterwards."""
        start = self.script.flows[flow].screens[self.script.flows[flow].start]
        first = next((step for step in start.steps if isinstance(step, Choose | Ask | ListTopics | Checklist)), None)
        if first is not None:
            self.frames.append(Frame(first.node))

    def ask_again(self) -> None:
        """Show the wait at which the person stands; the nearest live one when it is gone."""
        if not self.frames:
            self.restart(self.script.special.welcome if self.language is None else self.script.special.home)
            return
        frame = self.frames[-1]
        spot = self.script.spots.get(frame.node)
        step = self.step_at(spot) if spot else None
        if spot is None or step is None:
            self._land(frame)
        elif isinstance(step, Call):
            self.frames.pop()
            self._run(_Position(spot.flow, spot.screen, spot.index, dict(frame.values)))
        else:
            self.frames.pop()
            spoken_from = _Position(spot.flow, spot.screen, self._spoken_before(spot), dict(frame.values))
            self._run(spoken_from, only=spot.index)

    def step_at(self, spot: Spot) -> Step | None:
        """The step a token points at."""
        steps = self.script.flows[spot.flow].screens[spot.screen].steps
        return steps[spot.index] if spot.index < len(steps) else None

    def waiting(self) -> tuple[Frame, Wait] | None:
        """The innermost frame and the wait it stands at, if it is still there."""
        if not self.frames:
            return None
        frame = self.frames[-1]
        spot = self.script.spots.get(frame.node)
        step = self.step_at(spot) if spot else None
        return (frame, step) if isinstance(step, Choose | Ask | ListTopics | Checklist) else None

    def options(self, step: Choose | ListTopics, known: dict[str, Value]) -> tuple[Option, ...]:
        """The buttons of a wait that can be pressed now."""
        if isinstance(step, ListTopics):
            return tuple(
                Option(topic.id, topic.title, topic.icon, opens=FlowId(f"topic.{topic.id}"))
                for topic in self.script.topics.values()
                if topic.stage == step.stage
            )
        return tuple(option for option in step.options if holds(option.when, known))

    def save(self, name: str, value: Value, values: dict[str, Value]) -> None:
        """Keep a value: in the profile if it is declared there, as the language, or in the flow."""
        if name == "language":
            language = Language(str(value))
            if language in self.script.tongues:
                self.language = self.speaking = language
        elif name in self.script.profile:
            if str(value) in self.script.profile[name]:
                self.profile[name] = str(value)
            else:
                # "I would rather not say" takes back what was told.
                self.profile.pop(name, None)
        else:
            values[name] = value

    # The walk itself

    def _run(self, at: _Position, only: int | None = None) -> None:
        """Take steps until one waits. Up to `only`, a wait asked again, nothing but what is spoken counts."""
        here = at
        for _ in range(MOST_STEPS):
            after = self._take(here, only)
            if after is None:
                return
            here = after
        self._rescue()

    def _take(self, at: _Position, only: int | None) -> _Position | None:
        steps = self.script.flows[at.flow].screens[at.screen].steps
        if at.index >= len(steps):
            return self._finish(None)
        step = steps[at.index]
        known = self.known_with(at.values)
        asked_again = only is not None and at.index < only
        if not isinstance(step, Go) and not holds(step.when, known) and at.index != only:
            return _next(at)
        if asked_again and not isinstance(step, Say | Show | ListHotlines | ListPlaces | About):
            return _next(at)
        match step:
            case Say() | Show() | ListHotlines() | ListPlaces() | About():
                self._speak(step, at, repeated=asked_again)
                return _next(at)
            case Choose() | Ask() | ListTopics() | Checklist():
                return self._wait(step, at)
            case Set():
                self._work_out(step, at, known)
                return _next(at)
            case Call():
                return self._call(step, at)
            case Go():
                for way in step.ways:
                    if holds(way.when, known):
                        return self._aim(way.to, at)
                return _next(at)
            case End():
                return self._finish(step.value)
            case Remind():
                self._screenful.do(Wake(flow_alarm(step.flow), step.wait))
                return _next(at)
            case ForgetMe():
                self.forgotten = True
                self.note("forgotten")
                wording = self.wording()
                row = (self._way(Wish.HOME, wording), self._way(Wish.PERSON, wording))
                self._screenful.show_menu((row,), self.speaking)
                return None
            case _:
                assert_never(step)

    def _speak(self, step: Spoken, at: _Position, *, repeated: bool) -> None:
        wording = self.wording(at.values)
        match step:
            case Say():
                text = wording.text(step.text)
                self.add((Span(text[0].words, Style.STRONG), *text[1:]) if step.heading else text)
            case Show():
                self._screenful.picture = step.media
            case ListHotlines():
                if step.inline:
                    self.add(tell_hotlines(step, wording))
                elif not repeated:
                    self._screenful.show_apart(tell_hotlines(step, wording), self.speaking)
            case ListPlaces():
                self.add(tell_places(step, wording))
            case About():
                self.add(self._reviewed_share(wording))
            case _:
                assert_never(step)

    def _wait(self, step: Wait, at: _Position) -> _Position | None:
        self.frames.append(Frame(step.node, at.values))
        if isinstance(step, Ask):
            self.add(self.wording(at.values).text(step.text))
        if isinstance(step, Choose | Ask) and step.after is not None:
            self._screenful.do(Wake(step.node, step.after.wait))
        self._show_menu(self._buttons(step, at), step.columns if isinstance(step, Choose) else 1)
        return None

    def _call(self, step: Call, at: _Position) -> _Position:
        self.frames.append(Frame(step.node, at.values))
        if len(self.frames) > MOST_FRAMES:
            del self.frames[0]
        return _Position(step.flow, self.script.flows[step.flow].start, 0, {})

    def _finish(self, value: str | None) -> _Position | None:
        """Leave a flow: on after the call of the one below, or back to the wait it was called away from."""
        while self.frames:
            frame = self.frames.pop()
            spot = self.script.spots.get(frame.node)
            step = self.step_at(spot) if spot else None
            if spot is None or step is None:
                continue
            values = dict(frame.values)
            if isinstance(step, Call):
                if step.save is not None and value is not None:
                    self.save(step.save, value, values)
                return _Position(spot.flow, spot.screen, spot.index + 1, values)
            self.frames.append(frame)
            self.ask_again()
            return None
        home = self.script.special.home
        return _Position(home, self.script.flows[home].start, 0, {})

    def _aim(self, target: Target, at: _Position) -> _Position | None:
        match target:
            case ToScreen(screen):
                return replace(at, screen=screen, index=0)
            case ToFlow(flow):
                self._drop_frames_of(flow)
                if self._is_topic(flow):
                    self.count("topic_opened", flow.removeprefix("topic."))
                return _Position(flow, self.script.flows[flow].start, 0, {})
            case ToHome():
                self.frames.clear()
                home = self.script.special.home
                return _Position(home, self.script.flows[home].start, 0, {})
            case ToBack():
                self.back()
                return None
            case _:
                assert_never(target)

    def _work_out(self, step: Set, at: _Position, known: dict[str, Value]) -> None:
        for name, formula in step.formulas:
            try:
                value = work_out(formula, known, self._fact_number)
            except FormulaError:
                self.count("formula_failed", name)
                value = Decimal(0)
            self.save(name, value, at.values)

    def _fact_number(self, fact_id: str) -> Decimal:
        match self.script.facts[FactId(fact_id)].value:
            case Amount(number):
                return number
            case _:
                raise FormulaError(f"{fact_id} is not a single number")

    # Landing where content has changed

    def _land(self, frame: Frame) -> None:
        self.frames.pop()
        renamed = self.script.renamed.get(frame.node)
        if renamed is not None:
            self.frames.append(replace(frame, node=renamed))
            self.ask_again()
            return
        self.note("moved")
        values = dict(frame.values)
        screen = self.script.screens.get(frame.node[:SCREEN_PART])
        flow = self.script.beginnings.get(frame.node[:FLOW_PART])
        if screen is not None:
            self._run(_Position(screen[0], screen[1], 0, values))
        elif flow is not None:
            self._run(_Position(flow, self.script.flows[flow].start, 0, values))
        else:
            self._run_if(self._finish(None))

    def _run_if(self, at: _Position | None) -> None:
        if at is not None:
            self._run(at)

    def _rescue(self) -> None:
        """A flow went round and round: start again at home, which the content checks have proved to wait."""
        self.count("walk_too_long")
        self._screenful.clear()
        self.frames.clear()
        self.note("went-wrong")
        home = self.script.special.home
        here = _Position(home, self.script.flows[home].start, 0, {})
        for _ in range(MOST_STEPS):
            after = self._take(here, None)
            if after is None:
                return
            here = after

    # What the person sees

    def show_beside(self, text: Text, buttons: Sequence[tuple[Wanting, str]]) -> None:
        """Show a message that stays, with buttons of its own, before whatever else comes."""
        rows = tuple((self._button(wants, label, kept=True),) for wants, label in buttons)
        self._screenful.show_beside(text, rows, self.speaking)

    def show_choice(self, buttons: Sequence[tuple[Wanting, str]]) -> None:
        """Show what has been said so far with these buttons; where the person stands does not change."""
        self._show_menu([self._button(wants, label) for wants, label in buttons])

    def _show_menu(self, buttons: Sequence[Button], columns: int = 1) -> None:
        if self._screenful.is_silent():
            self.note("what-next")
        extra = tuple((self._button(wants, label),) for wants, label in self._extra)
        self._screenful.show_menu((*_in_rows(buttons, columns), *extra, *self._ways_out()), self.speaking)

    def _buttons(self, step: Wait, at: _Position) -> list[Button]:
        wording = self.wording(at.values)
        match step:
            case Choose() | ListTopics():
                known = self.known_with(at.values)
                return [
                    self._button(Answer(step.node, option.value), _with_icon(option.icon, wording.words(option.label)))
                    for option in self.options(step, known)
                ]
            case Checklist():
                ticked = ticked_items(self.profile.get(step.save, ""))
                return [
                    *(
                        self._button(
                            Answer(step.node, item),
                            _with_icon("✅" if item in ticked else "⬜", wording.words(words)),
                        )
                        for item, words in step.items
                    ),
                    self._button(Answer(step.node, DONE), wording.phrase("done")),
                ]
            case Ask():
                return []
            case _:
                assert_never(step)

    def _ways_out(self) -> Rows:
        """Back, home, language, a person and quick exit: on every wait, so that no author can forget them."""
        flow = self._flow_of(self.frames[-1]) if self.frames else None
        wording = self.wording()
        away: list[Button] = []
        if self.trail:
            away.append(self._way(Wish.BACK, wording))
        if flow != self.script.special.home:
            away.append(self._way(Wish.HOME, wording))
        always = [self._way(wish, wording) for wish in (Wish.PERSON, Wish.LANGUAGE, Wish.EXIT)]
        if flow is not None and self.script.flows[flow].sensitive:
            always.insert(0, always.pop())
        return tuple(tuple(row) for row in (self._way_to_caller(wording), away, always) if row)

    def _way_to_caller(self, wording: Wording) -> list[Button]:
        """The way back after a detour, where it is another than "back"."""
        below = tuple(self.frames[:-1])
        if not below or (self.trail and self.trail[-1] == below):
            return []
        caller = self._flow_of(below[-1])
        spot = self.script.spots.get(below[-1].node)
        # A flow that only asks something for another one has to be answered, not left.
        asked_for = spot is not None and isinstance(self.step_at(spot), Call)
        if caller is None or asked_for or caller == self.script.special.home:
            return []
        return [self._button(Return(), f"↩️ {wording.words(self.script.flows[caller].title)}")]

    def _way(self, wish: Wish, wording: Wording) -> Button:
        icon = WISH_ICONS[wish]
        # Nobody can read words of a language that they have not chosen yet.
        label = icon if self.language is None else f"{icon} {wording.phrase(wish)}"
        return self._button(wish, label)

    def _button(self, wants: Wanting, label: str, *, kept: bool = False) -> Button:
        return Button(label, write_press(Press(wants, self.speaking, kept)))

    def _reviewed_share(self, wording: Wording) -> Text:
        reviewed, total = self.script.phrasebook.reviewed(wording.language)
        if reviewed == total:
            return ()
        return plain(wording.phrase("reviewed-share", reviewed=str(reviewed), total=str(total)))

    # Small questions about the script

    def _flow_of(self, frame: Frame) -> FlowId | None:
        return self.script.beginnings.get(frame.node[:FLOW_PART])

    def title_here(self) -> str:
        """The title of the flow in which the person stands."""
        flow = self._flow_of(self.frames[-1]) if self.frames else None
        return self.wording().words(self.script.flows[flow or self.script.special.home].title)

    def stands_in_topic(self) -> bool:
        """Whether the person is reading the answer to a question."""
        return bool(self.frames) and self._is_topic(self._flow_of(self.frames[-1]))

    def _is_topic(self, flow: FlowId | None) -> bool:
        return flow is not None and flow.startswith("topic.")

    def _drop_frames_of(self, flow: FlowId) -> None:
        """Nobody stands in a flow twice: coming to it again leaves everything above its earlier visit."""
        for depth, frame in enumerate(self.frames):
            if self._flow_of(frame) == flow:
                del self.frames[depth:]
                return

    def _spoken_before(self, spot: Spot) -> int:
        steps = self.script.flows[spot.flow].screens[spot.screen].steps
        earlier = range(spot.index - 1, -1, -1)
        return next((index + 1 for index in earlier if isinstance(steps[index], _WAITS_AND_CALLS)), 0)

    def _first_language(self) -> Language:
        return next(iter(self.script.tongues))


def flow_alarm(flow: FlowId) -> str:
    """The name of a reminder that opens a flow, in place of a wait's token."""
    return f"flow:{flow}"


def ticked_items(kept: str) -> frozenset[str]:
    """The ticked items of a checklist, as kept in a profile field."""
    return frozenset(kept.split(",")) - {""}


def _next(at: _Position) -> _Position:
    return _Position(at.flow, at.screen, at.index + 1, at.values)


def _with_icon(icon: str, label: str) -> str:
    return f"{icon} {label}" if icon else label


def _in_rows(buttons: Sequence[Button], columns: int) -> Rows:
    return tuple(tuple(buttons[start : start + columns]) for start in range(0, len(buttons), columns))


_WAITS_AND_CALLS: Final = (Choose, Ask, ListTopics, Checklist, Call)
