# ruff: noqa: INP001 - a script of its own
"""Draws how a ticket and a referral move, from the decisions themselves, into docs/desk.md.

It lets everything happen to small tickets, over and over, and writes down which state led to which and by what: so the
picture cannot say anything that the code does not do. `python tools/draw_desk.py` renews it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias, assert_never

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.desk.actions import ByPerson, ByStaff, DeskUnreachable, Due, Happening, MemberLeft  # noqa: E402
from bot.desk.decided import Refusal  # noqa: E402
from bot.desk.letters import PersonAgreed, PersonErased  # noqa: E402
from bot.desk.ticket import Stage, Ticket  # noqa: E402
from tests.desk.small_world import CHAN, KHMER, LAM, LAO, SUE, THAI, Case  # noqa: E402
from tests.desk.test_laws import ACTIONS, LETTERS  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "desk.md"
BEGIN: Final = "<!-- drawn: {} -->"
END: Final = "<!-- end -->"
_GONE: Final = "gone"
_NONE: Final = "none"
_STAFF: Final = ((SUE, THAI), (CHAN, KHMER), (LAM, LAO))

Way: TypeAlias = tuple[str, str, str]
"""From, to, and by what."""


def pictures() -> dict[str, str]:
    """Both pictures as Mermaid, by name."""
    tickets: set[Way] = set()
    referrals: set[Way] = set()
    first = Case()
    seen, ahead = {_kind(first.ticket)}, [first]
    while ahead:
        case = ahead.pop()
        for happening, after in _what_can_follow(case):
            name = _name(happening, case.ticket)
            before, now = case.ticket.stage.value, _GONE if after.gone else after.ticket.stage.value
            if before != now:
                tickets.add((before, now, name))
            if after.gone:
                continue
            was, is_now = _referral(case.ticket), _referral(after.ticket)
            if was != is_now:
                referrals.add((was, is_now, name))
            if _kind(after.ticket) not in seen:
                seen.add(_kind(after.ticket))
                ahead.append(after)
    return {"ticket": _mermaid(tickets, "asked"), "referral": _mermaid(referrals, _NONE)}


def renewed(document: str) -> str:
    """The document with today's pictures in it."""
    for name, picture in pictures().items():
        begin = BEGIN.format(name)
        before, _, rest = document.partition(begin)
        _, _, after = rest.partition(END)
        document = f"{before}{begin}\n```mermaid\n{picture}\n```\n{END}{after}"
    return document


def _what_can_follow(case: Case) -> Iterator[tuple[Happening, Case]]:
    for happening in _happenings(case.ticket):
        after = Case(case.ticket)
        after.now = case.now
        if isinstance(happening, Due):
            after.now = max(case.now, happening.at)
        if not isinstance(after.happen(happening), Refusal):
            yield happening, after


def _happenings(ticket: Ticket) -> Iterator[Happening]:
    if ticket.due is not None:
        yield Due(ticket.due)
    yield MemberLeft(ticket.holder or SUE)
    yield DeskUnreachable(ticket.helpline)
    yield from (ByPerson(letter) for letter in (*LETTERS, PersonErased()))
    yield from (ByStaff(who, action, via) for action in ACTIONS for who, via in _STAFF)


def _kind(ticket: Ticket) -> tuple[object, ...]:
    """Two tickets of one kind go on alike: what differs between them leads to no other state."""
    stands = (ticket.stage, ticket.helpline, min(ticket.alerts, 1), ticket.waits_for is None)
    lies_at = frozenset(copy.helpline for copy in ticket.copies) if ticket.stage is Stage.CLOSED else None
    referral = ticket.referral
    asked = None if referral is None else (referral.origin, referral.to, referral.state)
    return stands, lies_at, asked


def _name(happening: Happening, ticket: Ticket) -> str:
    match happening:
        case ByPerson(PersonAgreed(_, agreed)):
            return "says yes (person)" if agreed else "says no (person)"
        case ByPerson(letter):
            return f"{_words(letter).removeprefix('person ')} (person)"
        case ByStaff(_, action, via) if via != ticket.helpline:
            return f"{_words(action)} (other desk)"
        case ByStaff(_, action):
            return f"{_words(action)} (staff)"
        case Due():
            return "time passes"
        case MemberLeft():
            return "who had it leaves"
        case DeskUnreachable():
            return "the group is gone"
        case _:
            assert_never(happening)


def _words(value: object) -> str:
    return re.sub("(?<!^)(?=[A-Z])", " ", type(value).__name__).lower()


def _referral(ticket: Ticket) -> str:
    return _NONE if ticket.referral is None else ticket.referral.state.value


def _mermaid(ways: set[Way], start: str) -> str:
    by_ends: dict[tuple[str, str], list[str]] = {}
    for before, after, name in sorted(ways):
        by_ends.setdefault((before, "[*]" if after == _GONE else after), []).append(name)
    lines = [f"    {before} --> {after}: {', '.join(names)}" for (before, after), names in by_ends.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {start}", *lines])


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8")), "utf-8")
