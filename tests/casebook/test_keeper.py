"""What is told is sealed in the same step as the ticket, for those who may read it then; a failure costs no call."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.casebook import (
    RECOVERY,
    CasebookError,
    Doubt,
    Doubtful,
    Epochs,
    Keeper,
    Keeping,
    KeyPair,
    Noted,
    Opened,
    PersonSaid,
    Week,
    key_id,
    new_key,
    open_records,
    open_wrap,
    week_of,
    week_of_wrap,
)
from bot.casebook.keeper import NOTHING_SEALED
from bot.desk.actions import ByPerson, ByStaff, Happening, Look, MemberLeft, Note
from bot.desk.helplines import HelplineId
from bot.desk.letters import PersonHid, PersonWrote
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import CloseReason, Closing, Copy, StaffId, Stage, Ticket
from bot.figures import Figures
from bot.store.contract import Sealed
from tests.casebook.casebook_world import CHAN, KHMER, KM, NOW, TICKET, WRITER, days
from tests.desk.small_world import HELPLINES, LAO, THAI, a_ticket

PHAL = StaffId("phal")
CHAN_KEY, PHAL_KEY, PAPER_KEY = new_key(), new_key(), new_key()
PEOPLE = {"chan": CHAN_KEY, "phal": PHAL_KEY, RECOVERY: PAPER_KEY}
SAID = ByPerson(PersonWrote("they took my passport", KM, "1"))
HEARD = PersonSaid(NOW, "they took my passport", KM, "1")


def a_member(who: StaffId, key: bytes | None) -> Member:
    return Member(who, who.title(), Role.RESPONDER, frozenset({KHMER}), key=key)


BOTH = Roster({CHAN: a_member(CHAN, CHAN_KEY.public), PHAL: a_member(PHAL, PHAL_KEY.public)}, recovery=PAPER_KEY.public)
PHAL_LEFT = replace(BOTH, members={**BOTH.members, PHAL: replace(BOTH.members[PHAL], left=NOW)})


class Casebook:
    """One ticket, and what lies beside it."""

    def __init__(self, folder: Path) -> None:
        self.figures = Figures()
        self.folder = folder / "epochs"
        self.epochs = Epochs(self.folder)
        self.keeper = Keeper(self.epochs, WRITER, self.figures)
        self.ticket = a_ticket(helpline=KHMER)
        self.sealed = NOTHING_SEALED

    def happen(
        self,
        happening: Happening = SAID,
        roster: Roster = BOTH,
        now: datetime = NOW,
        after: Ticket | None = None,
    ) -> Keeping:
        after = after or self.ticket
        seen = self.sealed if self.keeper.needs_sealed(self.ticket, after, happening) else NOTHING_SEALED
        keeping = self.keeper.keep(self.ticket, after, happening, seen, HELPLINES, roster, now)
        wraps = {**self.sealed.wraps, **keeping.wraps}
        kept = {name: wrap for name, wrap in wraps.items() if wrap}
        self.ticket, self.sealed = keeping.ticket, Sealed((*self.sealed.records, *keeping.kept), kept)
        return keeping

    def close(self, at: datetime) -> None:
        closing = Closing(CloseReason.HELPED, at, CHAN)
        self.happen(
            ByStaff(CHAN, Look(), KHMER), now=at, after=replace(self.ticket, stage=Stage.CLOSED, closing=closing)
        )

    def reopen(self, at: datetime) -> None:
        after = replace(self.ticket, stage=Stage.TALKING, closing=None)
        self.happen(ByStaff(CHAN, Look(), KHMER), now=at, after=after)

    def ends(self) -> set[Week]:
        return {week_of_wrap(wrap) for wrap in self.sealed.wraps.values()}

    def readers(self) -> set[str]:
        return {name.rpartition("/")[2] for name in self.sealed.wraps}

    def seen_by(self, reader: str) -> tuple[Opened, ...]:
        keys: dict[str, bytes] = {}
        for name, wrap in self.sealed.wraps.items():
            if name.rpartition("/")[2] == reader:
                opened: KeyPair = open_wrap(self.epochs, self.ticket.id, name, wrap, PEOPLE[reader].private)
                keys[key_id(opened.public)] = opened.private
        return open_records(keys, [WRITER.public], self.ticket.id, self.sealed.records)


@pytest.fixture
def casebook(quick_folder: Path) -> Casebook:
    return Casebook(quick_folder)


def test_the_first_words_bring_a_key_for_everybody_who_may_read_them(casebook: Casebook) -> None:
    casebook.happen()

    assert {reader: casebook.seen_by(reader) for reader in PEOPLE} == dict.fromkeys(PEOPLE, (HEARD,))
    assert casebook.ticket.id == TICKET
    key = casebook.ticket.casebook
    assert key is not None
    assert (key.helpline, key.made, key.readers, key.records) == (KHMER, NOW, frozenset(PEOPLE), 1)


def test_later_words_go_under_the_same_key_with_the_next_number(casebook: Casebook) -> None:
    casebook.happen()
    second = casebook.happen(ByStaff(CHAN, Note(" calls at six "), KHMER))

    assert second.wraps == {}
    assert casebook.seen_by("chan") == (HEARD, Noted(NOW, CHAN, "calls at six"))
    assert casebook.ticket.casebook is not None
    assert casebook.ticket.casebook.records == 2


def test_what_tells_nothing_is_not_kept(casebook: Casebook) -> None:
    assert casebook.happen(ByPerson(PersonHid())) == Keeping(a_ticket(helpline=KHMER))
    assert casebook.happen(ByStaff(CHAN, Look(), KHMER)) == Keeping(a_ticket(helpline=KHMER))


@pytest.mark.parametrize("helpline", [THAI, LAO, HelplineId("not-declared")])
def test_a_helpline_that_reads_in_its_group_keeps_nothing_here(casebook: Casebook, helpline: HelplineId) -> None:
    ticket = a_ticket(helpline=helpline)

    assert casebook.happen(after=ticket) == Keeping(ticket)
    assert not casebook.folder.exists()


def test_a_colleague_without_a_key_is_no_reader_and_stops_nobody(casebook: Casebook) -> None:
    roster = replace(BOTH, members={**BOTH.members, PHAL: a_member(PHAL, None)})

    casebook.happen(roster=roster)

    assert casebook.readers() == {"chan", RECOVERY}
    assert casebook.seen_by("chan") == (HEARD,)


def test_when_a_reader_leaves_their_wrap_goes_and_what_comes_is_sealed_to_a_new_key(casebook: Casebook) -> None:
    casebook.happen()
    lying = casebook.sealed
    casebook.happen(MemberLeft(PHAL), PHAL_LEFT)
    casebook.happen(roster=PHAL_LEFT)

    assert "phal" not in casebook.readers()
    assert casebook.seen_by("chan") == (HEARD, HEARD)
    # Even with a copy of the wrap that they could open before, they read nothing that came after.
    casebook.sealed = Sealed(casebook.sealed.records, {**casebook.sealed.wraps, **lying.wraps})
    assert casebook.seen_by("phal") == (HEARD, Doubtful(Doubt.LOCKED))


def test_words_that_come_before_a_leaver_is_taken_off_the_ticket_are_not_sealed_for_them(casebook: Casebook) -> None:
    casebook.happen()
    casebook.happen(roster=PHAL_LEFT)

    assert casebook.seen_by("phal") == (HEARD, Doubtful(Doubt.LOCKED))
    assert casebook.seen_by("chan") == (HEARD, HEARD)


def test_another_helpline_gets_a_key_of_its_own_and_reads_nothing_from_before(casebook: Casebook) -> None:
    casebook.happen()
    other = replace(HELPLINES.all[KHMER], id=LAO)
    roster = Roster({PHAL: replace(a_member(PHAL, PHAL_KEY.public), helplines=frozenset({LAO}))})
    moved = replace(casebook.ticket, helpline=LAO)
    helplines = replace(HELPLINES, all={**HELPLINES.all, LAO: other})

    keeping = casebook.keeper.keep(casebook.ticket, moved, SAID, NOTHING_SEALED, helplines, roster, NOW)

    assert {name.partition("/")[0] for name in keeping.wraps} == {"lao"}
    casebook.sealed = Sealed((*casebook.sealed.records, *keeping.kept), keeping.wraps)
    assert casebook.seen_by("phal") == (Doubtful(Doubt.LOCKED), HEARD)


def test_what_lay_at_a_helpline_that_is_to_have_nothing_more_cannot_be_opened_there(casebook: Casebook) -> None:
    casebook.ticket = replace(casebook.ticket, copies=(Copy(KHMER),))
    casebook.happen()

    casebook.happen(ByStaff(CHAN, Look(), KHMER), after=replace(casebook.ticket, copies=()))

    assert casebook.sealed.wraps == {}
    assert casebook.seen_by("chan") == (Doubtful(Doubt.LOCKED),)


def test_an_open_ticket_goes_on_under_a_new_key_before_the_old_one_ends(casebook: Casebook) -> None:
    for day in (0, 59, 60, 61):
        casebook.happen(now=NOW + days(day))

    assert len({name.split("/")[1] for name in casebook.sealed.wraps}) == 2
    assert casebook.ends() == {week_of(NOW + days(90)), week_of(NOW + days(150))}
    casebook.epochs.destroy_before(week_of(NOW + days(100)))
    assert _readable(casebook, "chan", NOW + days(100)) == 2


def _readable(casebook: Casebook, reader: str, now: datetime) -> int:
    """How many entries a reader sees when all weeks before this moment are over."""
    casebook.epochs.destroy_before(week_of(now))
    alive: Mapping[str, bytes] = {
        name: wrap for name, wrap in casebook.sealed.wraps.items() if _opens(casebook, name, wrap, reader)
    }
    casebook.sealed = Sealed(casebook.sealed.records, alive)
    return len([one for one in casebook.seen_by(reader) if not isinstance(one, Doubtful)])


def _opens(casebook: Casebook, name: str, wrap: bytes, reader: str) -> bool:
    try:
        open_wrap(casebook.epochs, casebook.ticket.id, name, wrap, PEOPLE[reader].private)
    except CasebookError:
        return False
    return True


def test_closing_brings_the_end_nearer_and_reopening_takes_it_back(casebook: Casebook) -> None:
    casebook.happen()
    assert casebook.ends() == {week_of(NOW + days(90))}

    casebook.close(NOW + days(5))
    assert casebook.ends() == {week_of(NOW + days(35))}
    assert casebook.seen_by("chan") == (HEARD,)

    casebook.reopen(NOW + days(10))
    assert casebook.ends() == {week_of(NOW + days(90))}
    assert casebook.seen_by("chan") == (HEARD,)


def test_a_colleague_who_is_given_the_key_later_can_read_no_longer_than_the_others(casebook: Casebook) -> None:
    casebook.happen(roster=replace(BOTH, members={CHAN: BOTH.members[CHAN]}))
    (name,) = (name for name in casebook.sealed.wraps if name.endswith("/chan"))
    key = open_wrap(casebook.epochs, TICKET, name, casebook.sealed.wraps[name], CHAN_KEY.private)

    given = casebook.keeper.rewrap(casebook.ticket, key, KHMER, casebook.sealed, BOTH, NOW + days(50))

    assert [wrap_name.rpartition("/")[2] for wrap_name in given] == ["phal"]
    casebook.sealed = Sealed(casebook.sealed.records, {**casebook.sealed.wraps, **given})
    assert casebook.ends() == {week_of(NOW + days(90))}
    assert casebook.seen_by("phal") == (HEARD,)


@pytest.mark.parametrize("reopened", [False, True], ids=["closed late", "opened again"])
def test_nothing_is_readable_longer_than_ninety_days_whatever_becomes_of_the_ticket(
    casebook: Casebook, *, reopened: bool
) -> None:
    casebook.happen()
    casebook.close(NOW + days(75))
    if reopened:
        casebook.reopen(NOW + days(80))

    assert max(casebook.ends()) <= week_of(NOW + days(90))


def test_where_no_key_of_the_week_can_be_had_the_ticket_goes_on_and_the_loss_is_counted(casebook: Casebook) -> None:
    casebook.folder.mkdir()
    casebook.folder.chmod(0o755)

    keeping = casebook.happen(after=replace(casebook.ticket, alerts=3))

    assert keeping == Keeping(a_ticket(helpline=KHMER, alerts=3))
    assert casebook.figures.counts == {("told_not_kept", "KeyFileError"): 1}


def test_words_that_could_not_be_kept_leave_a_gap_that_shows(casebook: Casebook) -> None:
    casebook.happen()
    casebook.folder.chmod(0o755)
    casebook.happen(now=NOW + days(61))
    casebook.folder.chmod(0o700)
    casebook.happen(now=NOW + days(1))

    later = replace(HEARD, at=NOW + days(1))
    assert casebook.seen_by("chan") == (HEARD, Doubtful(Doubt.MISSING), later)


@pytest.mark.parametrize("public", [b"", b"k" * 31, b"\0" * 32])
def test_a_readers_key_that_is_none_costs_no_call(casebook: Casebook, public: bytes) -> None:
    roster = replace(BOTH, members={**BOTH.members, PHAL: a_member(PHAL, public)})

    casebook.happen(roster=roster)

    assert casebook.figures.counts.total() <= 1


def test_words_with_half_a_character_cost_no_call(casebook: Casebook) -> None:
    casebook.happen(ByPerson(PersonWrote("help \ud83d", KM, "1")))

    assert len(casebook.sealed.records) + casebook.figures.counts.total() == 1


def test_words_are_not_sealed_for_nobody_without_a_word(casebook: Casebook) -> None:
    nobody = Roster({CHAN: a_member(CHAN, None)})

    casebook.happen(roster=nobody)

    assert casebook.sealed.records == ()
    assert casebook.figures.counts.total() == 1
