"""Opens what was told about a ticket, with the key of whoever looks, and puts it into lines."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, assert_never

from bot.casebook import (
    CasebookError,
    Doubt,
    Doubtful,
    Epochs,
    KeyFileError,
    KeyPair,
    Marked,
    Noted,
    Opened,
    PersonPicked,
    PersonSaid,
    PersonSentMedia,
    StaffSaid,
    StaffSentCard,
    StaffSentMedia,
    StaffSentReply,
    Unopened,
    key_id,
    open_records,
    open_wrap,
)
from bot.desk.letters import Missed, Original
from bot.desk.staff import Roster
from bot.desk.staff_deciding import CONSOLE
from bot.desk.ticket import StaffId, Ticket
from bot.store.contract import Sealed
from handlers.web.console import views
from handlers.web.console.deeds import again_ref

LATE: Final = timedelta(minutes=15)
_NOBODY: Final = "–"
_FAULTS: Final = {
    Doubt.FORGED: views.Fault.FORGED,
    Doubt.OUT_OF_ORDER: views.Fault.OUT_OF_ORDER,
    Doubt.MISSING: views.Fault.MISSING,
    Doubt.LOCKED: views.Fault.UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Casefile:
    """What could be opened: the lines, and the keys by helpline and key id, for giving them to colleagues."""

    content: views.Content
    lines: tuple[views.Line, ...] = ()
    keys: Mapping[tuple[str, str], KeyPair] = field(default_factory=dict)
    media: Mapping[int, Original] = field(default_factory=dict)
    """Where what is not words can be copied from, by the number of its line."""


@dataclass(frozen=True, slots=True)
class Cabinet:
    """Opens casefiles. `epochs` and the public halves of writers are ours; what opens is the reader's own key."""

    epochs: Epochs
    writers: Collection[bytes]
    roster: Callable[[], Roster]

    def open(self, ticket: Ticket, sealed: Sealed, reader: StaffId, private: bytes | None, path: str) -> Casefile:
        """Open what a reader may open; raise nothing, whatever lies there. `path` is where the ticket's page stands."""
        case = ticket.casebook
        counts = {} if case is None else {key_id(case.public): case.records}
        if not sealed.records and not any(counts.values()):
            return Casefile(views.Content.OPEN)
        if private is None:
            return Casefile(views.Content.LOCKED)
        keys, is_over = self._keys(ticket, sealed, reader, private)
        if not keys:
            return Casefile(views.Content.ENDED if is_over else views.Content.NOT_FOR_YOU)
        by_id = {key: pair.private for (_, key), pair in keys.items()}
        lines = _Lines(self.roster(), reader, path)
        opened = lines.of(open_records(by_id, self.writers, ticket.id, sealed.records, counts))
        return Casefile(views.Content.OPEN, tuple(opened), keys, lines.media)

    def _keys(
        self, ticket: Ticket, sealed: Sealed, reader: StaffId, private: bytes
    ) -> tuple[dict[tuple[str, str], KeyPair], bool]:
        """The keys that open, and whether the time of one is over."""
        keys: dict[tuple[str, str], KeyPair] = {}
        is_over = False
        for name, wrap in sealed.wraps.items():
            helpline, _, rest = name.partition("/")
            key, _, whose = rest.partition("/")
            if whose != reader:
                continue
            try:
                keys[helpline, key] = open_wrap(self.epochs, ticket.id, name, wrap, private)
            except CasebookError as error:
                is_over |= error.why is Unopened.EPOCH_OVER
            except KeyFileError:
                continue
        return keys, is_over


class _Lines:
    """Entries as lines: marks go to what they mark, edits stand beside what they change."""

    def __init__(self, roster: Roster, reader: StaffId, path: str) -> None:
        self.media: dict[int, Original] = {}
        self._roster = roster
        self._reader = reader
        # What is not words is shown in the reader's own chat with the bot.
        member = roster.members.get(reader)
        self._has_chat = member is not None and member.telegram is not None
        self._path = path
        self._lines: list[views.Line] = []
        self._by_ref: dict[str, int] = {}

    def of(self, opened: Sequence[Opened]) -> list[views.Line]:
        for one in opened:
            line = self._line(one)
            if line is not None:
                self._lines.append(line)
        self._offer_again()
        return self._lines

    def _line(self, one: Opened) -> views.Line | None:
        match one:
            case Doubtful(why, count):
                return views.Unreadable(_FAULTS[why], count if count > 1 else None)
            case PersonSaid(at, words, language, _, is_edit):
                return views.FromPerson(at, words, language, is_edit)
            case PersonSentMedia(at, kind, original):
                self.media[len(self._lines)] = original
                show = f"{self._path}/media/{len(self._lines)}" if self._has_chat else None
                return views.PersonMedia(at, kind, show)
            case PersonPicked(at, card, answer):
                return views.PersonPicked(at, card, answer)
            case StaffSaid(at, by, words, language, ref, is_edit):
                self._note(ref)
                is_mine = by == self._reader
                return views.FromStaff(at, self._name(by), words, language, views.Sent.QUEUED, is_mine, is_edit)
            case StaffSentCard(at, by, card, filled, ref):
                self._note(ref)
                what, is_mine = f"card:{card}", by == self._reader
                return views.StaffCard(at, self._name(by), what, views.Sent.QUEUED, filled, is_mine)
            case StaffSentReply(at, by, canned, ref):
                self._note(ref)
                what, is_mine = f"canned:{canned}", by == self._reader
                return views.StaffCard(at, self._name(by), what, views.Sent.QUEUED, is_mine=is_mine)
            case StaffSentMedia(at, by, kind, _, ref):
                self._note(ref)
                return views.StaffMedia(at, self._name(by), kind, views.Sent.QUEUED, by == self._reader)
            case Noted(at, by, words):
                return views.Note(at, self._name(by), words)
            case Marked():
                self._mark(one)
                return None
            case _:
                assert_never(one)

    def _note(self, ref: str) -> None:
        if ref:
            self._by_ref[ref] = len(self._lines)

    def _mark(self, mark: Marked) -> None:
        place = self._by_ref.get(mark.ref)
        line = None if place is None else self._lines[place]
        if place is None or not isinstance(line, views.FromStaff | views.StaffCard | views.StaffMedia):
            return
        is_late = line.is_late or (mark.why is None and mark.at - line.at > LATE)
        state = _state(mark, line.state)
        is_veiled = state is views.Sent.SENT
        missed: Missed | None = mark.why if state is views.Sent.FAILED else None
        self._lines[place] = replace(line, state=state, missed=missed, is_late=is_late, is_veiled=is_veiled)

    def _offer_again(self) -> None:
        """Let what did not arrive be sent once more, unless somebody has done so."""
        for ref, place in self._by_ref.items():
            line, again = self._lines[place], again_ref(ref)
            if isinstance(line, views.FromStaff | views.StaffCard) and line.state is views.Sent.FAILED:
                is_done = CONSOLE + again in self._by_ref
                self._lines[place] = replace(line, again=None if is_done else again)

    def _name(self, member: StaffId) -> str:
        found = self._roster.members.get(member)
        return _NOBODY if found is None else found.name


def _state(mark: Marked, before: views.Sent) -> views.Sent:
    if mark.why is not None:
        return views.Sent.FAILED
    if mark.opened or before is views.Sent.SHOWN:
        return views.Sent.SHOWN
    return views.Sent.SENT
