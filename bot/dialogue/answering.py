"""Takes what a person pressed, wrote or sent as the answer to the wait at which they stand, if it fits.

Of words only what was asked for goes on: a number, a day, yes or no. That something was told in words is kept, but
never the words.
"""

from decimal import Decimal
from typing import Final, assert_never

from bot.dialogue.conversation import Frame, Value, as_number
from bot.dialogue.events import SharedKind
from bot.dialogue.menu import DONE
from bot.dialogue.person import ticked_items
from bot.dialogue.steps import AnswerKind, Ask, Checklist, Choose, ListTopics, Option, Patience, Wait
from bot.dialogue.walking import Walk
from bot.language import Understood, normal, read_date, read_money, read_number, read_phone, read_yes_no

TOLD: Final = "told"
"""What is kept in place of words that a person wrote."""

CODE_LETTERS: Final = 10
"""Of a return code, without the dash in its middle."""

_SHARED_ANSWERS: Final = {
    AnswerKind.LOCATION: SharedKind.LOCATION,
    AnswerKind.PHOTO: SharedKind.PHOTO,
    AnswerKind.VOICE: SharedKind.VOICE,
}


def choose(walk: Walk, frame: Frame, step: Wait, value: str) -> bool:
    """Answer a wait with a button's value; say whether it has such a button now."""
    match step:
        case Choose() | ListTopics():
            known = walk.person.known_with(frame.values)
            option = walk.person.option(step, value, known)
            if option is None:
                return False
            _take_option(walk, frame, step, option)
        case Checklist():
            return _tick(walk, frame, step, value)
        case Ask():
            return False
        case _:
            assert_never(step)
    return True


def answer_in_words(walk: Walk, frame: Frame, step: Wait, understood: Understood) -> bool:
    """Take typed words as the answer to the question the person stands at, if they fit it."""
    match step:
        case Ask():
            return _answer_ask(walk, frame, step, understood)
        case Choose() | ListTopics():
            option = _option_in_words(walk, frame, step, understood)
            if option is not None:
                _take_option(walk, frame, step, option)
            return option is not None
        case Checklist():
            return False
        case _:
            assert_never(step)


def names_a_button(walk: Walk, frame: Frame, step: Wait, understood: Understood) -> bool:
    """Whether the typed words are exactly what stands on a button of the question."""
    return isinstance(step, Choose | ListTopics) and _option_in_words(walk, frame, step, understood) is not None


def _option_in_words(walk: Walk, frame: Frame, step: Choose | ListTopics, understood: Understood) -> Option | None:
    said, wording = normal(understood.readable), walk.person.wording()
    options = walk.person.options(step, walk.person.known_with(frame.values)) if said else ()
    return next((option for option in options if said == normal(wording.words(option.label))), None)


def take_shared(walk: Walk, kind: SharedKind) -> bool:
    """Take what was sent besides words as the answer to the wait, if it asks for such a thing; it is not kept."""
    found = walk.person.waiting()
    if found is not None:
        frame, step = found
        if isinstance(step, Ask) and _SHARED_ANSWERS.get(step.kind) is kind:
            _accept(walk, frame, step, TOLD)
            return True
    return False


def try_again(walk: Walk, frame: Frame, tries: Patience | None) -> None:
    """Ask again; after too many tries go where the author wants help to be offered."""
    person = walk.person
    person.tries += 1
    if tries is not None and person.tries >= tries.after:
        person.remember()
        walk.go(tries.to, frame)
    else:
        walk.ask_again()


def _take_option(walk: Walk, frame: Frame, step: Choose | ListTopics, option: Option) -> None:
    person, values = walk.person, dict(frame.values)
    for name, amount in option.adds:
        values[name] = as_number(values.get(name)) + amount
    for name, value in option.sets:
        person.save(name, value, values)
    if isinstance(step, Choose) and step.save is not None:
        person.save(step.save, option.value, values)
    if option.opens is not None:
        person.frames[-1] = Frame(frame.node, values)
        walk.open_from_here(option.opens)
        return
    person.remember()
    if option.to is not None:
        walk.go(option.to, Frame(frame.node, values))
    else:
        walk.go_on(frame, values)


def _tick(walk: Walk, frame: Frame, step: Checklist, value: str) -> bool:
    if value == DONE:
        walk.person.remember()
        walk.go_on(frame, dict(frame.values))
        return True
    if value not in {item for item, _ in step.items}:
        return False
    ticked = ticked_items(walk.person.profile.get(step.save, "")) ^ {value}
    walk.person.profile[step.save] = ",".join(item for item, _ in step.items if item in ticked)
    walk.ask_again()
    return True


def _answer_ask(walk: Walk, frame: Frame, step: Ask, understood: Understood) -> bool:
    value = _read_answer(walk, step.kind, understood)
    if value is None:
        return False
    if isinstance(value, Decimal) and not _within(value, step):
        walk.note("out-of-range")
        try_again(walk, frame, step.tries)
        return True
    _accept(walk, frame, step, value)
    return True


def _accept(walk: Walk, frame: Frame, step: Ask, value: Value) -> None:
    values = dict(frame.values)
    if step.save is not None:
        walk.person.save(step.save, value, values)
    walk.person.remember()
    walk.go_on(frame, values)


def _read_answer(walk: Walk, kind: AnswerKind, understood: Understood) -> Value | None:
    words, language = understood.readable, walk.person.speaking or understood.language or "en"
    match kind:
        case AnswerKind.NUMBER:
            return read_number(words, language)
        case AnswerKind.MONEY:
            money = read_money(words, language)
            return money.amount if money else None
        case AnswerKind.DATE:
            day = read_date(words, language, walk.person.now.date())
            return day.isoformat() if day else None
        case AnswerKind.YESNO:
            answer = read_yes_no(words, language)
            return None if answer is None else ("yes" if answer else "no")
        case AnswerKind.PHONE:
            return TOLD if read_phone(words) else None
        case AnswerKind.TEXT | AnswerKind.PLACE | AnswerKind.LOCATION:
            return TOLD if words.strip() else None
        case AnswerKind.PHOTO | AnswerKind.VOICE:
            return None
        case AnswerKind.CODE:
            return _read_code(words)
        case _:
            assert_never(kind)


def _read_code(words: str) -> str | None:
    """A return code as it was given out, however it was typed."""
    letters = "".join(letter for letter in words.upper() if letter.isascii() and letter.isalnum())
    return f"{letters[:5]}-{letters[5:]}" if len(letters) == CODE_LETTERS else None


def _within(value: Decimal, step: Ask) -> bool:
    return (step.low is None or step.low <= value) and (step.high is None or value <= step.high)
