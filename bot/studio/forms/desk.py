"""Helplines, their cards, the bot's own phrases, and what sounds like danger."""

from typing import Final

from bot.compiler.forms import CARDS_FILE, HELPLINES_FILE
from bot.compiler.leaves import Plain
from bot.compiler.shapes import ListOf, Record
from bot.studio.forms.evidence import hours_tree, read_hours
from bot.studio.forms.trees import Tree, kept, kept_many, kept_pairs, many_in, merged, pairs_in, tree_of, words_in
from bot.studio.forms.values import CardForm, DangerForm, HelplineForm, PhraseForm

WORD_LANGUAGES: Final = ("en", "romanised", "km", "lo", "my", "th")
_DANGER_ORDER: Final = ("kind", "points", "words")


def item_of(file: Record, name: str) -> Record:
    """What each item of a list in a file may look like."""
    shape = file.named[name].shape
    if not isinstance(shape, ListOf) or not isinstance(shape.item, Record):
        raise TypeError(f"'{name}' is no list of records")
    return shape.item


HELPLINE: Final = item_of(HELPLINES_FILE, "helplines")
CARD: Final = item_of(CARDS_FILE, "cards")


def read_helpline(entry_id: str, tree: Tree) -> HelplineForm:
    """The form of a helpline."""
    return HelplineForm(
        id=entry_id,
        name=words_in(tree, "name"),
        about=words_in(tree, "about"),
        languages=many_in(tree, "languages"),
        works_in=words_in(tree, "works_in"),
        countries=many_in(tree, "countries"),
        origins=many_in(tree, "origins"),
        topics=many_in(tree, "topics"),
        hours=read_hours(tree),
        capacity=words_in(tree, "capacity"),
        fallback=many_in(tree, "fallback"),
        government=words_in(tree, "government"),
        mode=words_in(tree, "mode"),
        kept=words_in(tree, "kept"),
        canned=pairs_in(tree, "canned"),
        example=words_in(tree, "example"),
    )


def helpline_tree(form: HelplineForm, old: Tree) -> Tree:
    """The entry that a form of a helpline says."""
    told = {
        "name": form.name,
        "about": form.about,
        "works_in": form.works_in,
        "capacity": form.capacity,
        "government": form.government,
        "mode": form.mode,
        "kept": form.kept,
        "example": form.example,
    }
    several = {
        "languages": form.languages,
        "countries": form.countries,
        "origins": form.origins,
        "topics": form.topics,
        "fallback": form.fallback,
    }
    new: dict[str, Plain | None] = {
        **{name: kept(old.get(name), words) for name, words in told.items()},
        **{name: kept_many(old.get(name), words) for name, words in several.items()},
        "canned": kept_pairs(old.get("canned"), form.canned),
        **hours_tree(form.hours, old),
    }
    return merged({"id": form.id, **old}, new, HELPLINE.named)


def read_phrase(entry_id: str, value: Plain) -> PhraseForm:
    """The form of a phrase."""
    return PhraseForm(entry_id, value if isinstance(value, str) else "")


def phrase_words(form: PhraseForm, old: "Plain | None") -> Plain:
    """The words that a form of a phrase says."""
    return kept(old, form.text) or ""


def read_card(entry_id: str, tree: Tree) -> CardForm:
    """The form of a card."""
    return CardForm(
        entry_id, words_in(tree, "group"), words_in(tree, "say"), pairs_in(tree, "answers"), words_in(tree, "slot")
    )


def card_tree(form: CardForm, old: Tree) -> Tree:
    """The entry that a form of a card says."""
    new: dict[str, Plain | None] = {
        "group": kept(old.get("group"), form.group),
        "say": kept(old.get("say"), form.say),
        "answers": kept_pairs(old.get("answers"), form.answers),
        "slot": kept(old.get("slot"), form.slot),
    }
    return merged({"id": form.id, **old}, new, CARD.named)


def read_danger(entry_id: str, tree: Tree) -> DangerForm:
    """The form of what sounds like danger; every language has a field, also an empty one."""
    words = tree_of(tree.get("words"))
    told = {language: many_in(words, language) for language in WORD_LANGUAGES} if words else {}
    return DangerForm(entry_id, words_in(tree, "kind"), words_in(tree, "points"), told)


def danger_tree(form: DangerForm, old: Tree) -> Tree:
    """The entry that a form of what sounds like danger says."""
    before = tree_of(old.get("words"))
    told = {language: kept_many(before.get(language) or [], words) for language, words in form.words.items()}
    new: dict[str, Plain | None] = {
        "kind": kept(old.get("kind"), form.danger),
        "points": kept(old.get("points"), form.points),
        "words": merged(before, told, WORD_LANGUAGES) or None,
    }
    return merged(old, new, _DANGER_ORDER)
