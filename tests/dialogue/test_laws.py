"""What holds for everybody, whatever they do: over the real content, with any events in any order."""

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import NEW_CONVERSATION
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Elapsed, Event, Looked, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.script import Script
from bot.messages import Language
from tests.dialogue.laws import holds_a_number, keeps_limits, stands_somewhere
from tests.dialogue.little_world import NOW

WORDS = st.sampled_from(
    [
        "",
        "0",
        "x",
        "help",
        "stop",
        "home",
        "yes",
        "400",
        "๑๒๓",
        "ជួយ",
        "ຊ່ວຍ",
        "ကူညီပါ",
        "ช่วย",
        "asdf " * 300,
        "🙂\u202e",
        "they beat me",
    ]
)


@dataclass(frozen=True)
class PressSome:
    """Press one of the buttons shown last (or, `old`, one shown before)."""

    place: int
    old: bool


PRESSES = st.builds(PressSome, st.integers(0, 200), old=st.just(value=False))
FIXED: st.SearchStrategy[Event] = st.one_of(
    st.builds(Typed, WORDS),
    st.builds(Typed, st.text(max_size=60)),
    st.builds(Pressed, st.text(max_size=70)),
    st.builds(Wished, st.sampled_from(Wish)),
    st.builds(Shared, st.sampled_from(SharedKind)),
    st.builds(
        Opened,
        st.one_of(st.none(), st.sampled_from(["km", "lo", "my", "th", "en", "xx"]).map(Language)),
        st.one_of(st.none(), st.sampled_from(["offer-check", "trafficking-signs", "nowhere"])),
    ),
    st.just(Looked()),
    st.builds(Elapsed, st.text(max_size=12)),
)
DOINGS = st.lists(
    st.one_of(
        st.builds(PressSome, st.integers(0, 200), st.booleans()),
        PRESSES,
        FIXED,
    ),
    min_size=1,
    max_size=40,
)


@given(DOINGS)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_person_stands_at_a_wait_and_holds_a_number(
    real_script: Script, doings: list[PressSome | Event]
) -> None:
    conversation = NEW_CONVERSATION
    now_shown: list[str] = []
    ever_shown: list[str] = []
    for doing in doings:
        event = _event(doing, now_shown, ever_shown)
        turn = take_turn(real_script, conversation, event, NOW)
        conversation = turn.conversation or NEW_CONVERSATION
        if isinstance(event, Elapsed) and not turn.messages:
            continue
        stands_somewhere(real_script, turn)
        keeps_limits(turn)
        now_shown = [button.press for message in turn.messages for row in message.rows for button in row]
        ever_shown.extend(now_shown)
        holds_a_number(real_script, conversation, now_shown)


def _event(doing: PressSome | Event, now_shown: list[str], ever_shown: list[str]) -> Event:
    if not isinstance(doing, PressSome):
        return doing
    among = ever_shown if doing.old else now_shown
    return Pressed(among[doing.place % len(among)]) if among else Opened()
