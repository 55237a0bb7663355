"""The buttons under a wait: its own choices, the way back to what was left, and the ways out that are always there."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from bot.dialogue.conditions import ALWAYS
from bot.dialogue.conversation import Value
from bot.dialogue.events import Wish
from bot.dialogue.nodes import flow_token
from bot.dialogue.person import Person, ticked_items
from bot.dialogue.presses import Answer, Hear, Press, Return, Wanting, write_press
from bot.dialogue.steps import Ask, Checklist, Choose, ListTopics, Wait
from bot.dialogue.wording import WISH_ICONS, Wording
from bot.messages import Button, Rows

DONE = "="
"""What the button that finishes a checklist carries; no item may be called so."""


HEAR_ICON = "🔊"
"""All that stands on the button: whoever needs it may not read."""


def button(person: Person, wants: Wanting, label: str, *, kept: bool = False) -> Button:
    """A button that speaks the language of its message."""
    return Button(label, write_press(Press(wants, person.speaking, kept)))


def choices(person: Person, step: Wait, values: Mapping[str, Value]) -> Rows:
    """The buttons of the wait itself."""
    match step:
        case Choose() | ListTopics():
            return _options(person, step, values)
        case Checklist():
            return in_rows(_ticks(person, step, person.wording(values)))
        case Ask():
            return ()
        case _:
            assert_never(step)


def ways_out(person: Person, *, is_recorded: bool = False) -> Rows:
    """Back, home, language, a person and quick exit: on every wait, so that no author can forget them.

    Where somebody has read the screen out, they can be heard.
    """
    script, flow = person.script, person.flow_here()
    back = (Wish.BACK,) if person.trail else ()
    home = (Wish.HOME,) if flow != script.special.home else ()
    heard = (button(person, Hear(person.frames[-1].node), HEAR_ICON),) if is_recorded and person.frames else ()
    is_sensitive = flow is not None and script.flows[flow].sensitive
    always = (Wish.EXIT, Wish.PERSON, Wish.LANGUAGE) if is_sensitive else (Wish.PERSON, Wish.LANGUAGE, Wish.EXIT)
    rows = (_way_to_caller(person), (*_ways(person, *back, *home), *heard), _ways(person, *always))
    return tuple(row for row in rows if row)


def ways_in(person: Person) -> Rows:
    """All that is left to somebody who has been forgotten."""
    return (_ways(person, Wish.HOME, Wish.PERSON),)


def in_rows(buttons: Sequence[Button], columns: int = 1) -> Rows:
    """Buttons side by side, so many in a row."""
    return tuple(tuple(buttons[start : start + columns]) for start in range(0, len(buttons), columns))


def _options(person: Person, step: Choose | ListTopics, values: Mapping[str, Value]) -> Rows:
    ready, place = person.script.ready.choices, (step.node, person.speaking)
    rows = ready.get(place)
    if rows is None:
        wording = person.wording(values)
        buttons = [
            button(person, Answer(step.node, option.value), _with_icon(option.icon, wording.words(option.label)))
            for option in person.options(step, wording.known)
        ]
        rows = in_rows(buttons, step.columns if isinstance(step, Choose) else 1)
        are_always_there = isinstance(step, ListTopics) or all(option.when is ALWAYS for option in step.options)
        if are_always_there and wording.is_for_all:
            ready[place] = rows
    return rows


def _ticks(person: Person, step: Checklist, wording: Wording) -> list[Button]:
    ticked = ticked_items(person.profile.get(step.save, ""))
    items = [
        button(person, Answer(step.node, item), _with_icon("✅" if item in ticked else "⬜", wording.words(words)))
        for item, words in step.items
    ]
    return [*items, button(person, Answer(step.node, DONE), wording.phrase("done"))]


def _way_to_caller(person: Person) -> tuple[Button, ...]:
    """The way back after a detour, where it is another than "back" and "home"."""
    caller = person.caller()
    is_back = bool(person.trail) and person.trail[-1] == tuple(person.frames[:-1])
    if caller is None or is_back or caller == person.script.special.home:
        return ()
    title = person.wording().words(person.script.flows[caller].title)
    return (button(person, Return(flow_token(caller)), f"↩️ {title}"),)


def _ways(person: Person, *wishes: Wish) -> tuple[Button, ...]:
    ready, place = person.script.ready.ways, (wishes, person.speaking, person.language is None)
    ways = ready.get(place)
    if ways is None:
        wording = person.wording()
        ways = tuple(_way(person, wish, wording) for wish in wishes)
        if wording.is_for_all:
            ready[place] = ways
    return ways


def _way(person: Person, wish: Wish, wording: Wording) -> Button:
    icon = WISH_ICONS[wish]
    # Nobody can read words of a language that they have not chosen yet.
    label = icon if person.language is None else f"{icon} {wording.phrase(wish)}"
    return button(person, wish, label)


def _with_icon(icon: str, label: str) -> str:
    return f"{icon} {label}" if icon else label
