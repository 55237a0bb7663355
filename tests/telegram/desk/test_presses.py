"""What a staff button carries is ours or nothing, and always fits."""

from hypothesis import given
from hypothesis import strategies as st

from bot.desk.ticket import TicketId
from bot.dialogue.script import Script
from bot.messages import PRESS_BYTES
from handlers.telegram.desk.presses import GroupPress, TicketPress, read_press, short, write_group_press, write_press
from tests.telegram.sample import VAULT

TICKET = TicketId("~abcdefghijklmnopqrst07")


@given(
    st.integers(0, 36**3 - 1),
    st.sampled_from(["card", "canned", "fill", "give", "ask", "refer", "label", "group"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_what_was_written_is_read_and_fits_however_long_the_id(step: int, verb: str, argument: str) -> None:
    data = write_press(VAULT, TICKET, step, f"{verb}:{argument}" if argument else verb)

    assert len(data.encode()) <= PRESS_BYTES
    assert read_press(VAULT, data) == TicketPress(TICKET, step, verb, short(argument))


@given(st.text(max_size=80))
def test_no_words_of_others_are_taken_for_a_button(data: str) -> None:
    assert read_press(VAULT, data) is None


@given(st.data())
def test_a_button_that_was_changed_anywhere_is_none(data: st.DataObject) -> None:
    good = write_press(VAULT, TICKET, 12, "urgency:high")
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda sign: sign != good[place]))

    assert read_press(VAULT, good[:place] + other + good[place + 1 :]) is None


def test_the_same_action_later_is_another_button() -> None:
    first, second = (read_press(VAULT, write_press(VAULT, TICKET, step, "claim")) for step in (3, 4))

    assert isinstance(first, TicketPress)
    assert isinstance(second, TicketPress)
    assert first.name != second.name


def test_the_button_of_a_group_names_since_when() -> None:
    assert read_press(VAULT, write_group_press(VAULT, 1795681720)) == GroupPress(1795681720)


def test_every_card_of_the_content_has_a_button_of_its_own(real_script: Script) -> None:
    names = {short(card) for card in real_script.cards.all}

    assert len(names) == len(real_script.cards.all) > 0
