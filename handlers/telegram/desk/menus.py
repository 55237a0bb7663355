"""Which buttons lie behind a button: the phrases of a chapter, the colleagues, the reasons to close. Pure.

A button whose action opens a menu changes only the buttons of the message that it stands under.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.desk.helplines import HelplineId
from bot.desk.phrases import Card, CardId
from bot.desk.staff import Member, can_take
from bot.desk.staff_deciding import STAFF_REASONS
from bot.desk.ticket import CloseReason, StaffId, Urgency
from bot.dialogue.desk_wording import DECLINE_REASONS, MOST_LABELS, DeskWording
from bot.language import normal
from bot.messages import Button, Rows

MENUS: Final = frozenset(
    {"phrase", "group", "reply", "give", "ask", "urgency", "label", "refer", "close", "decline", "back"}
)
"""What opens a menu; all but `group` do so only without an argument."""

MOST_FOUND: Final = 10
_PER_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class Menu:
    """A question to staff, and the buttons that answer it."""

    question: str
    rows: Rows


def open_menu(verb: str, argument: str, wording: DeskWording, member: Member) -> Menu | None:
    """The menu behind an action; nothing where it is no menu."""
    match verb:
        case "phrase":
            chapters = [
                (wording.text(f"card-group.{group}"), f"group:{group}") for group in wording.script.cards.groups
            ]
            return _menu(wording, wording.say("choose-group"), chapters, per_row=_PER_ROW)
        case "group":
            cards = [card for card in wording.script.cards.all.values() if card.group == argument]
            return _cards(wording, cards, back="phrase")
        case "reply":
            return _replies(wording)
        case "give" | "ask":
            return _colleagues(verb, wording, member)
        case "urgency":
            levels = [(wording.say(f"urgency-{one}"), f"urgency:{one}") for one in Urgency]
            return _menu(wording, wording.say("choose-urgency"), levels)
        case "label":
            return _labels(wording)
        case "refer":
            return _helplines(wording)
        case "close":
            reasons = [one for one in CloseReason if one in STAFF_REASONS]
            return _menu(
                wording,
                wording.say("choose-reason"),
                [(wording.say(f"close-{reason}"), f"close:{reason}") for reason in reasons],
            )
        case "decline":
            why = [(wording.say(f"decline-{reason}"), f"decline:{reason}") for reason in DECLINE_REASONS]
            return _menu(wording, wording.say("choose-decline"), why)
        case "back":
            return Menu("", wording.menu())
        case _:
            return None


def find_cards(wording: DeskWording, words: str) -> Menu:
    """The phrases in which most of these words occur, as staff read them."""
    wanted = normal(words).split()
    found: list[tuple[int, Card]] = []
    for card in wording.script.cards.all.values():
        text = normal(f"{wording.card(f'card:{card.id}')} {card.id}")
        hits = sum(word in text for word in wanted)
        if hits:
            found.append((hits, card))
    found.sort(key=lambda one: -one[0])
    return _cards(wording, [card for _, card in found[:MOST_FOUND]], back="phrase")


def reachable(wording: DeskWording) -> list[HelplineId]:
    """Helplines that could take a ticket over."""
    roster = wording.roster
    return [
        one
        for one, declared in wording.script.helplines.all.items()
        if one not in (wording.helpline.id, wording.ticket.helpline) and can_take(declared, roster)
    ]


def colleagues(wording: DeskWording, member: Member) -> list[Member]:
    """Who else works for the helpline that has the ticket."""
    return [one for one in wording.roster.staff_of(wording.ticket.helpline) if one.id != member.id]


def slot_of(wording: DeskWording, card: CardId) -> str | None:
    """What has to be filled in before a card can be sent."""
    found = wording.script.cards.all.get(card)
    return None if found is None else found.slot


def find_colleague(wording: DeskWording, name: str) -> StaffId | None:
    """A colleague by the beginning of their working name, where only one is called so."""
    wanted = name.strip().casefold()
    staff = wording.roster.staff_of(wording.ticket.helpline)
    exact = [one for one in staff if wanted in (one.name.casefold(), one.id.casefold())]
    found = exact or [one for one in staff if wanted and one.name.casefold().startswith(wanted)]
    return found[0].id if len(found) == 1 else None


def _cards(wording: DeskWording, cards: Sequence[Card], back: str) -> Menu:
    language = wording.language_of_person()
    rows = [(wording.card(f"card:{card.id}"), f"card:{card.id}") for card in cards]
    return _menu(wording, wording.say("choose-card", language=language), rows, back=back)


def _replies(wording: DeskWording) -> Menu:
    if not wording.helpline.canned:
        return _menu(wording, wording.say("no-reply"), [])
    replies = [(wording.card(f"canned:{one}"), f"canned:{one}") for one in wording.helpline.canned]
    return _menu(wording, wording.say("choose-reply", language=wording.language_of_person()), replies)


def _colleagues(verb: str, wording: DeskWording, member: Member) -> Menu:
    others = [(one.name, f"{verb}:{one.id}") for one in colleagues(wording, member)]
    return _menu(wording, wording.say("choose-colleague" if others else "no-colleague"), others, per_row=_PER_ROW)


def _labels(wording: DeskWording) -> Menu:
    on = wording.ticket.labels
    names = [*MOST_LABELS, *sorted(on - set(MOST_LABELS))]
    labels = [(f"{'✓ ' if one in on else ''}{wording.label(one)}", f"label:{one}") for one in names]
    return _menu(wording, wording.say("choose-label"), labels, per_row=_PER_ROW)


def _helplines(wording: DeskWording) -> Menu:
    others = [(wording.text(f"helpline.{one}.name"), f"refer:{one}") for one in reachable(wording)]
    return _menu(wording, wording.say("choose-helpline" if others else "no-helpline"), others)


def _menu(
    wording: DeskWording, question: str, choices: Sequence[tuple[str, str]], *, per_row: int = 1, back: str = "back"
) -> Menu:
    buttons = [Button(label, press=action) for label, action in choices]
    rows = [tuple(buttons[start : start + per_row]) for start in range(0, len(buttons), per_row)]
    rows.append((Button(wording.say("button-back"), press=back),))
    return Menu(question, tuple(rows))
