"""Facts and hotlines: what is true outside."""

from typing import Final

from bot.compiler.forms import FACT, HOTLINE
from bot.compiler.leaves import Plain
from bot.studio.forms.evidence import evidence_tree, hours_tree, read_evidence, read_hours
from bot.studio.forms.trees import (
    Tree,
    kept,
    kept_many,
    kept_pairs,
    many_in,
    merged,
    pairs_in,
    tree_of,
    trees_in,
    words_in,
)
from bot.studio.forms.values import FactForm, HotlineForm, NumberForm

_FACT_ORDER: Final = tuple(FACT.named)
_HOTLINE_ORDER: Final = tuple(HOTLINE.named)
_NUMBER_ORDER: Final = ("dial", "e164", "from", "confidence")


def read_fact(entry_id: str, tree: Tree) -> FactForm:
    """The form of a fact."""
    return FactForm(
        id=entry_id,
        about=words_in(tree, "about"),
        value=words_in(tree, "value"),
        unit=words_in(tree, "unit"),
        per=words_in(tree, "per"),
        text=words_in(tree, "text"),
        valid_from=words_in(tree, "valid_from"),
        valid_to=words_in(tree, "valid_to"),
        evidence=read_evidence(tree),
    )


def fact_tree(form: FactForm, old: Tree) -> Tree:
    """The entry that a form of a fact says."""
    told = {
        "about": form.about,
        "value": form.value,
        "unit": form.unit,
        "per": form.per,
        "text": form.text,
        "valid_from": form.valid_from,
        "valid_to": form.valid_to,
    }
    new: dict[str, Plain | None] = {name: kept(old.get(name), words) for name, words in told.items()}
    return merged({"fact": form.id, **old}, {**new, **evidence_tree(form.evidence, old)}, _FACT_ORDER)


def read_hotline(entry_id: str, tree: Tree) -> HotlineForm:
    """The form of a hotline."""
    return HotlineForm(
        id=entry_id,
        name=words_in(tree, "name"),
        what=words_in(tree, "what"),
        caution=words_in(tree, "caution"),
        kinds=many_in(tree, "kind"),
        numbers=tuple(_read_number(number) for number in trees_in(tree, "numbers")),
        hours=read_hours(tree),
        languages=many_in(tree, "languages"),
        interpreter=words_in(tree, "interpreter"),
        cost=words_in(tree, "cost"),
        origins=many_in(tree_of(tree.get("for")), "origin"),
        government=words_in(tree, "government"),
        chat=pairs_in(tree, "chat"),
        address=words_in(tree, "address"),
        evidence=read_evidence(tree),
    )


def _read_number(tree: Tree) -> NumberForm:
    return NumberForm(
        words_in(tree, "dial"), words_in(tree, "e164"), many_in(tree, "from"), words_in(tree, "confidence")
    )


def hotline_tree(form: HotlineForm, old: Tree) -> Tree:
    """The entry that a form of a hotline says."""
    told = {
        "name": form.name,
        "what": form.what,
        "caution": form.caution,
        "interpreter": form.interpreter,
        "cost": form.cost,
        "government": form.government,
        "address": form.address,
    }
    wanted = tree_of(old.get("for"))
    new: dict[str, Plain | None] = {
        **{name: kept(old.get(name), words) for name, words in told.items()},
        "kind": kept_many(old.get("kind"), form.kinds),
        "numbers": _numbers(form, old),
        "languages": _languages(form, old),
        "for": merged(wanted, {"origin": kept_many(wanted.get("origin"), form.origins)}, ("origin",)) or None,
        "chat": kept_pairs(old.get("chat"), form.chat),
        **hours_tree(form.hours, old),
        **evidence_tree(form.evidence, old),
    }
    return merged({"hotline": form.id, **old}, new, _HOTLINE_ORDER)


def _numbers(form: HotlineForm, old: Tree) -> Plain:
    before = {words_in(number, "dial"): number for number in trees_in(old, "numbers")}
    numbers = list[Plain]()
    for number in form.numbers:
        was = before.get(number.dial, {})
        new: dict[str, Plain | None] = {
            "dial": kept(was.get("dial"), number.dial),
            "e164": kept(was.get("e164"), number.e164),
            "from": kept_many(was.get("from") or [], number.works_from),
            "confidence": kept(was.get("confidence"), number.confidence),
        }
        numbers.append(merged(was, new, _NUMBER_ORDER))
    return numbers


def _languages(form: HotlineForm, old: Tree) -> Plain:
    # A hotline that says none still says so.
    return kept_many(old.get("languages") or [], form.languages) or []
