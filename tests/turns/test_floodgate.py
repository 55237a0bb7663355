"""One who floods us is answered so many times a second; whatever else there is of it, a call for help gets in."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.dialogue.events import Event, Flooded, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.presses import Answer, Press, write_press
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.dialogue.urgency import urgency_of
from bot.dialogue.walking import opening
from bot.language import Danger, Kind, Level, Understood
from bot.messages import ConversationId, Language
from bot.turns.floodgate import A_SECOND, AT_ONCE, LOOKS_A_SECOND, LOOKS_AT_ONCE, SAME_APART, Admission, Floodgate
from tests.fakes import ManualClock

EN = Language("en")
ONE, OTHER = ConversationId("1" * 22), ConversationId("2" * 22)
HOME = Wished(Wish.HOME)
NOISE = Typed("minimum wage")
A_SECOND_OF_FLOOD = 200


class Ears:
    """Hears danger in one sentence, and counts what it was asked to understand."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: Counter[str] = Counter()

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        self.asked[text] += 1
        if "knife" in text:
            return Understood(text, language, None, Danger(Level.CERTAIN, Kind.VIOLENCE, ()))
        return self.script.understanding.understand(text, language, profile)


@pytest.fixture
def ears(real_script: Script) -> Ears:
    return Ears(real_script)


@pytest.fixture
def listening(real_script: Script, ears: Ears) -> Script:
    return replace(real_script, understanding=ears)


def full(clock: ManualClock, script: Script) -> Floodgate:
    """A gate at which one person has used up what people do, and has been told so."""
    gate = Floodgate(clock)
    let_in = Counter(gate.admit(ONE, HOME, script) for _ in range(AT_ONCE + 5))
    assert let_in == {Admission.IN: AT_ONCE, Admission.NOTICE: 1, Admission.OVER: 4}
    return gate


async def test_who_writes_as_people_do_is_never_held_back(real_script: Script) -> None:
    clock = ManualClock()
    gate = Floodgate(clock)

    for _ in range(500):
        await clock.advance(1 / A_SECOND)
        assert gate.admit(ONE, NOISE, real_script) is Admission.IN


def test_beyond_what_is_allowed_only_that_person_is_passed_over(real_script: Script) -> None:
    gate = full(ManualClock(), real_script)

    assert gate.admit(OTHER, NOISE, real_script) is Admission.IN


async def test_a_call_for_help_gets_in_again_and_again(real_script: Script) -> None:
    clock = ManualClock()
    gate = full(clock, real_script)

    for _ in range(10):
        assert gate.admit(ONE, Typed("help"), real_script) is Admission.IN
        await clock.advance(0.2)


async def test_no_call_is_passed_over_in_whatever_flood_of_the_same_person(listening: Script) -> None:
    """Counting, one and the same, all different, or calls of another kind: one call falls among each 200 a second."""
    floods: tuple[Callable[[int], str], ...] = (
        lambda number: f"minimum wage {number}",
        lambda _: "minimum wage",
        lambda number: "".join(chr(97 + int(figure)) for figure in str(10_000_019 * (number + 1))),
        lambda _: "help",
    )
    for flood in floods:
        clock = ManualClock()
        gate = full(clock, listening)
        missed = []
        for number in range(2_400):
            clock.set(clock.now() + timedelta(seconds=1 / A_SECOND_OF_FLOOD))
            gate.admit(ONE, Typed(flood(number)), listening)
            if number % 400 == 77:
                words = f"he has a knife {number}"
                if gate.admit(ONE, Typed(words), listening) is not Admission.IN:
                    missed.append(number)
        # A call that comes within ten seconds of the same call waits for a fifth of a second at most.
        assert missed == [] or (flood(1) == "help" and len(missed) < 6 and 77 not in missed)


async def test_what_only_repeats_is_not_understood_again(listening: Script, ears: Ears) -> None:
    gate = full(ManualClock(), listening)
    ears.asked.clear()

    for number in range(1_000):
        gate.admit(ONE, Typed(f"minimum wage {number}"), listening)

    assert ears.asked.total() == 1


