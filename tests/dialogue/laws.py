"""What must hold after every turn, whoever the person is and whatever they did."""

from bot.dialogue import Conversation
from bot.dialogue.effects import Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Pressed, Wish
from bot.dialogue.person import Person
from bot.dialogue.presses import Press, read_press
from bot.dialogue.script import Script
from bot.messages import MESSAGE_UNITS, PRESS_BYTES, Style, units, words_of
from tests.dialogue.little_world import NOW


def stands_somewhere(script: Script, turn: Turn) -> None:
    if turn.conversation is not None:
        assert Person(script, turn.conversation, NOW).waiting() is not None
    assert turn.messages
    assert turn.messages[-1].rows


def keeps_limits(turn: Turn) -> None:
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


def holds_a_number(script: Script, conversation: Conversation, shown: list[str]) -> None:
    """A button for a person is always there, and its screen carries numbers that work where the person is."""
    turn = take_turn(script, conversation, Pressed(person_among(shown)), NOW)
    assert _dials(turn)
    works_here(script, conversation, turn)


def person_among(shown: list[str]) -> str:
    """The button for a person, which is always there."""
    return next(press for press in shown if (read := read_press(press)) is not None and read.wants is Wish.PERSON)


def works_here(script: Script, conversation: Conversation, turn: Turn) -> None:
    """Every number that is shown works from where the person is."""
    if dials := _dials(turn):
        assert dials <= working_from(script, conversation)


def _dials(turn: Turn) -> set[str | None]:
    return {span.dial for message in turn.messages for span in message.text if span.style is Style.PHONE}


def working_from(script: Script, conversation: Conversation) -> set[str | None]:
    """All that can be dialled from where the person is, or may be."""
    here = conversation.profile.get("here")
    countries = [here] if here else ["th", conversation.profile.get("origin")]
    if conversation.language is None:
        countries = ["th", "kh", "la", "mm"]
    return {
        dial
        for hotline in script.directory
        for number in hotline.numbers
        for country in countries
        if (dial := number.dialled_from(country)) is not None
    }
