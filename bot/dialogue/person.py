"""Who a turn is for: their language, what they told, where they stand, and what is known of that now.

What was kept may be of another day. Fields, values and languages that today's content does not declare are dropped when
a person is read, and former names of steps become today's, so that nothing further on has to think of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.dialogue.conditions import holds
from bot.dialogue.conversation import Conversation, Frame, Frames, Value
from bot.dialogue.nodes import FLOW_PART
from bot.dialogue.script import Script
from bot.dialogue.steps import Ask, Call, Checklist, Choose, FlowId, ListTopics, Option, Step, Wait
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Language

MOST_FRAMES = 6
MOST_TRAIL = 6

LANGUAGE = "language"
"""The name under which the chosen language is saved and asked for."""

TOPIC = "topic."
"""How the flows of topics are called."""


class Person:
    """One person during one turn; it is changed by the turn, and read off at the end."""

    def __init__(self, script: Script, conversation: Conversation, now: datetime) -> None:
        self.script = script
        self.now = now
        self.language = conversation.language if conversation.language in script.tongues else None
        self.speaking = self.language
        """The language of this answer, which may be another than the chosen one."""
        self.heard = conversation.heard
        self.profile = _declared(conversation.profile, script.profile)
        self.tries = conversation.tries
        self.frames = list(_renamed(conversation.frames, script))[-MOST_FRAMES:]
        self.trail = [_renamed(frames, script) for frames in conversation.trail]
        self.calling = conversation.calling
        self.shown = list(conversation.shown)
        self.secret = conversation.secret
        self.active = conversation.active
        self.wrong = conversation.wrong
        self.late = conversation.late
        self.limits = conversation.limits
        self.of_desk: Mapping[str, Value] = {}
        """What is known of helplines and the ticket; put here by whoever knows, and needed only where there are any."""

    def conversation(self) -> Conversation:
        """What is to be kept."""
        return Conversation(
            language=self.language,
            profile=self.profile,
            frames=tuple(self.frames),
            trail=tuple(self.trail[-MOST_TRAIL:]),
            tries=self.tries,
            heard=self.heard,
            calling=self.calling,
            shown=tuple(self.shown),
            secret=self.secret,
            active=self.active,
            wrong=self.wrong,
            late=self.late,
            limits=self.limits,
        )

    # What is known

    def known(self) -> dict[str, Value]:
        """The values of the innermost flow over the profile."""
        return self.known_with(self.frames[-1].values if self.frames else {})

    def known_with(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """A flow's values over the profile and the language, if one is chosen."""
        chosen: dict[str, Value] = {} if self.language is None else {LANGUAGE: str(self.language)}
        return {**self.of_desk, **chosen, **self.profile, **values}

    def wording(self, values: Mapping[str, Value] | None = None) -> Wording:
        """Words for this person now."""
        known = self.known() if values is None else self.known_with(values)
        language = self.speaking or next(iter(self.script.tongues))
        caller = Caller(self.profile.get("origin"), self.profile.get("here"), language)
        return Wording(self.script, language, caller, self.now, known)

    def save(self, name: str, value: Value, values: dict[str, Value]) -> None:
        """Keep a value: in the profile if it is declared there, as the language, or in the flow."""
        if name == LANGUAGE:
            self.speak(Language(str(value)))
        elif name in self.script.profile:
            if str(value) in self.script.profile[name]:
                self.profile[name] = str(value)
            else:
                # "I would rather not say" takes back what was told.
                self.profile.pop(name, None)
        else:
            values[name] = value

    def speak(self, language: Language | None) -> None:
        """Go on in a language from now on, if it is one of ours."""
        if language in self.script.tongues:
            self.language = self.speaking = language

    # Where they stand

    def step_of(self, frame: Frame) -> Step | None:
        """The step at which a frame waits; nothing where the content has none there any more."""
        spot = self.script.spots.get(frame.node)
        return None if spot is None else self.script.flows[spot.flow].screens[spot.screen].steps[spot.index]

    def waiting(self) -> tuple[Frame, Wait] | None:
        """The innermost frame and the wait it stands at, if it is still there."""
        if not self.frames:
            return None
        frame = self.frames[-1]
        step = self.step_of(frame)
        return (frame, step) if isinstance(step, (Choose, Ask, ListTopics, Checklist)) else None

    def options(self, step: Choose | ListTopics, known: Mapping[str, Value]) -> tuple[Option, ...]:
        """The buttons of a wait that can be pressed now."""
        return tuple(option for option in self._declared_options(step) if holds(option.when, known))

    def option(self, step: Choose | ListTopics, value: str, known: Mapping[str, Value]) -> Option | None:
        """The button with this value, if it can be pressed now."""
        named = (option for option in self._declared_options(step) if option.value == value)
        return next((option for option in named if holds(option.when, known)), None)

    def _declared_options(self, step: Choose | ListTopics) -> tuple[Option, ...]:
        if isinstance(step, Choose):
            return step.options
        return tuple(
            Option(topic.id, topic.title, topic.icon, opens=FlowId(f"{TOPIC}{topic.id}"))
            for topic in self.script.topics.values()
            if topic.stage == step.stage
        )

    def flow_of(self, frame: Frame) -> FlowId | None:
        """The flow in which a frame stands."""
        return self.script.beginnings.get(frame.node[:FLOW_PART])

    def flow_here(self) -> FlowId | None:
        """The flow in which the person stands."""
        return self.flow_of(self.frames[-1]) if self.frames else None

    def title_here(self) -> str:
        """The title of the flow in which the person stands."""
        return self.wording().words(self.script.flows[self.flow_here() or self.script.special.home].title)

    def stands_in_topic(self) -> bool:
        """Whether the person is reading the answer to a question."""
        return is_topic(self.flow_here())

    def caller(self) -> FlowId | None:
        """The flow that the person left for a detour, if they may go back to it as they are."""
        if len(self.frames) < 2:
            return None
        below = self.frames[-2]
        # A flow that only asks something for another one has to be answered, not left.
        return None if isinstance(self.step_of(below), Call) else self.flow_of(below)

    # The way behind them

    def remember(self) -> None:
        """Keep this wait for "back"."""
        here = tuple(self.frames)
        if here and (not self.trail or self.trail[-1] != here):
            self.trail.append(here)

    def forget_detour(self) -> None:
        """Back where a detour began: "back" leads to what was before it, and not into it again."""
        here = tuple(self.frames)
        if here in self.trail:
            del self.trail[self.trail.index(here) :]

    def drop_frames_of(self, flow: FlowId) -> None:
        """Nobody stands in a flow twice: coming to it again leaves everything above its earlier visit."""
        for depth, frame in enumerate(self.frames):
            if self.flow_of(frame) == flow:
                del self.frames[depth:]
                return

    def stand(self, frame: Frame) -> None:
        """Wait here. Where flows call each other too deep, the outermost are given up: nobody remembers them."""
        self.frames.append(frame)
        del self.frames[:-MOST_FRAMES]


def is_topic(flow: FlowId | None) -> bool:
    """Whether a flow is the answer to a question."""
    return flow is not None and flow.startswith(TOPIC)


def ticked_items(kept: str) -> frozenset[str]:
    """The ticked items of a checklist, as kept in a profile field."""
    return frozenset(kept.split(",")) - {""}


def _declared(profile: Mapping[str, str], fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    kept = {}
    for field, value in profile.items():
        values = fields.get(field, ())
        # A checklist keeps several values in its field.
        known = value if value in values else ",".join(item for item in value.split(",") if item in values)
        if known:
            kept[field] = known
    return kept


def _renamed(frames: Iterable[Frame], script: Script) -> Frames:
    renamed = script.renamed
    if not renamed:
        return tuple(frames)
    return tuple(replace(frame, node=renamed[frame.node]) if frame.node in renamed else frame for frame in frames)
