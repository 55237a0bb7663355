"""What a decision about a ticket does to what is kept of its talk: sealed in the same commit, or erased with it.

A helpline that reads along in its group keeps nothing here. Where it reads in the console, a key is made for the ticket
when the first thing is told, for those who may read it then; the half that reads is given to them, sealed, and
forgotten. A new key is made when the ticket comes to another helpline, when a reader left, and before it grows too old.

Whatever fails here costs words and never a call: the ticket goes on, and the gap shows.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from bot import logbook
from bot.casebook.entries import Entry, entry_of
from bot.casebook.epochs import Epochs, Week, week_of
from bot.casebook.errors import CasebookError, KeyFileError, Unopened
from bot.casebook.records import Writer, seal_entry
from bot.casebook.wraps import RECOVERY, KeyPair, key_id, move_wrap, new_key, week_of_wrap, wrap_key
from bot.desk.actions import Happening, MemberLeft
from bot.desk.helplines import HelplineId, Helplines, Mode
from bot.desk.staff import Roster
from bot.desk.ticket import CaseKey, Ticket
from bot.desk.timetable import KEPT_AFTER_CLOSE
from bot.figures import Figures
from bot.store.contract import Sealed

LONGEST: Final = timedelta(days=90)
"""What was told is gone after this long, whatever became of the ticket."""

RENEWED_AFTER: Final = timedelta(days=60)
"""An open ticket older than this goes on under a new key."""

NOTHING_SEALED: Final = Sealed((), {})


@dataclass(frozen=True, slots=True)
class Keeping:
    """The ticket with its key, and what is written beside it."""

    ticket: Ticket
    kept: tuple[bytes, ...] = ()
    wraps: Mapping[str, bytes] = field(default_factory=dict)


class Keeper:
    """Seals what is told. `epochs` and `writer` are ours; with both, and all that is stored, nothing can be read."""

    def __init__(self, epochs: Epochs, writer: Writer, figures: Figures, keys: Callable[[], KeyPair] = new_key) -> None:
        self._epochs = epochs
        self._writer = writer
        self._figures = figures
        self._keys = keys

    def needs_sealed(self, before: Ticket, after: Ticket, happening: Happening) -> bool:
        """Whether what lies sealed has to be looked at: where its end moves, or a part of it goes."""
        moves = before.is_open != after.is_open
        return moves or isinstance(happening, MemberLeft) or _homes(before) - _homes(after) != set()

    def keep(
        self,
        before: Ticket,
        after: Ticket,
        happening: Happening,
        sealed: Sealed,
        helplines: Helplines,
        roster: Roster,
        now: datetime,
    ) -> Keeping:
        """What to write beside a decision. `sealed` is empty unless `needs_sealed` asked for it."""
        wraps = self._moved(before, after, sealed, now) | _dropped(before, after, sealed) | _taken(happening, sealed)
        entry = entry_of(happening, now)
        declared = helplines.all.get(after.helpline)
        if entry is None or declared is None or declared.mode is not Mode.ALERT:
            return Keeping(_without_leavers(after, roster), wraps=wraps)
        try:
            return self._sealed(after, entry, roster, wraps, now)
        except (KeyFileError, CasebookError) as error:
            logbook.note("told_not_kept", logging.ERROR, code=type(error).__name__)
            self._figures.add("told_not_kept", type(error).__name__)
            key = after.casebook
            # The number is used up all the same, so that whoever reads sees that something is missing.
            return Keeping(replace(after, casebook=key and replace(key, records=key.records + 1)), wraps=wraps)

    def rewrap(
        self, ticket: Ticket, key: KeyPair, helpline: HelplineId, sealed: Sealed, roster: Roster, now: datetime
    ) -> dict[str, bytes]:
        """Wraps for readers of a helpline who have none yet; only who has the case's key can make them.

        They end when the others of this key do.
        """
        readers = readers_of(roster, helpline)
        ends = [week_of_wrap(wrap) for name, wrap in sealed.wraps.items() if key_id(key.public) in name.split("/")]
        week = max(ends, default=week_of(_end_of(ticket, now)))
        made = wrap_key(self._epochs, ticket.id, helpline, key, readers, week)
        return {name: wrap for name, wrap in made.items() if name not in sealed.wraps}

    def _sealed(self, ticket: Ticket, entry: Entry, roster: Roster, wraps: dict[str, bytes], now: datetime) -> Keeping:
        key = ticket.casebook
        if key is None or not _is_good(key, ticket, roster, now):
            pair = self._keys()
            readers = readers_of(roster, ticket.helpline)
            if not readers:
                raise CasebookError(Unopened.NOT_FOR_YOU)
            week = week_of(_end_of(ticket, now))
            wraps = wraps | wrap_key(self._epochs, ticket.id, ticket.helpline, pair, readers, week)
            key = CaseKey(pair.public, ticket.helpline, now, frozenset(readers))
        record = seal_entry(self._writer, ticket.id, key.public, key.records, entry)
        return Keeping(replace(ticket, casebook=replace(key, records=key.records + 1)), (record,), wraps)

    def _moved(self, before: Ticket, after: Ticket, sealed: Sealed, now: datetime) -> dict[str, bytes]:
        """Wraps with another end, where the ticket was closed or opened again."""
        if before.is_open == after.is_open:
            return {}
        moved = {}
        for name, wrap in sealed.wraps.items():
            try:
                week = _moved_to(after, name, week_of_wrap(wrap), now)
                moved[name] = self._move(after, name, wrap, week)
            except (KeyFileError, CasebookError) as error:
                logbook.note("end_not_moved", logging.ERROR, code=type(error).__name__)
        return moved

    def _move(self, ticket: Ticket, name: str, wrap: bytes, week: Week) -> bytes:
        return move_wrap(self._epochs, ticket.id, name, wrap, week)


def readers_of(roster: Roster, helpline: HelplineId) -> dict[str, bytes]:
    """Who may read what is told to a helpline, and the key on paper."""
    readers: dict[str, bytes] = dict(roster.readers_of(helpline))
    if roster.recovery is not None:
        readers[RECOVERY] = roster.recovery
    return readers


def leavers_of(ticket: Ticket, roster: Roster) -> frozenset[str]:
    """Readers of a ticket's key who may not read it any more."""
    key = ticket.casebook
    return frozenset() if key is None else key.readers - set(readers_of(roster, key.helpline)) - {RECOVERY}


