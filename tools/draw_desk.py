# ruff: noqa: INP001 - a script of its own
"""Draws how a ticket and a referral move, from the decisions themselves, into docs/desk.md.

It lets everything happen to small tickets, over and over, and writes down which state led to which and by what: so the
picture cannot say anything that the code does not do. `python tools/draw_desk.py` renews it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.desk.actions import ByPerson, ByStaff, Due, Happening, MemberLeft  # noqa: E402
from bot.desk.decided import Refusal  # noqa: E402
from bot.desk.ticket import Ticket  # noqa: E402
from tests.desk.small_world import CHAN, KHMER, SUE, THAI, Case  # noqa: E402
from tests.desk.test_laws import ACTIONS, HAPPENINGS  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "desk.md"
BEGIN: Final = "<!-- drawn: {} -->"
END: Final = "<!-- end -->"
_DEPTH: Final = 4


def pictures() -> dict[str, str]:
    """Both pictures as Mermaid, by name."""
    tickets: set[tuple[str, str, str]] = set()
    referrals: set[tuple[str, str, str]] = set()
    seen: set[tuple[str, str, bool]] = set()
    ahead: list[tuple[Case, int]] = [(Case(), 0)]
    while ahead:
        case, depth = ahead.pop(0)
        for happening in _happenings(case):
            after = Case(case.ticket)
            after.now = case.now
            if isinstance(happening, Due) and after.ticket.due is not None:
                after.now = max(after.now, after.ticket.due)
            if isinstance(after.happen(happening), Refusal):
                continue
            name = _name(happening)
            before, now = _stage(case.ticket), "gone" if after.gone else _stage(after.ticket)
            if before != now:
                tickets.add((before, now, name))
            was, is_now = _referral(case.ticket), _referral(after.ticket)
            if is_now not in (was, "none"):
                referrals.add((was, is_now, name))
            state = (_stage(after.ticket), _referral(after.ticket), after.ticket.waits_for is None)
            if not after.gone and state not in seen and depth < _DEPTH * 3:
                seen.add(state)
                ahead.append((after, depth + 1))
    return {"ticket": _mermaid(tickets, "asked"), "referral": _mermaid(referrals, "none")}


def renewed(document: str) -> str:
    """The document with today's pictures in it."""
    for name, picture in pictures().items():
        begin = BEGIN.format(name)
        before, _, rest = document.partition(begin)
        _, _, after = rest.partition(END)
        document = f"{before}{begin}\n```mermaid\n{picture}\n```\n{END}{after}"
    return document


def _happenings(case: Case) -> Iterator[Happening]:
    yield Due(case.now)
    yield MemberLeft(case.ticket.holder or SUE)
    yield from (one for one in HAPPENINGS if isinstance(one, ByPerson))
    for action in ACTIONS:
        yield ByStaff(SUE, action, THAI)
        yield ByStaff(CHAN, action, KHMER)


def _name(happening: Happening) -> str:
    match happening:
        case ByStaff(_, action):
            return f"staff: {type(action).__name__}"
        case ByPerson(letter):
            return f"person: {type(letter).__name__.removeprefix('Person')}"
        case Due():
            return "time passes"
        case _:
            return "a member leaves"


def _stage(ticket: Ticket) -> str:
    return ticket.stage.value


def _referral(ticket: Ticket) -> str:
    return "none" if ticket.referral is None else ticket.referral.state.value


def _mermaid(ways: set[tuple[str, str, str]], start: str) -> str:
    by_ends: dict[tuple[str, str], list[str]] = {}
    for before, after, name in sorted(ways):
        by_ends.setdefault((before, after), []).append(name)
    lines = [f"    {before} --> {after}: {', '.join(names)}" for (before, after), names in by_ends.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {start}", *lines])


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8")), "utf-8")
