"""News of the ticket as they reach the person, and what a neutral line leads to.

What is said about the state of a call is worked out anew whenever it is shown, so it is never old.
"""

from dataclasses import replace
from typing import assert_never

from bot.desk.letters import (
    Acknowledged,
    CodeUnknown,
    NobodyYet,
    ReferralNews,
    Referring,
    StaffAsked,
    StaffSent,
    StaffUsedReply,
    StaffWrote,
    TicketClosed,
    TicketJoined,
    TicketMovedAway,
    TicketReopened,
    ToPerson,
    WaitsAgain,
)
from bot.desk.phrases import Card
from bot.desk.ticket import ReferralState, Stage
from bot.dialogue.conversation import Calling
from bot.dialogue.desk_wording import seen
from bot.dialogue.effects import Unveil
from bot.dialogue.menu import button
from bot.dialogue.phrasebook import TextId
from bot.dialogue.presses import AnswerCard
from bot.dialogue.steps import FlowId
from bot.dialogue.walking import Walk
from bot.messages import Message, Span, Style, Text, plain


def look_in(walk: Walk) -> None:
    """What the neutral line stood for: words that were held, a question, or how it stands with the call."""
    calling, special = walk.person.calling, walk.script.special
    if calling is None:
        # Answers that came too late may wait here.
        walk.do(Unveil())
        walk.ask_again()
        return
    first = special.secret if walk.ticket.must_prove() else walk.ticket.show_held()
    if first is not None:
        _lead(walk, first)
    elif calling.referral is ReferralState.ASKING:
        _lead(walk, special.referral)
    elif calling.stage is Stage.CLOSED and not calling.judged:
        _lead(walk, special.ended)
    else:
        _lead(walk, special.talk)


def take_letter(walk: Walk, letter: ToPerson) -> None:  # noqa: C901, PLR0912 - one line for each kind
    """Take what the ticket has to tell; nothing is shown that the person has not allowed."""
    person, ticket, special = walk.person, walk.ticket, walk.script.special
    if isinstance(letter, TicketJoined):
        before = person.calling or Calling(letter.ticket, letter.helpline, letter.asked)
        unseen = before.unseen if before.ticket == letter.ticket else ()
        person.calling = Calling(
            letter.ticket, letter.helpline, letter.asked, letter.stage, held=before.held, unseen=unseen
        )
        walk.refresh()
        walk.note("code-joined")
        _lead(walk, special.talk)
        return
    if isinstance(letter, CodeUnknown):
        walk.note("code-unknown")
        walk.ask_again()
        return
    calling = person.calling
    if calling is None:
        return
    match letter:
        case StaffWrote():
            ticket.show_or_hold(_staff_text(walk, letter), letter.ref, is_edit=letter.is_edit)
        case StaffAsked():
            card = walk.script.cards.all.get(letter.card)
            if card is not None:
                ticket.show_or_hold(_card_message(walk, card, letter.filled), letter.ref)
        case StaffUsedReply():
            words = person.wording().words(TextId(f"canned.{calling.helpline}.{letter.canned}"))
            ticket.show_or_hold(_from_desk(walk, plain(words)), letter.ref)
        case StaffSent():
            ticket.show_or_hold(_from_desk(walk, ()), letter.ref, copies=letter.original)
        case Acknowledged(at):
            person.calling = replace(calling, stage=Stage.ACKNOWLEDGED, since=at)
            _tell(walk, "acknowledged-now")
        case NobodyYet():
            person.calling = replace(calling, stage=Stage.ASKED)
            _lead_if_allowed(walk, special.talk)
        case WaitsAgain():
            person.calling = replace(calling, stage=Stage.ASKED)
            _tell(walk, "waits-again")
        case Referring(to):
            person.calling = replace(calling, referred=to, referral=ReferralState.ASKING)
            _lead_if_allowed(walk, special.referral)
        case ReferralNews():
            person.calling = replace(calling, referred=letter.to, referral=letter.state, helpline=letter.holds)
            _tell(walk, f"referral-{letter.state}")
        case TicketClosed(_, at):
            was_open = ticket.is_open
            person.calling = replace(calling, stage=Stage.CLOSED, since=at)
            if was_open:
                _lead_if_allowed(walk, special.ended)
        case TicketReopened(at):
            person.calling = replace(calling, stage=Stage.ASKED, since=at, judged=False)
            if ticket.may_tell():
                walk.note("ticket-reopened")
                _lead(walk, special.talk)
        case TicketMovedAway():
            _cover_what_moved(walk)
        case _:
            assert_never(letter)


def _cover_what_moved(walk: Walk) -> None:
    """Nothing of the talk stays on this phone, and one line says so to whoever holds it, without saying what it was."""
    may_write = walk.ticket.move_away()
    walk.refresh()
    walk.person.frames.clear()
    walk.person.trail.clear()
    if may_write:
        walk.note("moved-away")
        walk.cover()
        walk.whisper()
        walk.restart(walk.script.special.cover)


def _tell(walk: Walk, phrase: str) -> None:
    walk.refresh()
    if walk.ticket.may_tell():
        walk.note(phrase)
        walk.ask_again()


def _lead_if_allowed(walk: Walk, flow: FlowId) -> None:
    if walk.ticket.may_tell():
        _lead(walk, flow)


def _lead(walk: Walk, flow: FlowId) -> None:
    walk.refresh()
    if walk.person.flow_here() == flow:
        walk.ask_again()
    else:
        walk.open_from_here(flow)


def _from_desk(walk: Walk, words: Text) -> Message:
    calling, wording = walk.person.calling, walk.person.wording()
    name = "" if calling is None else wording.words(TextId(f"helpline.{calling.helpline}.name"))
    head = Span(wording.phrase("staff-says", desk_name=name), Style.STRONG)
    return Message((head, Span("\n"), *words) if words else (head,), keep=True, language=walk.person.language)


def _staff_text(walk: Walk, letter: StaffWrote) -> Message:
    wording = walk.person.wording()
    text = plain(seen(letter.words))
    if letter.language != walk.person.language:
        language = wording.phrase(f"language-{letter.language}")
        text = (Span(wording.phrase("staff-wrote-in", language=language) + "\n"), *text)
    if letter.is_edit:
        text = (Span(wording.phrase("edited-mark") + "\n"), *text)
    return _from_desk(walk, text)


def _card_message(walk: Walk, card: Card, filled: str) -> Message:
    wording = walk.person.wording()
    slots = {} if card.slot is None else {card.slot: seen(filled)}
    message = _from_desk(walk, plain(wording.words(TextId(f"card.{card.id}"), **slots)))
    rows = tuple(
        (button(walk.person, AnswerCard(card.id, answer), wording.words(TextId(f"card.{card.id}.{answer}"))),)
        for answer in card.answers
    )
    return replace(message, rows=rows)
