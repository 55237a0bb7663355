"""Decides what the bot answers: `take_turn(script, conversation, event, now) -> Turn`.

A text that is nothing but a way out ("x", "help") is taken as that: whoever has to hide has no time for anything else.
The gentler wishes (home, back, language) give way to a button with the same words on it. Then danger is heard, then the
question the person stands at, then everything else they may have meant. Whatever happens, the person ends at a wait,
with every way out and a number within two taps.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.desk.letters import MediaKind
from bot.dialogue.alarms import flow_to_open
from bot.dialogue.answering import answer_in_words, choose, names_a_button, take_shared, try_again
from bot.dialogue.contact import until_hours
from bot.dialogue.conversation import Conversation, Frame, Limits
from bot.dialogue.effects import Send, Turn, Wake
from bot.dialogue.events import (
    Edited,
    Elapsed,
    Event,
    Flooded,
    LetterCame,
    Looked,
    Opened,
    Pressed,
    Reported,
    Shared,
    Typed,
    Waited,
    Wish,
    Wished,
)
from bot.dialogue.fresh import NOBODY, Fresh
from bot.dialogue.listing import URGENT, tell_danger, tell_hotlines, tell_wordless
from bot.dialogue.own_ticket import ALARMS
from bot.dialogue.person import TOPIC
from bot.dialogue.phrasebook import TextId
from bot.dialogue.presses import (
    Again,
    Answer,
    AnswerCard,
    Hear,
    LookIn,
    Open,
    Press,
    Return,
    Switch,
    Wanting,
    read_press,
)
from bot.dialogue.script import Script, TopicId
from bot.dialogue.steps import (
    Ask,
    Choose,
    FlowId,
    ListHotlines,
    Wait,
)
from bot.dialogue.ticket_news import look_in, take_letter
from bot.dialogue.unasked import is_unasked, let_out
from bot.dialogue.walking import Walk, opening
from bot.dialogue.wording import BLANK_LINE
from bot.language import (
    Level,
    Mode,
    Understood,
)
from bot.messages import Language, Message, Span

_OF_THE_PERSON = (Opened, Pressed, Typed, Shared, Wished, Looked, Edited)
"""What only they do themselves, so that they are there."""

_BEFORE_A_TALK = (Wish.EXIT, Wish.STOP)
"""All that is not passed on of what is written to a helpline."""

_BEFORE_ANY_ANSWER = (Wish.EXIT, Wish.STOP, Wish.HELP, Wish.PERSON)
"""Whoever types these gets them, whatever stands on the buttons."""


def take_turn(script: Script, conversation: Conversation, event: Event, now: datetime, fresh: Fresh = NOBODY) -> Turn:
    """Take one turn: where the person stands after an event, and what they are shown."""
    walk = Walk(script, conversation, now, fresh)
    walk.is_asked = isinstance(event, _OF_THE_PERSON)
    if walk.is_asked:
        walk.person.late = False
    match event:
        case Opened():
            _open(walk, event)
        case Pressed(press):
            _press(walk, read_press(press))
            if walk.is_sensitive and not walk.has_covered:
                walk.note_message(event.message, event.sent)
        case Typed(words, message):
            walk.note_message(message)
            _hear(walk, words, message)
        case Shared():
            if event.original is not None:
                walk.note_message(event.original.message)
            _receive(walk, event)
        case Wished(wish):
            walk.note_message(event.message)
            _grant(walk, wish)
        case Looked() | Flooded():
            _look(walk, event)
        case Edited(words, message):
            walk.ticket.pass_on_edit(words, message)
        case Elapsed() | LetterCame() | Reported() | Waited():
            _come_to(walk, event)
        case _:
            assert_never(event)
    if walk.person.calling is not None and isinstance(event, _OF_THE_PERSON) and not walk.ticket.must_prove():
        # Whoever has to choose the safe pictures first does not get around it by pressing something else.
        walk.person.active = now
    turn = walk.turn()
    if is_unasked(event):
        return replace(turn, effects=let_out(turn.effects, event, conversation, walk.person))
    return turn


def rescue_turn(script: Script, conversation: Conversation, now: datetime) -> Turn:
    """What a person gets when a turn failed: an apology, numbers to call, and the start."""
    walk = Walk(script, replace(conversation, frames=(), trail=(), tries=0), now)
    walk.note("went-wrong")
    walk.add(tell_hotlines(ListHotlines(URGENT, inline=True), walk.person.wording()))
    walk.ask_again()
    return walk.turn()


def wordless_turn(script: Script, conversation: Conversation, now: datetime) -> Turn:
    """What is left when even the rescue fails: numbers, and a new start with the next word."""
    numbers = tell_wordless(script, now)
    anew = Conversation(language=conversation.language, profile=conversation.profile)
    return Turn(anew, (Send(Message(numbers, keep=True)),) if numbers else ())


def _come_to(walk: Walk, event: Elapsed | LetterCame | Reported | Waited) -> None:
    """Something happens to which they did nothing."""
    match event:
        case Elapsed(node):
            _wake(walk, node)
        case LetterCame(letter):
            take_letter(walk, letter)
        case Reported(ref, message, missed):
            walk.ticket.note_shown(ref, message, missed)
        case Waited():
            walk.ticket.show_late(event)
        case _:
            assert_never(event)


def _look(walk: Walk, event: Looked | Flooded) -> None:
    if isinstance(event, Flooded):
        walk.note("too-fast")
        walk.add(tell_hotlines(ListHotlines(URGENT, inline=True), walk.person.wording()))
    walk.ask_again()


def _open(walk: Walk, event: Opened) -> None:
    """A new person chooses a language first; whoever comes by a link stands where it points, after that."""
    special = walk.script.special
    person = walk.person
    person.speak(event.language)
    person.frames.clear()
    person.trail.clear()
    asked_for = FlowId(event.flow or "")
    flow = asked_for if asked_for in walk.script.flows else None
    if person.language is None or "here" not in person.profile:
        if flow is not None:
            walk.stand_before(flow)
        walk.begin(special.welcome)
    else:
        walk.restart(flow or special.home)


def _press(walk: Walk, press: Press | None) -> None:  # noqa: C901, PLR0912 - one line for each kind
    if press is None:
        _stale(walk)
        return
    if not press.kept:
        walk.may_replace()
    if walk.person.language is None:
        # A button of ours in a conversation that has been forgotten: its language is the only thing known.
        walk.person.speak(press.language)
    match press.wants:
        case Answer(node, value):
            found = walk.person.waiting()
            asked = walk.script.renamed.get(node, node)
            if found is None or found[0].node != asked or not choose(walk, *found, value):
                _stale(walk)
        case Open(beginning):
            flow = walk.script.beginnings.get(beginning)
            if flow is None:
                _stale(walk)
            else:
                walk.open_from_here(flow)
        case Switch():
            walk.person.speak(press.language)
            walk.ask_again()
        case Again():
            walk.ask_again()
        case Return(beginning):
            if not walk.leave_detour(beginning):
                _stale(walk)
        case Hear(node):
            if not walk.read_out(node):
                _stale(walk)
        case LookIn():
            look_in(walk)
        case AnswerCard() as answer:
            if not walk.ticket.answer_card(answer):
                _stale(walk)
        case wish:
            _grant(walk, wish)


def _stale(walk: Walk) -> None:
    if walk.person.frames:
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
            if walk.person.language is None:
                _answer_without_words(walk)
            else:
                walk.open_from_here(special.person)
        case Wish.EXIT:
            walk.count("exit")
            _hide(walk)
        case Wish.STOP:
            walk.count("stop")
            walk.ticket.stop_writing()
            walk.note("stopped")
            _hide(walk)
        case _:
            assert_never(wish)


def _hide(walk: Walk) -> None:
    """Cover the screen, keep nothing of where the person was, and let nothing of it come back by itself."""
    walk.person.trail.clear()
    if walk.person.limits is Limits.UNUSED:
        walk.person.limits = Limits.TO_TELL
    walk.hush()
    walk.ticket.hide()
    walk.cover()
    walk.restart(walk.script.special.cover)


def _wake(walk: Walk, node: str) -> None:
    """Go where a wait wanted to go by now; nothing happens when the person has walked on."""
    if node in ALARMS:
        walk.ticket.ring(node)
        return
    wait = until_hours(walk.person.profile, walk.person.now)
    if wait:
        walk.do(Wake(node, wait))
        return
    flow = flow_to_open(node, walk.script)
    if flow is not None:
        walk.open_from_here(flow)
        return
    found = walk.person.waiting()
    if found is None or found[0].node != node:
        return
    frame, step = found
    if isinstance(step, Choose | Ask) and step.after is not None:
        walk.note("times-up")
        walk.go(step.after.to, frame)


def _hear(walk: Walk, words: str, message: str) -> None:
    understood = walk.script.understanding.understand(words, walk.person.language, walk.person.profile)
    _listen_to_language(walk, understood.language)
    found = walk.person.waiting()
    if _is_talking(walk) or (_was_interrupted(walk) and not (found and names_a_button(walk, *found, understood))):
        _talk(walk, words, understood, message)
        return
    if understood.wish is not None:
        wish = Wish(understood.wish)
        if wish in _BEFORE_ANY_ANSWER or found is None or not names_a_button(walk, *found, understood):
            _grant(walk, wish)
            return
    danger = understood.danger
    kind = danger.kind if danger.kind in walk.script.emergency_kinds else None
    if danger.level is Level.CERTAIN and kind is not None:
        walk.count("danger", kind)
        _warn(walk, kind)
        _say_where_it_stays(walk)
        walk.ask_again()
        return
    if danger.level in (Level.CERTAIN, Level.MAYBE):
        walk.count("danger_maybe")
        walk.offer_danger_button()
    if found is not None and answer_in_words(walk, *found, understood):
        return
    _say_where_it_stays(walk)
    _answer_question(walk, found, understood)


def _talk(walk: Walk, words: str, understood: Understood, message: str) -> None:
    """Pass on what was written; who speaks of danger sees numbers, too, and only a way out is not passed on."""
    if understood.wish in _BEFORE_A_TALK:
        _grant(walk, Wish(understood.wish))
        return
    kind = understood.danger.kind if understood.danger.kind in walk.script.emergency_kinds else None
    is_certain = understood.danger.level is Level.CERTAIN and kind is not None
    if is_certain and kind is not None:
        walk.count("danger", kind)
        _warn(walk, kind)
    walk.ticket.pass_on_words(words, _spoken(walk, understood), message, urgent=is_certain)
    if understood.danger.level is Level.MAYBE:
        walk.offer_danger_button()
    if walk.person.flow_here() == walk.script.special.ended:
        # It goes on, so that it must not be shown as closed.
        walk.open_from_here(walk.script.special.talk)
    else:
        walk.ask_again()


def _is_talking(walk: Walk) -> bool:
    """Whether they stand where they write to a helpline."""
    return walk.ticket.is_open and _talks_here(walk) and walk.person.flow_here() == walk.script.special.talk


def _was_interrupted(walk: Walk) -> bool:
    """Whether something came between them and their talk: what they write and is no button is for the helpline."""
    special = walk.script.special
    between = walk.person.flow_here() in (special.talk, special.referral, special.ended)
    return walk.ticket.is_open and (between or _talks_here(walk))


def _talks_here(walk: Walk) -> bool:
    found = walk.person.waiting()
    return found is not None and isinstance(found[1], Choose) and found[1].talks


def _say_where_it_stays(walk: Walk) -> None:
    """Whoever has asked a helpline must not think that it reads this, too; after a quick exit nothing speaks of one."""
    special, calling = walk.script.special, walk.person.calling
    if calling is None or calling.hidden:
        return
    if walk.ticket.is_open:
        walk.note("not-passed-on")
        if not walk.ticket.must_prove():
            walk.offer_talk()
    elif walk.person.flow_here() in (special.talk, special.referral, special.ended):
        walk.note("not-passed-on")


def _spoken(walk: Walk, understood: Understood) -> Language | None:
    language = Language(understood.language or "")
    return language if language in walk.script.tongues else walk.person.language


def _receive(walk: Walk, shared: Shared) -> None:
    """Take what was sent besides words; in a talk it goes to the helpline, elsewhere the words under it are heard."""
    if _was_interrupted(walk) and shared.original is not None:
        walk.ticket.pass_on_media(MediaKind(shared.kind), shared.original)
        walk.ask_again()
    elif shared.words:
        _hear(walk, shared.words, "")
    elif walk.person.language is None:
        _answer_without_words(walk)
    elif not take_shared(walk, shared.kind):
        walk.note("cannot-read")
        walk.ask_again()


def _listen_to_language(walk: Walk, heard: str | None) -> None:
    """Answer in the language a person writes; ask once whether to go on in it."""
    language = Language(heard or "")
    person = walk.person
    if language not in walk.script.tongues or language == person.language:
        return
    if person.language is None:
        person.speak(language)
        return
    person.speaking = language
    if person.heard != language:
        person.heard = language
        walk.offer_switch()


def _warn(walk: Walk, danger: str) -> None:
    """Numbers and a person at once; where the person stands is kept, so a false alarm costs one message."""
    wording = walk.person.wording()
    topic = walk.script.topics.get(TopicId(danger))
    buttons: list[tuple[Wanting, str]] = [(Wish.PERSON, wording.phrase("person"))]
    if topic is not None:
        buttons.append((opening(FlowId(f"{TOPIC}{topic.id}")), wording.words(topic.title)))
    unneeded = Span(wording.phrase("danger-unneeded"))
    walk.show_beside((*tell_danger(danger, wording), BLANK_LINE, unneeded), buttons)


def _answer_question(walk: Walk, found: tuple[Frame, Wait] | None, understood: Understood) -> None:
    """Find what else the words may have meant: a topic, one of three, or nothing we know."""
    topics = [topic for topic, _ in understood.matching.topics if topic in walk.script.topics]
    mode = understood.matching.mode if topics else Mode.NONE
    walk.count(f"match_{mode}", _language_of(walk, understood))
    match mode:
        case Mode.ANSWER:
            walk.open_from_here(FlowId(f"{TOPIC}{topics[0]}"))
        case Mode.CHOOSE:
            if not walk.person.frames:
                # Nobody stands nowhere, not even who begins with a question.
                walk.stand_before(walk.script.special.home)
            wording = walk.person.wording()
            walk.note("did-you-mean")
            walk.show_choice(
                [
                    *(
                        (
                            opening(FlowId(f"{TOPIC}{topic}")),
                            wording.words(walk.script.topics[TopicId(topic)].title),
                        )
                        for topic in topics[:3]
                    ),
                    (Again(), wording.phrase("other")),
                ]
            )
        case Mode.NONE:
            _note_unanswered(walk, found, understood)
            _not_understood(walk, found)
        case _:
            assert_never(mode)


def _note_unanswered(walk: Walk, found: tuple[Frame, Wait] | None, understood: Understood) -> None:
    """Wonder at the words, unless they are an answer that we asked for, or speak of danger."""
    is_answer = found is not None and isinstance(found[1], Ask)
    if understood.shareable is not None and understood.danger.level is Level.NONE and not is_answer:
        walk.wonder(understood.shareable, _language_of(walk, understood))


def _language_of(walk: Walk, understood: Understood) -> str:
    """The language in which somebody asked: the one heard, or else the one they have chosen; empty for neither."""
    heard = understood.language
    return heard if heard is not None and heard in walk.script.tongues else walk.person.language or ""


def _answer_without_words(walk: Walk) -> None:
    """To who has no language yet: numbers that need no words, and the choice of a language."""
    walk.show_beside(tell_wordless(walk.script, walk.person.now), ())
    walk.ask_again()


def _not_understood(walk: Walk, found: tuple[Frame, Wait] | None) -> None:
    if walk.person.language is None:
        _answer_without_words(walk)
        return
    if found is None:
        walk.note("not-understood")
        walk.ask_again()
        return
    frame, step = found
    if isinstance(step, Ask):
        walk.note(f"ask-again-{step.kind}")
        if step.hint is not None:
            walk.add(walk.person.wording().text(TextId(step.hint)))
        walk.offer_danger_button()
        try_again(walk, frame, step.tries)
        return
    walk.note("not-understood")
    walk.offer_danger_button()
    if walk.person.stands_in_topic():
        # The answer they were reading stays on the screen; it is long, and need not be told twice.
        walk.show_choice([(Again(), f"🔁 {walk.person.title_here()}")])
    else:
        try_again(walk, frame, step.tries if isinstance(step, Choose) else None)
