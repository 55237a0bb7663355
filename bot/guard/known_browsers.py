"""Browsers in which somebody has signed in before: they count their own mistakes.

Waits after mistakes stop whoever guesses, and would stop the only counsellor of the night as well: anybody who knows a
name could keep it waiting for ever. So a browser in which somebody got in keeps a mark, and their tries there are
counted apart. The mark opens nothing and tells nobody's name; a helpline's laptop may hold those of a whole shift.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.desk.ticket import StaffId
from bot.store.sealing import Vault

KNOWN_FOR: Final = timedelta(days=90)
MOST: Final = 10
"""So many of the staff are known in one browser, those who came last."""

_MARK: Final = re.compile(r"[A-Za-z0-9_-]{22}(\.[A-Za-z0-9_-]{10})*")


@dataclass(frozen=True, slots=True)
class KnownBrowsers:
    """Makes marks and reads them; nothing of them is kept on our side."""

    vault: Vault

    def counter(self, kind: str, member: StaffId, mark: str) -> tuple[str, bool]:
        """The name under which tries are counted, and whether it is that of a browser that this member knows."""
        name, stamps = _read(mark)
        is_known = any(self.vault.is_stamp(_text(member, name), stamp) for stamp in stamps)
        return (f"{kind}\0{member}\0{name}", True) if is_known else (f"{kind}\0{member}", False)

    def mark(self, member: StaffId, mark: str) -> str:
        """The mark of a browser in which somebody has got in, made from the one that it had."""
        name, stamps = _read(mark)
        name = name or secrets.token_urlsafe(16)
        others = [one for one in stamps if not self.vault.is_stamp(_text(member, name), one)]
        return ".".join([name, self.vault.stamp(_text(member, name)), *others[: MOST - 1]])


def _read(mark: str) -> tuple[str, list[str]]:
    name, *stamps = mark.split(".") if _MARK.fullmatch(mark) else [""]
    return name, stamps[:MOST]


def _text(member: StaffId, name: str) -> str:
    return f"known browser\0{member}\0{name}"
