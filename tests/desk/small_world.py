"""Three helplines with their staff, and one ticket, for tests of decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.desk.actions import ByPerson, ByStaff, Due, Happening, StaffAction
from bot.desk.decided import Accepted, CallDesk, DeskEffect, Refusal, TellDesk, TellPerson, Whom
from bot.desk.decisions import Surroundings, decide
from bot.desk.helplines import Helpline, HelplineId, Helplines, Mode
from bot.desk.letters import ToPerson, ToTicket
from bot.desk.news import News
from bot.desk.opening import open_ticket
from bot.desk.phrases import Card, CardId, Cards
from bot.desk.routing import Asking, Chosen
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import Rule, StaffId, Ticket, TicketId, Urgency
from bot.facts import Hours, Shift
from bot.messages import ConversationId, Language

BANGKOK = ZoneInfo("Asia/Bangkok")
NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
"""Ten in the morning in Bangkok."""

KM, TH, EN = Language("km"), Language("th"), Language("en")
THAI, KHMER, LAO = HelplineId("thai"), HelplineId("khmer"), HelplineId("lao")
ALWAYS = Hours("Asia/Bangkok", always=True)
OFFICE = Hours(
    "Asia/Bangkok",
    shifts=(Shift(frozenset(range(7)), datetime.min.time().replace(hour=8), datetime.min.time().replace(hour=17)),),
)
HELPLINES = Helplines(
    {
        THAI: Helpline(
            THAI, (TH, KM), TH, ALWAYS, frozenset({"th"}), fallbacks=(KHMER,), mode=Mode.RELAY, canned=("office",)
        ),
        KHMER: Helpline(KHMER, (KM,), KM, OFFICE, frozenset({"kh"}), fallbacks=(LAO,)),
        LAO: Helpline(LAO, (Language("lo"),), TH, OFFICE, fallbacks=(THAI,), mode=Mode.RELAY),
    }
)
CARDS = Cards(
    {
        CardId("hurt"): Card(CardId("hurt"), "health", ("yes", "no")),
        CardId("later"): Card(CardId("later"), "contact", slot="time"),
    }
)
ANNA, BEN, SUE, CHAN, LAM = (StaffId(name) for name in ("anna", "ben", "sue", "chan", "lam"))
PERSON, SOMEWHERE_ELSE = ConversationId("c" * 22), ConversationId("d" * 22)
TICKET = TicketId(f"~{'t' * 20}07")


def member(who: StaffId, helpline: HelplineId, role: Role = Role.RESPONDER) -> Member:
    return Member(who, who.title(), role, frozenset({helpline}), telegram=who, key=b"k" * 32)


ROSTER = Roster(
    {
        one.id: one
        for one in (
            member(ANNA, THAI),
            member(BEN, THAI),
            member(SUE, THAI, Role.SUPERVISOR),
            member(CHAN, KHMER),
            member(LAM, LAO),
        )
    },
    {helpline: Link(helpline, f"-{helpline}", NOW) for helpline in (THAI, KHMER, LAO)},
)
AROUND = Surroundings(HELPLINES, CARDS, ROSTER)


def a_ticket(urgency: Urgency = Urgency.NORMAL, **changes: object) -> Ticket:
    asking = Asking(KM, "th", "kh", "wages-unpaid")
    chosen = Chosen(THAI, Rule.LANGUAGE_PLACE_OPEN, is_open=True)
    fresh = open_ticket(TICKET, PERSON, asking, chosen, urgency, NOW)
    return replace(fresh, **changes)  # type: ignore[arg-type] # each test names fields of a ticket


class Case:
    """One ticket on its way: what was decided last, and the ticket as it is."""

    def __init__(self, ticket: Ticket | None = None, around: Surroundings = AROUND) -> None:
        self.around = around
        self.now = NOW
        self.gone = False
        self.ticket = ticket or a_ticket()
        self.effects: tuple[DeskEffect, ...] = ()

    def happen(self, happening: Happening) -> Accepted | Refusal:
        decision = decide(self.ticket, self.around, happening, self.now)
        self.effects = ()
        if isinstance(decision, Accepted):
            self.effects = decision.effects
            self.gone = decision.ticket is None
            self.ticket = decision.ticket or self.ticket
        return decision

    def staff(
        self, who: StaffId, action: StaffAction, via: HelplineId = THAI, button: str | None = None
    ) -> Accepted | Refusal:
        return self.happen(ByStaff(who, action, via, button))

    def person(self, letter: ToTicket) -> Accepted | Refusal:
        return self.happen(ByPerson(letter))

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def ring(self) -> Accepted | Refusal:
        """Let the moment come for which the ticket waits."""
        assert self.ticket.due is not None
        self.now = max(self.now, self.ticket.due)
        return self.happen(Due(self.ticket.due))

    @property
    def letters(self) -> list[ToPerson]:
        return [effect.letter for effect in self.effects if isinstance(effect, TellPerson)]

    @property
    def told(self) -> list[tuple[HelplineId, News]]:
        return [(effect.helpline, effect.news) for effect in self.effects if isinstance(effect, TellDesk)]

    @property
    def calls(self) -> dict[HelplineId, frozenset[Whom]]:
        called: dict[HelplineId, frozenset[Whom]] = {}
        for effect in self.effects:
            if isinstance(effect, CallDesk):
                called[effect.helpline] = called.get(effect.helpline, frozenset()) | effect.whom
        return called
