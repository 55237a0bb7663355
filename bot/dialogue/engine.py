"""Decides what the bot answers: `take_turn(script, conversation, event, now) -> Turn`.

Danger is heard first, then the ways out, then the question the person stands at, then everything else they may have
meant. Whatever happens, the person ends at a wait, with every way out and a number within two taps.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final, assert_never

from bot.dialogue.conversation import Conversation, Frame, Value
from bot.dialogue.effects import Turn
from bot.dialogue.events import (
    Elapsed,
    Event,
    Looked,
    Opened,
    Pressed,
    Shared,
    SharedKind,
    Typed,
    Wish,
    Wished,
)
from bot.dialogue.listing import URGENT, tell_danger, tell_hotlines, tell_wordless
from bot.dialogue.phrasebook import TextId
from bot.dialogue.presses import Again, Answer, Open, Press, Return, Switch, Wanting, read_press
from bot.dialogue.script import Script, TopicId
from bot.dialogue.steps import (
    AnswerKind,
    Ask,
    Checklist,
    Choose,
    FlowId,
    ListHotlines,
    ListTopics,
    Option,
    Patience,
    Wait,
)
from bot.dialogue.walking import DONE, TOLD, Walk, flow_alarm, ticked_items
from bot.dialogue.wording import BLANK_LINE
from bot.language import (
    Level,
    Mode,
    Understood,
    normal,
    read_date,
    read_money,
    read_number,
    read_phone,
    read_yes_no,
)
from bot.messages import Language, Span

_SHARED_ANSWERS: Final = {
    AnswerKind.LOCATION: SharedKind.LOCATION,
    AnswerKind.PHOTO: SharedKind.PHOTO,
    AnswerKind.VOICE: SharedKind.VOICE,
}


def take_turn(script: Script, conversation: Conversation, event: Event, now: datetime) -> Turn:
    """Take one turn: where the person stands after an event, and what they are shown."""
    walk = Walk(script, conversation, now)
    match event:
        case Opened():
            _open(walk, event)
        case Pressed(press):
            _press(walk, read_press(press))
        case Typed(words):
            _hear(walk, words)
        case Shared(kind):
            _receive(walk, kind)
        case Wished(wish):
            _grant(walk, wish)
        case Looked():
            walk.ask_again()
        case Elapsed(node):
            _wake(walk, node)
        case _:
            assert_never(event)
    return walk.turn()


def rescue_turn(script: Script, conversation: Conversation, now: datetime) -> Turn:
    """What a person gets when a turn failed: an apology, numbers to call, and the start."""
    walk = Walk(script, replace(conversation, frames=(), trail=(), tries=0), now)
    walk.note("went-wrong")
    walk.add(tell_hotlines(ListHotlines(URGENT, inline=True), walk.wording()))
    walk.ask_again()
    return walk.turn()


def _open(walk: Walk, event: Opened) -> None:
    """A new person chooses a language first; whoever comes by a link stands where it points, after that."""
    special = walk.script.special
    if event.language in walk.script.tongues:
        walk.language = walk.speaking = event.language
    walk.frames.clear()
    walk.trail.clear()
    asked_for = FlowId(event.flow or "")
    flow = asked_for if asked_for in walk.script.flows else None
    if walk.language is None or "here" not in walk.profile:
        if flow is not None:
            walk.stand_before(flow)
        walk.begin(special.welcome)
    else:
        walk.restart(flow or special.home)


def _press(walk: Walk, press: Press | None) -> None:
    if press is None:
        _stale(walk)
        return
    if not press.kept:
        walk.may_replace()
    if walk.language is None and press.language in walk.script.tongues:
        # A button of ours in a conversation that has been forgotten: its language is the only thing known.
        walk.language = walk.speaking = press.language
    match press.wants:
        case Answer(node, value):
            found = walk.waiting()
            if found is None or found[0].node != node or not _choose(walk, *found, value):
                _stale(walk)
        case Open(beginning):
            flow = walk.script.beginnings.get(beginning)
            if flow is None:
                _stale(walk)
            else:
                walk.open_from_here(flow)
        case Switch():
            if press.language in walk.script.tongues:
                walk.language = walk.speaking = press.language
            walk.ask_again()
        case Again():
            walk.ask_again()
        case Return():
            walk.leave_detour()
        case wish:
            _grant(walk, wish)


def _stale(walk: Walk) -> None:
    if walk.frames:
        walk.note("stale-button")
    walk.ask_again()


def _grant(walk: Walk, wish: Wish) -> None:
    special = walk.script.special
    match wish:
        case Wish.BACK:
            walk.back()
        case Wish.HOME:
            walk.home()
        case Wish.LANGUAGE:
            walk.open_from_here(special.language)
        case Wish.PERSON | Wish.HELP:
            walk.count("person_wanted")
            if walk.language is None:
                walk.show_beside(tell_wordless(walk.script, walk.now), ())
                walk.ask_again()
            else:
                walk.open_from_here(special.person)
        case Wish.EXIT:
            walk.count("exit")
            _hide(walk)
        case Wish.STOP:
            walk.count("stop")
            walk.note("stopped")
            _hide(walk)
        case _:
            assert_never(wish)


def _hide(walk: Walk) -> None:
    """Cover the screen, and keep nothing of where the person was."""
    walk.trail.clear()
    walk.cover()
    walk.restart(walk.script.special.cover)


def _wake(walk: Walk, node: str) -> None:
    """Go where a wait wanted to go by now; nothing happens when the person has walked on."""
    for flow in walk.script.flows:
        if node == flow_alarm(flow):
            walk.open_from_here(flow)
            return
    found = walk.waiting()
    if found is None or found[0].node != node:
        return
    frame, step = found
    if isinstance(step, Choose | Ask) and step.after is not None:
        walk.note("times-up")
        walk.go(step.after.to, frame)


# Buttons


def _choose(walk: Walk, frame: Frame, step: Wait, value: str) -> bool:
    """Answer a wait with a button's value; say whether it has such a button now."""
    match step:
        case Choose() | ListTopics():
            known = walk.known_with(frame.values)
            option = next((one for one in walk.options(step, known) if one.value == value), None)
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


