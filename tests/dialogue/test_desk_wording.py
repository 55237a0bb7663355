"""Staff read all of it in the language they work in, and an alert holds nothing that a person wrote."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from bot.desk import news as told
from bot.desk.decided import Refusal
from bot.desk.helplines import Helpline, HelplineId, Helplines, Mode
from bot.desk.letters import MediaKind, Missed, Original
from bot.desk.phrases import CardId
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import (
    CloseReason,
    Closing,
    Copy,
    Referral,
    ReferralState,
    Rule,
    StaffId,
    Stage,
    Ticket,
    TicketId,
    Urgency,
)
from bot.dialogue.desk_wording import DESK_PHRASES, DeskWording, seen
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.facts import Hours
from bot.messages import ConversationId, Language, words_of
from tests.builders import NOW

LANGUAGES: Final = ("en", "km", "lo", "my", "th")
HOME, OTHER = HelplineId("example-thailand"), HelplineId("example-cambodia")
ANNA, BEN = StaffId("a"), StaffId("b")
ROSTER: Final = Roster(
    {
        ANNA: Member(ANNA, "Anna", Role.SUPERVISOR, frozenset({HOME, OTHER})),
        BEN: Member(BEN, "Ben", Role.RESPONDER, frozenset({HOME})),
    }
)
TICKET: Final = Ticket(
    TicketId("~abcdefghijklmnopqrst07"),
    ConversationId("AAAAAAAAAAAAAAAAAAAAAA"),
    HOME,
    Language("km"),
    asked=NOW,
    rule=Rule.LANGUAGE_PLACE_OPEN,
    here="th",
    origin="kh",
    topic="wages-unpaid",
    labels=frozenset({"wages", "night shift"}),
    copies=(Copy(HOME, NOW + timedelta(days=7)),),
)
SECRET: Final = "he took my passport"
ORIGINAL: Final = Original("telegram", "7", "3")
CARD: Final = CardId("in-danger-now")
NEWS: Final[tuple[told.News, ...]] = (
    *(told.Called(attempt, NOW, is_fallback=back, again=again) for attempt, back, again in
      ((1, False, False), (3, False, False), (2, True, False), (1, False, True))),
    told.Opened(),
    told.Wrote(SECRET, Language("km")),
    told.Wrote(SECRET, None, is_edit=True),
    *(told.Sent(kind, ORIGINAL) for kind in MediaKind),
    told.Answered(CARD, "not-sure"),
    told.NewMessage(),
    told.Took(ANNA),
    told.Released(ANNA),
    told.HandedOver(ANNA, BEN),
    told.ColleagueAsked(ANNA, BEN),
    *(told.UrgencySet(urgency, by) for urgency in Urgency for by in (ANNA, None)),
    told.LabelSet("wages", on=True),
    told.LabelSet("night shift", on=False),
    told.AlsoAnswering(BEN),
    told.SentToPerson(ANNA, "card:will-call", "17:30"),
    told.SentToPerson(ANNA, "canned:received"),
    *(told.Reached("5", told.Reach.MISSED, why) for why in Missed),
    told.PersonGone(),
    told.PersonGone(unreachable=True),
    told.PersonBack(),
    told.CheckFailed(),
    told.StillOpen(),
    told.WaitsForAnswer(NOW),
    *(told.ReferralTold(HOME, OTHER, state, is_receiver=receives, why="full")
      for state in ReferralState for receives in (False, True)),
    *(told.Ended(reason, by) for reason in CloseReason for by in (ANNA, None)),
    told.OpenAgain(ANNA),
    told.OpenAgain(None),
    told.Judged(helped=True),
    told.Judged(helped=False),
    *(told.Refused(refusal) for refusal in Refusal),
)  # fmt: skip
ACTIONS: Final = frozenset(
    {"claim", "release", "give", "ask", "urgency", "label", "phrase", "reply", "refer", "accept", "decline"}
    | {"cancel-referral", "close", "reopen", "look"}
)


def wording(script: Script, language: str, ticket: Ticket = TICKET, mode: Mode = Mode.RELAY) -> DeskWording:
    hours = Hours("Asia/Bangkok", always=True)
    home = Helpline(HOME, (Language("km"),), Language(language), hours, mode=mode, canned=("received",))
    other = replace(home, id=OTHER)
    filled = replace(script, helplines=Helplines({HOME: home, OTHER: other}))
    return DeskWording(filled, ROSTER, home, ticket, NOW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_staff_can_be_told_is_said_in_full(real_script: Script, language: str) -> None:
    stages = [replace(TICKET, stage=stage, holder=holder) for stage in Stage for holder in (None, ANNA)]
    for ticket in (*stages, replace(TICKET, urgency=Urgency.EMERGENCY, topic=None, here=None, origin=None)):
        speaking = wording(real_script, language, ticket)
        for news in NEWS:
            message = speaking.tell(news)
            words = words_of(message.text)
            assert words.strip(), news
            assert "…" not in words, (news, words)
            assert "{" not in words, (news, words)
            assert message.language == language
            assert {button.press for row in message.rows for button in row} <= ACTIONS
            assert all(button.label.strip() for row in message.rows for button in row)


def test_every_phrase_that_the_code_says_exists_in_every_language(real_script: Script) -> None:
    assert len(DESK_PHRASES) == len(set(DESK_PHRASES)) > 200
    for phrase in DESK_PHRASES:
        worded = real_script.phrasebook.worded(TextId(f"phrase.{phrase}"))
        assert {str(language) for language in worded} >= set(LANGUAGES), phrase


def test_what_is_known_stands_at_the_head_of_a_case(real_script: Script) -> None:
    head = words_of(wording(real_script, "en").head()).splitlines()

    assert head[0] == f"Case {TICKET.alias}"
    assert "Language: Khmer" in head
    assert "Is in: Thailand" in head
    assert "Comes from: Cambodia" in head
    assert "Asked: 16:00" in head
    assert "Taken by: nobody yet" in head
    assert "Labels: night shift, wages" in head
    assert head[-1] == "What you write here goes to the person, except lines that begin with //."


def test_an_alert_names_who_is_on_duty_and_nothing_of_the_person(real_script: Script) -> None:
    speaking = wording(real_script, "en")
    call = words_of(speaking.tell(told.Called(1, NOW)).text)

    assert call == f"🔔 {TICKET.alias}: somebody asks for a person. Khmer · {topic(call)} · not urgent. Asked at 16:00."
    assert speaking.names_on_duty() == "Anna, Ben: please look now."


def topic(call: str) -> str:
    return call.split(" · ")[1]


def test_words_come_with_their_language_and_without_what_turns_them_around(real_script: Script) -> None:
    told_words = wording(real_script, "en").tell(told.Wrote("a\u202eb\x07c\u200bd\ne", Language("my")))

    assert words_of(told_words.text) == "💬 In Burmese:\nabc\u200bd\ne"
    assert seen("\u2066x\u2069") == "x"


def test_a_case_of_yesterday_tells_the_day(real_script: Script) -> None:
    speaking = replace(wording(real_script, "en"), now=NOW + timedelta(days=1))

    assert "Asked: 26/11 16:00" in words_of(speaking.head())


def test_who_closes_tells_when_it_is_deleted(real_script: Script) -> None:
    closed = replace(TICKET, stage=Stage.CLOSED, closing=Closing(CloseReason.HELPED, NOW, ANNA))
    message = wording(real_script, "en", closed).tell(told.Ended(CloseReason.HELPED, ANNA))

    assert words_of(message.text).splitlines() == [
        f"🔒 Anna has closed case {TICKET.alias}: has been helped.",
        "What stands here is deleted at 03/12 16:00.",
    ]
    assert [button.press for row in message.rows for button in row] == ["reopen"]


@pytest.mark.parametrize(
    ("state", "action"),
    [(None, "refer"), (ReferralState.ASKING, "cancel-referral"), (ReferralState.DECLINED, "refer")],
)
def test_what_can_be_done_now_is_what_the_buttons_offer(
    real_script: Script, state: ReferralState | None, action: str
) -> None:
    referral = None if state is None else Referral(HOME, OTHER, ANNA, state, NOW, NOW)
    rows = wording(real_script, "en", replace(TICKET, referral=referral)).menu()

    assert [button.press for row in rows for button in row] == [
        "claim", "phrase", "reply", "urgency", "label", "give", "ask", action, "close",
    ]  # fmt: skip


def test_the_other_desk_may_accept_or_decline(real_script: Script) -> None:
    offered = told.ReferralTold(HOME, OTHER, ReferralState.OFFERED, is_receiver=True)
    message = wording(real_script, "en").tell(offered)

    assert [button.press for row in message.rows for button in row] == ["accept", "decline"]
