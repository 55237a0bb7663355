"""What stands in stores out there: values, and the bytes that a release wrote for them, in `samples/<release>/`.

These files are never changed, for stores hold what they hold. A release that writes something in another way adds a
folder: `python -m tests.store.samples 0.2`. What it writes must still be read by the release before it, and the other way
round (docs/upgrading.md).
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from bot.desk.helplines import HelplineId
from bot.desk.letters import StaffWrote
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import Copy, Rule, StaffId, Stage, Ticket, TicketId, Urgency
from bot.dialogue import Conversation, Frame, NodeToken
from bot.dialogue.conversation import Calling, Shown
from bot.messages import Button, Language, Message, Span, Style
from bot.store.contract import Address, Outgoing, OutgoingId, Priority, Record
from bot.store.encoding import (
    decode_outgoing,
    decode_record,
    decode_roster,
    decode_ticket,
    encode_outgoing,
    encode_record,
    encode_roster,
    encode_ticket,
)
from bot.store.sealing import RECORD, Vault
from tests.builders import SOMEBODY

FOLDER: Final = Path(__file__).parent / "samples"
NOON: Final = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
KM: Final = Language("km")
BANGKOK: Final = HelplineId("bangkok")
TICKET: Final = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
VAULT: Final = Vault(b"i" * 32, {1: b"w" * 32}, 1)
SENT: Final = OutgoingId(b"outgoing1")

_MENU: Final = Frame(NodeToken("mainmenuaa"))
_WAGES: Final = Frame(NodeToken("wagestep01"), {"province": "bangkok", "days": Decimal("12.5")})


@dataclass(frozen=True, slots=True)
class Sample:
    """A value, how it becomes bytes, and how these are read."""

    value: object
    write: Callable[[], bytes]
    read: Callable[[bytes], object]


def _a_record(record: Record) -> Sample:
    return Sample(record, lambda: encode_record(record), decode_record)


def _an_outgoing(outgoing: Outgoing) -> Sample:
    return Sample(outgoing, lambda: encode_outgoing(outgoing), lambda data: decode_outgoing(data, SENT, 0))


_TALKER: Final = Record(
    Address("telegram", "5123456789"),
    Conversation(
        KM,
        {"origin": "kh", "here": "th", "contact": "open"},
        (_MENU, _WAGES),
        ((_MENU,), (_MENU, _WAGES)),
        tries=1,
        heard=Language("en"),
        calling=Calling(TICKET, BANGKOK, NOON, Stage.TALKING, NOON + timedelta(minutes=3), held=2),
        shown=(Shown("17", NOON, "ref", of_talk=True), Shown("18", NOON)),
        secret="slow hash",
        active=NOON,
        wrong=(NOON,),
    ),
)
_TICKET: Final = Ticket(
    TICKET,
    SOMEBODY,
    BANGKOK,
    KM,
    NOON,
    Rule.LANGUAGE_PLACE_OPEN,
    here="th",
    origin="kh",
    topic="wages-unpaid",
    urgency=Urgency.EMERGENCY,
    stage=Stage.TALKING,
    since=NOON,
    due=NOON + timedelta(minutes=10),
    alerts=3,
    waits_for=NOON,
    holder=StaffId("s1"),
    helpers=frozenset({StaffId("s2")}),
    labels=frozenset({"urgent"}),
    recent=(StaffId("s1"), NOON),
    copies=(Copy(BANGKOK),),
    step=7,
    spent=("b1",),
)
_ROSTER: Final = Roster(
    {StaffId("s1"): Member(StaffId("s1"), "Dara", Role.SUPERVISOR, frozenset({BANGKOK}), (KM,), "99", key=b"public")},
    {BANGKOK: Link(BANGKOK, "-1001", NOON)},
    recovery=b"paper",
)
_MESSAGE: Final = Message(
    (Span("Call "), Span("1300", Style.PHONE, "1300")),
    ((Button("Menu", "wkmh"),),),
    keep=True,
    language=KM,
    picture="p",
)

SAMPLES: Final[Mapping[str, Sample]] = {
    "record-of-somebody-new": _a_record(Record(Address("web", ""), Conversation())),
    "record-in-a-talk": _a_record(_TALKER),
    "record-sealed": Sample(
        _TALKER,
        lambda: VAULT.seal(encode_record(_TALKER), SOMEBODY, RECORD),
        lambda data: decode_record(VAULT.open(data, SOMEBODY, RECORD)),
    ),
    "outgoing-message": _an_outgoing(
        Outgoing(SENT, Address("telegram", "5"), _MESSAGE, "17", "query", priority=Priority.STAFF_TO_PERSON)
    ),
    "outgoing-letter": _an_outgoing(
        Outgoing(SENT, Address("lane", TICKET), None, letter=StaffWrote("words", KM, "ref"), reports=True, ref="ref")
    ),
    "ticket": Sample(_TICKET, lambda: encode_ticket(_TICKET), decode_ticket),
    "roster": Sample((4, _ROSTER), lambda: encode_roster(_ROSTER, 4), decode_roster),
}


def write_samples(release: str) -> None:
    """Write those that are not there yet."""
    folder = FOLDER / release
    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in SAMPLES.items():
        file = folder / f"{name}.hex"
        if not file.exists():
            file.write_text(f"{sample.write().hex()}\n")


if __name__ == "__main__":
    write_samples(sys.argv[1])