def _is_good(key: CaseKey, ticket: Ticket, roster: Roster, now: datetime) -> bool:
    """Whether a key is still the one to seal to; at least one must be able to read it."""
    able = key.readers & set(readers_of(roster, ticket.helpline))
    return key.helpline == ticket.helpline and able == key.readers and now - key.made < RENEWED_AFTER and bool(able)


def _without_leavers(ticket: Ticket, roster: Roster) -> Ticket:
    return replace(ticket, casebook=None) if leavers_of(ticket, roster) else ticket


def _taken(happening: Happening, sealed: Sealed) -> dict[str, bytes]:
    """What somebody could open who has left."""
    if not isinstance(happening, MemberLeft):
        return {}
    return {name: b"" for name in sealed.wraps if name.rpartition("/")[2] == happening.member}


def _homes(ticket: Ticket) -> set[HelplineId]:
    return {copy.helpline for copy in ticket.copies}


def _dropped(before: Ticket, after: Ticket, sealed: Sealed) -> dict[str, bytes]:
    """What lay at a helpline that may have nothing of it any more: nobody there can open it from now on."""
    gone = _homes(before) - _homes(after)
    return {name: b"" for name in sealed.wraps if HelplineId(name.partition("/")[0]) in gone}


def _moved_to(ticket: Ticket, name: str, end: Week, now: datetime) -> Week:
    """The new end of a wrap, never later than its key is old enough for; of earlier keys we do not know their age."""
    if not ticket.is_open:
        return min(end, week_of(_end_of(ticket, now)))
    key = ticket.casebook
    if key is None or key_id(key.public) not in name.split("/"):
        return end
    return week_of(key.made + LONGEST)


def _end_of(ticket: Ticket, now: datetime) -> datetime:
    if ticket.is_open or ticket.closing is None:
        return now + LONGEST
    return ticket.closing.at + KEPT_AFTER_CLOSE