def _take_option(walk: Walk, frame: Frame, step: Choose | ListTopics, option: Option) -> None:
    walk.tries = 0
    values = dict(frame.values)
    for name, amount in option.adds:
        values[name] = _number(values.get(name)) + amount
    for name, value in option.sets:
        walk.save(name, value, values)
    if isinstance(step, Choose) and step.save is not None:
        walk.save(step.save, option.value, values)
    if option.opens is not None:
        walk.open_from_here(option.opens)
        return
    walk.remember()
    if option.to is not None:
        walk.go(option.to, Frame(frame.node, values))
    else:
        walk.go_on(frame, values)


def _tick(walk: Walk, frame: Frame, step: Checklist, value: str) -> bool:
    if value == DONE:
        walk.remember()
        walk.go_on(frame, dict(frame.values))
        return True
    if value not in {item for item, _ in step.items}:
        return False
    ticked = ticked_items(walk.profile.get(step.save, "")) ^ {value}
    walk.profile[step.save] = ",".join(item for item, _ in step.items if item in ticked)
    walk.ask_again()
    return True


# Words


def _hear(walk: Walk, words: str) -> None:
    understood = walk.script.understanding.understand(words, walk.language, walk.profile)
    _listen_to_language(walk, understood.language)
    if understood.wish is not None:
        _grant(walk, Wish(understood.wish))
        return
    if understood.danger.level is Level.CERTAIN and understood.danger.kind is not None:
        walk.count("danger", understood.danger.kind)
        _warn(walk, understood.danger.kind)
        walk.ask_again()
        return
    if understood.danger.level is Level.MAYBE:
        walk.count("danger_maybe")
        walk.offer_danger_button()
    found = walk.waiting()
    if found is not None and _answer_in_words(walk, *found, understood):
        return
    _answer_question(walk, found, understood)


def _listen_to_language(walk: Walk, heard: str | None) -> None:
    """Answer in the language a person writes; ask once whether to go on in it."""
    language = Language(heard or "")
    if language not in walk.script.tongues or language == walk.language:
        return
    if walk.language is None:
        walk.language = walk.speaking = language
        return
    walk.speaking = language
    if walk.heard != language:
        walk.heard = language
        walk.offer_switch()


def _warn(walk: Walk, danger: str) -> None:
    """Numbers and a person at once; where the person stands is kept, so a false alarm costs one message."""
    wording = walk.wording()
    numbers = tell_danger(walk.script.emergency_kinds.get(danger, ()), wording)
    topic = walk.script.topics.get(TopicId(danger))
    buttons: list[tuple[Wanting, str]] = [(Wish.PERSON, wording.phrase("person"))]
    if topic is not None:
        buttons.append((walk.opening(FlowId(f"topic.{topic.id}")), wording.words(topic.title)))
    head = Span(wording.phrase(f"danger-{danger}"))
    unneeded = Span(wording.phrase("danger-unneeded"))
    walk.show_beside((head, BLANK_LINE, *numbers, BLANK_LINE, unneeded), buttons)


