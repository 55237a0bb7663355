"""`helplines.yaml` and `cards.yaml` → who takes cases, and the sentences that cross languages."""

from datetime import timedelta
from typing import Final

from bot.compiler.draft import Draft, Kind, Role
from bot.compiler.forms import CARDS_FILE, HELPLINES_FILE
from bot.compiler.leaves import (
    at,
    duration_at,
    entries_at,
    is_yes,
    many_at,
    maps_of,
    text_at,
    texts_at,
    whole_at,
    words_at,
)
from bot.compiler.reading import MapNode, Node, TextNode
from bot.compiler.shapes import inspect
from bot.compiler.shaping_facts import shape_hours
from bot.desk.helplines import KEPT_AFTER_CLOSE, Helpline, HelplineId, Mode
from bot.desk.phrases import Card, CardId
from bot.messages import Language

MOST_KEPT: Final = timedelta(days=30)
LONGEST_CARD: Final = 300


def shape_helplines(node: Node, draft: Draft) -> None:
    """Take the helplines into the content."""
    inspect(node, HELPLINES_FILE, draft.notebook)
    for entry in maps_of(at(node, "helplines")):
        name = text_at(entry, "id")
        if name is not None and draft.introduce(Kind.HELPLINE, name):
            helpline = _shape_helpline(entry, name, draft)
            draft.helplines[helpline.id] = helpline
    _check_fallbacks(node, draft)


def shape_cards(node: Node, draft: Draft) -> None:
    """Take the sentences that staff send into the content."""
    inspect(node, CARDS_FILE, draft.notebook)
    for group, title in entries_at(node, "groups"):
        draft.write(f"card-group.{group.words}", title, Role.LABEL, vital=True)
    draft.card_groups = tuple(group.words for group, _ in entries_at(node, "groups"))
    for entry in maps_of(at(node, "cards")):
        name = text_at(entry, "id")
        if name is not None and draft.introduce(Kind.CARD, name):
            card = _shape_card(entry, name, draft)
            draft.cards[card.id] = card


def _shape_helpline(entry: MapNode, name: TextNode, draft: Draft) -> Helpline:
    helpline = HelplineId(name.words)
    # Nobody reads the words of an example, so nobody need translate them.
    example = is_yes(entry, "example")
    draft.write(f"helpline.{helpline}.name", at(entry, "name"), Role.LABEL, vital=not example, everywhere=example)
    draft.write(f"helpline.{helpline}.about", at(entry, "about"), Role.SAY, vital=not example, everywhere=example)
    for reply, words in entries_at(entry, "canned"):
        draft.write(f"canned.{helpline}.{reply.words}", words, Role.SAY, vital=not example, everywhere=example)
    known = draft.bot.tongues if draft.bot else dict[Language, object]()
    for language in (*texts_at(entry, "languages"), *texts_at(entry, "works_in")):
        if language.words not in known:
            draft.notebook.unknown(language.place, "language", language.words, known)
    for topic in texts_at(entry, "topics"):
        draft.mention(Kind.TOPIC, topic)
    mode = words_at(entry, "mode", Mode.ALERT)
    return Helpline(
        id=helpline,
        languages=tuple(Language(one) for one in many_at(entry, "languages")),
        works_in=Language(words_at(entry, "works_in")),
        hours=shape_hours(entry, draft),
        countries=frozenset(many_at(entry, "countries")),
        origins=frozenset(many_at(entry, "origins")),
        topics=frozenset(many_at(entry, "topics")),
        capacity=whole_at(entry, "capacity", 20),
        fallbacks=tuple(HelplineId(one) for one in many_at(entry, "fallback")),
        government=is_yes(entry, "government"),
        mode=Mode(mode) if mode in tuple(Mode) else Mode.ALERT,
        kept=_shape_kept(entry, draft),
        canned=tuple(reply.words for reply, _ in entries_at(entry, "canned")),
        is_example=is_yes(entry, "example"),
    )


def _shape_kept(entry: MapNode, draft: Draft) -> timedelta:
    written = text_at(entry, "kept")
    if written is None:
        return KEPT_AFTER_CLOSE
    kept = duration_at(entry, "kept")
    if kept > MOST_KEPT:
        draft.notebook.error(written.place, "nothing is kept for more than 30 days after a case was closed")
    return kept


def _check_fallbacks(node: Node, draft: Draft) -> None:
    entries = maps_of(at(node, "helplines"))
    for entry in entries:
        own = words_at(entry, "id")
        for other in texts_at(entry, "fallback"):
            draft.mention(Kind.HELPLINE, other)
            if other.words == own:
                draft.notebook.error(other.place, f"'{own}' cannot stand in for itself")
        if len(entries) > 1 and not texts_at(entry, "fallback"):
            draft.notebook.warning(
                entry.place, f"nobody is called when '{own}' does not answer; name another one with 'fallback:'"
            )


def _shape_card(entry: MapNode, name: TextNode, draft: Draft) -> Card:
    card, slot, said = CardId(name.words), words_at(entry, "slot"), text_at(entry, "say")
    group = text_at(entry, "group")
    if group is not None and group.words not in draft.card_groups:
        draft.notebook.unknown(group.place, "group of cards", group.words, draft.card_groups)
    if said is not None:
        if len(said.words) > LONGEST_CARD:
            draft.notebook.error(
                said.place, f"{len(said.words)} characters are too long for a card; {LONGEST_CARD} fit"
            )
        if slot and f"{{{slot}}}" not in said.words:
            draft.notebook.error(said.place, f"the slot '{{{slot}}}' is missing in what the card says")
    draft.write(f"card.{card}", at(entry, "say"), Role.CARD, vital=True)
    answers = []
    for answer, label in entries_at(entry, "answers"):
        draft.write(f"card.{card}.{answer.words}", label, Role.LABEL, vital=True)
        answers.append(answer.words)
    return Card(card, group.words if group else "", tuple(answers), slot or None)
