from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import NodeToken
from bot.dialogue.events import Wish
from bot.dialogue.presses import Again, Answer, Hear, Open, Press, Return, Switch, read_press, write_press
from bot.messages import PRESS_BYTES, Language

FOUR = st.text(st.sampled_from("abcXYZ019_-"), min_size=4, max_size=4)
WANTS = st.one_of(
    st.builds(
        Answer,
        st.text(st.sampled_from("abcXYZ019_-"), min_size=10, max_size=10).map(NodeToken),
        st.text(st.sampled_from("abc-=1"), min_size=1, max_size=51),
    ),
    st.builds(Open, FOUR),
    st.builds(Return, FOUR),
    st.builds(Hear, st.text(st.sampled_from("abcXYZ019_-"), min_size=10, max_size=10).map(NodeToken)),
    st.just(Again()),
    st.just(Switch()),
    st.sampled_from(Wish),
)
PRESSES = st.builds(
    Press, WANTS, st.none() | st.sampled_from(["km", "lo", "my", "th", "en"]).map(Language), st.booleans()
)


@given(PRESSES)
def test_what_a_button_says_is_read_back_and_fits(press: Press) -> None:
    written = write_press(press)

    assert len(written.encode()) <= PRESS_BYTES
    assert read_press(written) == press


@given(st.text(max_size=80))
def test_whatever_is_pressed_is_ours_or_nothing(written: str) -> None:
    press = read_press(written)

    assert press is None or write_press(press) == written
