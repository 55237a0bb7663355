"""Screens of dialogues, step by step.

Translations know the words of a step by its place among those of its kind (`say`, `say-2`). A step that moves, or
before which another one is put, gets what it was called as its `id:`, so that it keeps them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from bot.compiler.leaves import Plain
from bot.studio.forms.trees import (
    LineError,
    Tree,
    detail_of,
    kept,
    kept_detail,
    kept_line,
    line_of,
    merged,
    tidy,
    tree_of,
    words_in,
)
from bot.studio.forms.values import FlowForm, OptionForm, ScreenForm, StepForm, WayForm

STEPS: Final = ("say", "show", "choose", "ask", "set", "call", "go", "do", "end")
KEYED: Final = frozenset({"say", "choose", "ask", "call"})
KEYED_ACTIONS: Final = frozenset({"topics", "checklist", "handoff"})
_STEP_ORDER: Final = (*STEPS, "with", "columns", "talk", "save", "tries", "after", "if", "id")
_OPTION_ORDER: Final = ("label", "icon", "topic", "go", "add", "set", "if")
_ASK_ORDER: Final = ("text", "as", "min", "max", "hint")
_SLUG: Final = re.compile("[^a-z0-9]+")
_DETAIL: Final = re.compile(r"([a-z][a-z0-9_]{0,39}) *: *(.+)")


def read_flow(entry_id: str, tree: Tree) -> FlowForm:
    """The form of a dialogue."""
    screens = tuple(tree_of(tree.get("screens")))
    return FlowForm(entry_id, words_in(tree, "title"), words_in(tree, "start"), words_in(tree, "sensitive"), screens)


def flow_tree(form: FlowForm, old: Tree) -> Tree:
    """The file that a form of a dialogue says."""
    told = {"title": form.title, "start": form.start, "sensitive": form.sensitive}
    new: dict[str, Plain | None] = {name: kept(old.get(name), words) for name, words in told.items()}
    return merged({"flow": form.id, **old}, new, ("flow", "title", "start", "sensitive", "was", "screens"))


def steps_of(screen: "Plain | None") -> list[Plain]:
    """The steps of a screen, however it is written."""
    if isinstance(screen, list):
        return screen
    inner = tree_of(screen).get("steps")
    return inner if isinstance(inner, list) else []


def read_screen(entry_id: str, screen: "Plain | None") -> ScreenForm:
    """The form of a screen."""
    steps = steps_of(screen)
    return ScreenForm(entry_id, tuple(_read_step(step, key) for step, key in zip(steps, keys_of(steps), strict=True)))


def screen_tree(form: ScreenForm, old: "Plain | None") -> Plain:
    """The screen that a form says; raise LineError, with the field, where a condition or detail cannot be read."""
    before = dict(zip(keys_of(steps_of(old)), steps_of(old), strict=True))
    unkeyed = [step for step, key in zip(steps_of(old), keys_of(steps_of(old)), strict=True) if not key]
    steps = list[Plain]()
    for place, step in enumerate(form.steps):
        was = before.get(step.key) if step.key else _like(step, unkeyed)
        try:
            steps.append(_step(step, was))
        except LineError as error:
            raise LineError(f"steps.{place}.words") from error
    stayed = [step.key if step.key in before and _does(before[step.key]) == step.does else "" for step in form.steps]
    steps = _with_ids(steps, stayed)
    if isinstance(old, dict):
        return merged(old, {"steps": steps}, ("steps", "was"))
    return steps


def _like(form: StepForm, unkeyed: list[Plain]) -> "Plain | None":
    """A step without words of its own that stood there: the one that says the same, else the first of its kind."""
    same = [step for step in unkeyed if _read_step(step, "") == form]
    found = same or [step for step in unkeyed if _does(step) == form.does]
    if found:
        unkeyed.remove(found[0])
    return found[0] if found else None


def keys_of(steps: Iterable[Plain]) -> list[str]:
    """What the steps of a screen are called in text ids; nothing for those that have none."""
    counted = Counter[str]()
    keys: list[str] = []
    for step in steps:
        kind = _counted_as(step)
        if not kind:
            keys.append("")
            continue
        counted[kind] += 1
        named = kind if counted[kind] == 1 else f"{kind}-{counted[kind]}"
        keys.append(words_in(tree_of(step), "id") or named)
    return keys


def _with_ids(steps: list[Plain], wanted: list[str]) -> list[Plain]:
    """The steps with an `id:` where they would be called otherwise than wanted, or like another one."""
    taken = {key for key in wanted if key}
    for index, want in enumerate(wanted):
        named = keys_of(steps)[index]
        if not named or named == want or (not want and named not in taken):
            taken.add(named)
            continue
        key = want
        if not key:
            kind = _counted_as(steps[index])
            number = next(number for number in range(2, len(steps) + len(taken) + 3) if f"{kind}-{number}" not in taken)
            key = f"{kind}-{number}"
        taken.add(key)
        steps[index] = merged(tree_of(steps[index]), {"id": key}, _STEP_ORDER)
    return steps


def _does(step: Plain) -> str:
    if isinstance(step, str):
        return step
    return next((name for name in step if name in STEPS), "") if isinstance(step, dict) else ""


def _counted_as(step: Plain) -> str:
    does = _does(step)
    if does in KEYED or (does == "do" and words_in(tree_of(step), "do") in KEYED_ACTIONS):
        return does
    return ""


# Reading


def _read_step(step: Plain, key: str) -> StepForm:
    tree = tree_of(step)
    does = _does(step)
    inner = tree.get(does, "")
    asked, tries, after = tree_of(inner), tree_of(tree.get("tries")), tree_of(tree.get("after"))
    details = tree_of(tree.get("with")) if does == "do" else asked if does == "set" else {}
    return StepForm(
        does=does,
        words=words_in(asked, "text") if does == "ask" else inner if isinstance(inner, str) and does != "go" else "",
        condition=line_of(tree.get("if")),
        save=words_in(tree, "save"),
        options=tuple(_read_option(value, option) for value, option in asked.items()) if does == "choose" else (),
        columns=words_in(tree, "columns"),
        answer_as=words_in(asked, "as") if does == "ask" else "",
        low=words_in(asked, "min") if does == "ask" else "",
        high=words_in(asked, "max") if does == "ask" else "",
        hint=words_in(asked, "hint") if does == "ask" else "",
        ways=_read_ways(inner) if does == "go" else (),
        details=tuple((name, detail_of(value)) for name, value in details.items()),
        tries_after=words_in(tries, "after"),
        tries_go=words_in(tries, "go"),
        after_wait=words_in(after, "wait"),
        after_go=words_in(after, "go"),
        key=key,
    )


def _read_option(value: str, option: Plain) -> OptionForm:
    if isinstance(option, str):
        return OptionForm(value, option)
    tree = tree_of(option)
    return OptionForm(
        value=value,
        label=words_in(tree, "label"),
        phrase=words_in(tree_of(tree.get("label")), "phrase"),
        icon=words_in(tree, "icon"),
        go=words_in(tree, "go"),
        topic=words_in(tree, "topic"),
        adds=line_of(tree.get("add")),
        sets=line_of(tree.get("set")),
        condition=line_of(tree.get("if")),
    )


def _read_ways(inner: Plain) -> tuple[WayForm, ...]:
    if isinstance(inner, str):
        return (WayForm(inner),)
    ways = [tree_of(way) for way in inner] if isinstance(inner, list) else []
    return tuple(WayForm(words_in(way, "to"), line_of(way.get("if"))) for way in ways)


# Writing


def _step(form: StepForm, was: "Plain | None") -> Plain:
    if was is not None and _read_step(was, form.key) == form:
        return was
    old = tree_of(was) if was is not None and _does(was) == form.does else {}
    first, _, rest = tidy(form.words).partition("\n")
    new: dict[str, Plain | None] = {"if": kept_line(old.get("if"), form.condition)}
    match form.does:
        case "choose":
            options = form.options or tuple(OptionForm(label=label) for label in tidy(form.words).split("\n"))
            new |= {"choose": _options(options, tree_of(old.get("choose"))), "columns": form.columns or None}
        case "ask":
            new["ask"] = _ask(form, tree_of(old.get("ask")))
        case "go":
            new["go"] = _ways(form.ways or (WayForm(first),), old.get("go"))
        case "set":
            new["set"] = _details(tree_of(old.get("set")), form.details, form.words) or {}
        case "do":
            new |= {"do": first, "with": _details(tree_of(old.get("with")), form.details, rest) or None}
        case "end" if not tidy(form.words) or tidy(form.words) == "end":
            return merged(old, {**new, "end": "end"}, _STEP_ORDER) if new["if"] else "end"
        case does:
            new[does] = kept(old.get(does), form.words) or ""
    if form.does in ("choose", "ask", "call"):
        new["save"] = form.save or None
    if form.does in ("choose", "ask"):
        new["tries"] = _pair(tree_of(old.get("tries")), {"after": form.tries_after, "go": form.tries_go})
        new["after"] = _pair(tree_of(old.get("after")), {"wait": form.after_wait, "go": form.after_go})
    return merged(old, new, _STEP_ORDER)


def _pair(old: Tree, told: Mapping[str, str]) -> "Plain | None":
    return merged(old, {name: kept(old.get(name), words) for name, words in told.items()}, told) or None


def _ask(form: StepForm, old: Tree) -> Tree:
    told = {"text": form.words, "as": form.answer_as or "text", "min": form.low, "max": form.high, "hint": form.hint}
    return merged(old, {name: kept(old.get(name), words) for name, words in told.items()}, _ASK_ORDER)


def _options(options: Iterable[OptionForm], old: Tree) -> Tree:
    new: Tree = {}
    for option in options:
        value = option.value or _slug(option.label or option.phrase or option.topic, new)
        if value in new:
            raise LineError
        new[value] = _option(option, old.get(option.value))
    return new


def _option(form: OptionForm, was: "Plain | None") -> Plain:
    if was is not None and _read_option(form.value, was) == form:
        return was
    old = tree_of(was)
    label: Plain | None = {"phrase": form.phrase} if form.phrase else kept(old.get("label"), form.label)
    told = {"icon": form.icon, "topic": form.topic, "go": form.go}
    new: dict[str, Plain | None] = {
        "label": label,
        **{name: kept(old.get(name), words) for name, words in told.items()},
        "add": kept_line(old.get("add"), form.adds),
        "set": kept_line(old.get("set"), form.sets),
        "if": kept_line(old.get("if"), form.condition),
    }
    tree = merged(old, new, _OPTION_ORDER)
    only = tree.get("label")
    return only if len(tree) == 1 and isinstance(only, str) and not old else tree


def _slug(words: str, taken: Tree) -> str:
    """A value for a button: from its words where they are in Latin letters."""
    slug = _SLUG.sub("-", words.casefold()).strip("-")[:30].strip("-") or "button"
    return next(
        name
        for number in range(1, len(taken) + 2)
        if (name := slug if number == 1 else f"{slug}-{number}") not in taken
    )


def _ways(ways: Iterable[WayForm], was: "Plain | None") -> Plain:
    told = tuple(ways)
    if was is not None and _read_ways(was) == told:
        return was
    if len(told) == 1 and not told[0].condition and not isinstance(was, list):
        return told[0].to
    before = [tree_of(way) for way in was] if isinstance(was, list) else []
    new = list[Plain]()
    for index, way in enumerate(told):
        old = before[index] if index < len(before) else {}
        new.append(merged(old, {"if": kept_line(old.get("if"), way.condition), "to": way.to}, ("if", "to")))
    return new


def _details(old: Tree, told: Iterable[tuple[str, str]], more: str) -> Tree:
    new: Tree = {}
    for name, words in told:
        value = kept_detail(old.get(name), words)
        if value is not None:
            new[name] = value
    for line in tidy(more).split("\n") if tidy(more) else ():
        found = _DETAIL.fullmatch(line.strip())
        value = kept_detail(None, found[2]) if found is not None else None
        if found is None or value is None:
            raise LineError
        new[found[1]] = value
    return new
