"""Topics: questions and answers, with variants by who asks."""

from collections.abc import Mapping
from typing import Final

from bot.compiler.forms import TOPIC, VARIANT
from bot.compiler.leaves import Plain
from bot.studio.forms.trees import (
    Tree,
    kept,
    kept_many,
    line_of,
    many_in,
    many_of,
    merged,
    tree_in_line,
    tree_of,
    trees_in,
    words_in,
)
from bot.studio.forms.values import AnswerForm, TopicForm

ASKED: Final = ("origin", "here", "stage")
"""What an answer may depend on that has fields of its own."""


def read_topic(entry_id: str, tree: Tree) -> TopicForm:
    """The form of a topic."""
    hotlines = tree.get("hotlines")
    by_kind = tree_of(hotlines)
    return TopicForm(
        id=entry_id,
        title=words_in(tree, "title"),
        icon=words_in(tree, "icon"),
        urgency=words_in(tree, "urgency"),
        ask=many_in(tree, "ask"),
        answers=tuple(_read_answer(answer) for answer in trees_in(tree, "answer")),
        hotlines=many_of(hotlines),
        hotline_kinds=many_in(by_kind, "kinds"),
        at_most=words_in(by_kind, "at_most"),
        no_number_in=many_in(tree, "no_number_in"),
        flow=words_in(tree, "flow"),
        next=many_in(tree, "next"),
    )


def _read_answer(tree: Tree) -> AnswerForm:
    when = tree_of(tree.get("when"))
    return AnswerForm(
        origin=many_in(when, "origin"),
        here=many_in(when, "here"),
        stage=many_in(when, "stage"),
        more=line_of({name: value for name, value in when.items() if name not in ASKED}),
        text=words_in(tree, "text"),
        sources=many_in(tree, "sources"),
        checked=words_in(tree, "checked"),
        review_by=words_in(tree, "review_by"),
        key=words_in(tree, "id") or answer_name(when),
    )


def answer_name(when: Mapping[str, Plain]) -> str:
    """What an answer is called in text ids that has no id: after whom it is for."""
    return "-".join(word for value in when.values() for word in many_of(value)) or "default"


def topic_tree(form: TopicForm, old: Tree) -> Tree:
    """The entry that a form of a topic says; raise LineError where a condition cannot be read."""
    told = {"title": form.title, "icon": form.icon, "urgency": form.urgency, "flow": form.flow}
    several = {"no_number_in": form.no_number_in, "next": form.next}
    new: dict[str, Plain | None] = {
        **{name: kept(old.get(name), words) for name, words in told.items()},
        **{name: kept_many(old.get(name), words) for name, words in several.items()},
        "ask": kept_many(old.get("ask") or [], form.ask),
        "answer": _answers(form, old),
        "hotlines": _hotlines(form, old.get("hotlines")),
    }
    return merged({"topic": form.id, **old}, new, TOPIC.named)


def _answers(form: TopicForm, old: Tree) -> Plain:
    before = {_read_answer(answer).key: answer for answer in trees_in(old, "answer")}
    used = {answer.key for answer in form.answers if answer.key in before}
    answers = list[Plain]()
    for answer in form.answers:
        was = before.get(answer.key, {})
        tree = _answer(answer, was)
        name = answer_name(tree_of(tree.get("when")))
        if was and "id" not in was and name != answer.key:
            # Its translations are known by its name.
            tree = merged(tree, {"id": answer.key}, VARIANT.named)
        elif not was and name in used:
            number = next(number for number in range(2, len(used) + 3) if f"{name}-{number}" not in used)
            tree = merged(tree, {"id": f"{name}-{number}"}, VARIANT.named)
        used.add(words_in(tree, "id") or name)
        answers.append(tree)
    return answers


def _answer(form: AnswerForm, old: Tree) -> Tree:
    when = tree_of(old.get("when"))
    rest = {name: value for name, value in when.items() if name not in ASKED}
    more = rest if line_of(rest) == form.more.strip() else tree_in_line(form.more)
    asked: dict[str, Plain | None] = {
        name: kept_many(when.get(name) or [], words)
        for name, words in zip(ASKED, (form.origin, form.here, form.stage), strict=True)
    }
    gone: dict[str, Plain | None] = {name: None for name in rest if name not in more}
    new_when = merged(when, {**asked, **gone, **more}, (*ASKED, *more))
    new: dict[str, Plain | None] = {
        "when": new_when or None,
        "text": kept(old.get("text"), form.text),
        "sources": kept_many(old.get("sources") or [], form.sources),
        "checked": kept(old.get("checked"), form.checked),
        "review_by": kept(old.get("review_by"), form.review_by),
    }
    return merged(old, new, VARIANT.named)


def _hotlines(form: TopicForm, old: "Plain | None") -> "Plain | None":
    if form.hotlines or not form.hotline_kinds:
        return kept_many(old if isinstance(old, list) else [], form.hotlines)
    before = tree_of(old)
    new: dict[str, Plain | None] = {
        "kinds": kept_many(before.get("kinds") or [], form.hotline_kinds),
        "at_most": kept(before.get("at_most"), form.at_most),
    }
    return merged(before, new, ("kinds", "at_most"))
