"""What holds for everybody, whatever they do: over the real content, with any events in any order."""

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.effects import Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Elapsed, Event, Looked, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.presses import Press, read_press
from bot.dialogue.script import Script
from bot.dialogue.walking import Walk
from bot.messages import MESSAGE_UNITS, PRESS_BYTES, Language, Style, units, words_of
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
        _stands_somewhere(real_script, turn)
        _keeps_limits(turn)
        now_shown = [button.press for message in turn.messages for row in message.rows for button in row]
        ever_shown.extend(now_shown)
        _holds_a_number(real_script, conversation, now_shown)


def _event(doing: PressSome | Event, now_shown: list[str], ever_shown: list[str]) -> Event:
    if not isinstance(doing, PressSome):
        return doing
    among = ever_shown if doing.old else now_shown
    return Pressed(among[doing.place % len(among)]) if among else Opened()


def _stands_somewhere(script: Script, turn: Turn) -> None:
    if turn.conversation is not None:
        assert Walk(script, turn.conversation, NOW).waiting() is not None
    assert turn.messages
    assert turn.messages[-1].rows


def _keeps_limits(turn: Turn) -> None:
    for message in turn.messages:
        assert 0 < units(words_of(message.text)) <= MESSAGE_UNITS
        assert words_of(message.text).strip()
        assert sum(len(row) for row in message.rows) <= 100
        for row in message.rows:
            assert len(row) <= 8
            for button in row:
                assert button.label.strip()
                assert len(button.press.encode()) <= PRESS_BYTES
                press = read_press(button.press)
                assert isinstance(press, Press)


def _holds_a_number(script: Script, conversation: Conversation, shown: list[str]) -> None:
    """A button for a person is always there, and its screen carries numbers that work where the person is."""
    wanting = next(press for press in shown if (read := read_press(press)) is not None and read.wants is Wish.PERSON)
    turn = take_turn(script, conversation, Pressed(wanting), NOW)
    dials = {span.dial for message in turn.messages for span in message.text if span.style is Style.PHONE}
    assert dials
    here = conversation.profile.get("here")
    countries = [here] if here else ["th", conversation.profile.get("origin")]
    if conversation.language is None:
        countries = ["th", "kh", "la", "mm"]
    working = {
        dial
        for hotline in script.directory
        for number in hotline.numbers
        for country in countries
        if (dial := number.dialled_from(country)) is not None
    }
    assert dials <= working