@pytest.mark.parametrize("noise", ["x17", "5", "talk to a person 5", "HELP 7"])
def test_noise_that_looks_like_a_call_hides_none(real_script: Script, noise: str) -> None:
    for call in ("x", "0", "talk to a person", "HELP"):
        gate = full(ManualClock(), real_script)
        gate.admit(ONE, Typed(noise), real_script)

        assert gate.admit(ONE, Typed(call), real_script) is Admission.IN


def test_what_is_new_is_understood_only_so_fast(listening: Script, ears: Ears) -> None:
    clock = ManualClock()
    gate = full(clock, listening)
    ears.asked.clear()
    words = ["".join(chr(97 + int(figure)) for figure in str(10_000_019 * number)) for number in range(1, 2_000)]

    for word in words[:1_000]:
        gate.admit(ONE, Typed(word), listening)
    assert ears.asked.total() == LOOKS_AT_ONCE
    clock.set(clock.now() + timedelta(seconds=1))
    for word in words[1_000:]:
        gate.admit(ONE, Typed(word), listening)

    assert ears.asked.total() == LOOKS_AT_ONCE + LOOKS_A_SECOND


def test_made_up_buttons_get_in_only_so_often(real_script: Script) -> None:
    clock = ManualClock()
    gate = full(clock, real_script)
    flow = real_script.flows[FlowId("person")]
    node = next(step.node for screen in flow.screens.values() for step in screen.steps if hasattr(step, "node"))

    let_in = 0
    for number in range(5_000):
        clock.set(clock.now() + timedelta(milliseconds=2))
        made_up = Pressed(write_press(Press(Answer(type(node)(f"{node[:4]}{number:06}"), f"{number}"), EN)))
        let_in += gate.admit(ONE, made_up, real_script) is Admission.IN

    # Five a second, and what drains meanwhile.
    assert let_in <= 10 * 5 + 10 * A_SECOND + 2


def test_another_call_is_not_taken_for_a_repetition(real_script: Script) -> None:
    clock = ManualClock()
    gate = full(clock, real_script)
    assert gate.admit(ONE, Typed("help"), real_script) is Admission.IN

    assert gate.admit(ONE, Wished(Wish.EXIT), real_script) is Admission.IN
    assert gate.admit(ONE, Opened(flow="ask-helpline"), real_script) is Admission.IN
    assert gate.admit(ONE, Typed("help"), real_script) is Admission.OVER
    clock.set(clock.now() + SAME_APART)
    assert gate.admit(ONE, Wished(Wish.EXIT), real_script) is Admission.IN
    assert gate.admit(ONE, Typed("help"), real_script) is Admission.IN


@pytest.mark.parametrize(
    ("event", "urgent"),
    [
        (Wished(Wish.EXIT), True),
        (Wished(Wish.PERSON), True),
        (Wished(Wish.HOME), False),
        (Pressed(write_press(Press(Wish.HELP, EN))), True),
        (Pressed(write_press(Press(Wish.BACK, EN))), False),
        (Pressed(write_press(Press(opening(FlowId("person")), EN))), True),
        (Pressed(write_press(Press(opening(FlowId("cost-calculator")), EN))), False),
        (Pressed("nonsense"), False),
        (Typed("help"), True),
        (Typed("x"), True),
        (Typed("minimum wage"), False),
        (Typed(""), False),
        (Shared(SharedKind.PHOTO, words="talk to a person"), True),
        (Shared(SharedKind.PHOTO), False),
        (Opened(flow="ask-helpline"), True),
        (Opened(), False),
        (Flooded(), False),
    ],
)
def test_what_is_urgent_is_told_without_knowing_who_it_is(real_script: Script, event: Event, *, urgent: bool) -> None:
    assert bool(urgency_of(event, real_script)) is urgent


def test_the_button_that_asks_a_helpline_is_urgent(real_script: Script) -> None:
    flow = real_script.flows[FlowId("ask-helpline")]
    node = next(step.node for screen in flow.screens.values() for step in screen.steps if hasattr(step, "node"))

    asks, others = (
        urgency_of(Pressed(write_press(Press(Answer(node, one), EN))), real_script) for one in ("skip", "z")
    )

    assert asks
    assert others
    assert asks != others
