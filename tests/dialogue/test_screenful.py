from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.effects import Send
from bot.dialogue.screenful import Screenful
from bot.messages import MESSAGE_UNITS, Button, Message, Span, Text, plain, units, words_of

ROWS = ((Button("Go", "wenh"),),)


def shown(screenful: Screenful) -> list[Message]:
    return [effect.message for effect in screenful.effects() if isinstance(effect, Send)]


def test_what_is_said_stands_over_the_menu_with_blank_lines_between() -> None:
    screenful = Screenful()
    screenful.add(plain("One."))
    screenful.add(plain("Two."))
    screenful.show_menu(ROWS, None)

    assert [words_of(message.text) for message in shown(screenful)] == ["One.\n\nTwo."]


def test_what_is_too_long_is_cut_between_lines_and_only_the_last_piece_has_buttons() -> None:
    line = "ក" * 999 + "\n"
    screenful = Screenful()
    screenful.show_beside(plain(line * 6), ROWS, None)
    screenful.add(plain(line * 6))
    screenful.show_menu(ROWS, None)

    messages = shown(screenful)
    assert [bool(message.rows) for message in messages] == [False, True, False, True]
    assert "".join(words_of(message.text) for message in messages) == line * 12


def test_nothing_is_no_message() -> None:
    screenful = Screenful()
    screenful.show_beside((), ROWS, None)
    screenful.add(plain(" \n"))
    assert screenful.is_silent()
    screenful.add(plain("Here."))
    screenful.show_menu((), None)

    assert [words_of(message.text) for message in shown(screenful)] == ["Here."]


def test_a_menu_takes_no_place_when_something_else_is_shown_with_it() -> None:
    alone, beside = Screenful(), Screenful()
    for screenful in (alone, beside):
        screenful.replaces = True
    beside.show_apart(plain("191"), None)
    for screenful in (alone, beside):
        screenful.add(plain("Menu"))
        screenful.show_menu(ROWS, None)

    assert [effect.replaces for effect in alone.effects() if isinstance(effect, Send)] == [True]
    assert [effect.replaces for effect in beside.effects() if isinstance(effect, Send)] == [False, False]


TEXTS = st.lists(
    st.lists(
        st.builds(Span, st.text(st.sampled_from("aក🙂\n "), min_size=1, max_size=9_000)), min_size=1, max_size=3
    ).map(tuple),
    min_size=1,
    max_size=4,
)


@given(TEXTS)
def test_whatever_is_said_fits_and_nothing_is_lost(texts: list[Text]) -> None:
    screenful = Screenful()
    for text in texts:
        screenful.add(text)
    screenful.add(plain("."))
    screenful.show_menu((), None)

    messages = shown(screenful)
    assert all(0 < units(words_of(message.text)) <= MESSAGE_UNITS for message in messages)
    told = "".join(words_of(message.text) for message in messages)
    wanted = "".join(words_of(text) for text in texts if words_of(text).strip())
    assert told.replace("\n", "") == f"{wanted}.".replace("\n", "")
