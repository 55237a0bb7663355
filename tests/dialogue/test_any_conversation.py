"""Whatever was kept by other versions of this program and its content, everybody is answered and stands somewhere."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import Conversation, Frame, NodeToken
from bot.dialogue.engine import rescue_turn, take_turn, wordless_turn
from bot.dialogue.events import Elapsed, Event, Looked, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.nodes import SCREEN_PART, WHOLE
from bot.dialogue.person import MOST_FRAMES, MOST_TRAIL
from bot.dialogue.presses import Answer, Open, Press, Return, Switch, write_press
from bot.dialogue.script import Script
from bot.messages import Language
from tests.dialogue.laws import keeps_limits, stands_somewhere
from tests.dialogue.little_world import NOW

ODD_WORDS = ("", "told", "NaN", "-inf", "1e9", "xx", "kh", "th", "passport,shoes", ",", "yes")
NAMES = ("origin", "here", "packed", "stage", "language", "risk", "wage", "paid", "yearly", "shoes", "")
LANGUAGES = st.none() | st.sampled_from(["en", "km", "xx", ""]).map(Language)


def nodes(script: Script) -> st.SearchStrategy[NodeToken]:
    """Steps of today, steps that are gone from screens or flows of today, and steps of nowhere."""
    real = sorted(script.spots)
    return st.one_of(
        st.sampled_from(real),
        st.sampled_from(real).map(lambda node: NodeToken(node[:SCREEN_PART] + "??")),
        st.sampled_from(real).map(lambda node: NodeToken(node[:4] + "??????")),
        st.sampled_from(["", "abc", "?" * WHOLE, "x" * 40]).map(NodeToken),
    )


def conversations(script: Script) -> st.SearchStrategy[Conversation]:
    values = st.dictionaries(
        st.sampled_from(NAMES),
        st.sampled_from(ODD_WORDS) | st.decimals(allow_nan=True, allow_infinity=True),
        max_size=3,
    )
    frames = st.lists(st.builds(Frame, nodes(script), values), max_size=8).map(tuple)
    return st.builds(
        Conversation,
        LANGUAGES,
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD_WORDS), max_size=4),
        frames,
        st.lists(frames, max_size=8).map(tuple),
        st.integers(0, 9),
        LANGUAGES,
    )


def events(script: Script) -> st.SearchStrategy[Event]:
    beginnings = st.sampled_from([*sorted(script.beginnings), "????"])
    presses = st.one_of(
        st.builds(
            Answer, nodes(script).filter(lambda node: len(node) == WHOLE), st.sampled_from(["yes", "kh", "=", "x"])
        ),
        st.builds(Open, beginnings),
        st.builds(Return, beginnings),
        st.just(Switch()),
        st.sampled_from(Wish),
    )
    written = st.builds(Press, presses, st.none() | st.sampled_from(["en", "km", "xx"]).map(Language), st.booleans())
    return st.one_of(
        st.builds(Pressed, written.map(write_press)),
        st.builds(
            Typed, st.sampled_from(["", "home", "!violence", "!nothing", "?violence", "#pay", "#pay,violence", "400"])
        ),
        st.builds(Opened, LANGUAGES, st.none() | st.sampled_from([*sorted(script.flows), "nowhere"])),
        st.builds(Wished, st.sampled_from(Wish)),
        st.builds(Shared, st.sampled_from(SharedKind)),
        st.builds(Elapsed, st.sampled_from([*sorted(script.spots), "flow:check", "flow:", ""])),
        st.just(Looked()),
    )


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_was_kept_is_answered_and_stands_somewhere(script: Script, data: st.DataObject) -> None:
    conversation = data.draw(conversations(script))
    for event in data.draw(st.lists(events(script), min_size=1, max_size=4)):
        turn = take_turn(script, conversation, event, NOW)
        if turn.messages or not isinstance(event, Elapsed):
            assert turn.messages[-1].rows
            keeps_limits(turn)
        conversation = turn.conversation or Conversation()
        stands_somewhere(script, take_turn(script, conversation, Looked(), NOW))
        assert len(conversation.frames) <= MOST_FRAMES or isinstance(event, Elapsed)
        assert len(conversation.trail) <= MOST_TRAIL
        assert conversation.profile.keys() <= script.profile.keys()
        assert conversation.language in {None, "en", "km"}


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_was_kept_is_rescued_with_a_number(script: Script, data: st.DataObject) -> None:
    conversation = data.draw(conversations(script))

    rescued = rescue_turn(script, conversation, NOW)
    stands_somewhere(script, rescued)
    keeps_limits(rescued)
    for turn in (rescued, wordless_turn(script, conversation, NOW)):
        assert any(span.dial for message in turn.messages for span in message.text)