def _answer_in_words(walk: Walk, frame: Frame, step: Wait, understood: Understood) -> bool:
    """Take typed words as the answer to the question the person stands at, if they fit it."""
    match step:
        case Ask():
            return _answer_ask(walk, frame, step, understood)
        case Choose() | ListTopics():
            known = walk.known_with(frame.values)
            said = normal(understood.readable)
            wording = walk.wording()
            for option in walk.options(step, known):
                if said and said == normal(wording.words(option.label)):
                    _take_option(walk, frame, step, option)
                    return True
            return False
        case Checklist():
            return False
        case _:
            assert_never(step)


def _answer_ask(walk: Walk, frame: Frame, step: Ask, understood: Understood) -> bool:
    value = _read_answer(walk, step.kind, understood)
    if value is None:
        return False
    if isinstance(value, Decimal) and not _within(value, step):
        walk.note("out-of-range")
        _try_again(walk, frame, step.tries)
        return True
    _accept(walk, frame, step, value)
    return True


def _accept(walk: Walk, frame: Frame, step: Ask, value: Value) -> None:
    walk.tries = 0
    values = dict(frame.values)
    if step.save is not None:
        walk.save(step.save, value, values)
    walk.remember()
    walk.go_on(frame, values)


def _read_answer(walk: Walk, kind: AnswerKind, understood: Understood) -> Value | None:
    words, language = understood.readable, walk.speaking or understood.language or "en"
    match kind:
        case AnswerKind.NUMBER:
            return read_number(words, language)
        case AnswerKind.MONEY:
            money = read_money(words, language)
            return money.amount if money else None
        case AnswerKind.DATE:
            day = read_date(words, language, walk.now.date())
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
        case _:
            assert_never(kind)


def _within(value: Decimal, step: Ask) -> bool:
    return (step.low is None or step.low <= value) and (step.high is None or value <= step.high)


def _try_again(walk: Walk, frame: Frame, tries: Patience | None) -> None:
    """Ask again; after too many tries go where the author wants help to be offered."""
    walk.tries += 1
    if tries is not None and walk.tries >= tries.after:
        walk.tries = 0
        walk.remember()
        walk.go(tries.to, frame)
    else:
        walk.ask_again()


def _answer_question(walk: Walk, found: tuple[Frame, Wait] | None, understood: Understood) -> None:
    """Find what else the words may have meant: a topic, one of three, or nothing we know."""
    topics = [topic for topic, _ in understood.matching.topics if topic in walk.script.topics]
    mode = understood.matching.mode if topics else Mode.NONE
    walk.count("match", mode)
    match mode:
        case Mode.ANSWER:
            walk.open_from_here(FlowId(f"topic.{topics[0]}"))
        case Mode.CHOOSE:
            wording = walk.wording()
            walk.note("did-you-mean")
            walk.show_choice(
                [
                    *(
                        (
                            walk.opening(FlowId(f"topic.{topic}")),
                            wording.words(walk.script.topics[TopicId(topic)].title),
                        )
                        for topic in topics[:3]
                    ),
                    (Again(), wording.phrase("other")),
                ]
            )
        case Mode.NONE:
            _not_understood(walk, found)
        case _:
            assert_never(mode)


def _not_understood(walk: Walk, found: tuple[Frame, Wait] | None) -> None:
    if found is None:
        walk.note("not-understood")
        walk.ask_again()
        return
    frame, step = found
    if isinstance(step, Ask):
        walk.note(f"ask-again-{step.kind}")
        if step.hint is not None:
            walk.add(walk.wording().text(TextId(step.hint)))
        _try_again(walk, frame, step.tries)
        return
    walk.note("not-understood")
    walk.offer_danger_button()
    if walk.stands_in_topic():
        # The answer they were reading stays on the screen; it is long, and need not be told twice.
        walk.show_choice([(Again(), f"🔁 {walk.title_here()}")])
    else:
        _try_again(walk, frame, step.tries if isinstance(step, Choose) else None)


# Everything that is not words


def _receive(walk: Walk, kind: SharedKind) -> None:
    found = walk.waiting()
    if found is not None:
        frame, step = found
        if isinstance(step, Ask) and _SHARED_ANSWERS.get(step.kind) is kind:
            _accept(walk, frame, step, TOLD)
            return
    walk.note("cannot-read")
    walk.ask_again()


def _number(value: Value | None) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)
