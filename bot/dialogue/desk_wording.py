"""What staff read about a ticket, in the language their helpline works in.

An alert says nothing that the person wrote: a group's members change, and phones lie on tables. A button carries a bare
action such as `claim` or `close:helped`; whoever shows it makes sure that nobody else can make such a button.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from bot.desk import news as told
from bot.desk.decided import Refusal
from bot.desk.helplines import Helpline, HelplineId
from bot.desk.letters import MediaKind, Missed
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import CloseReason, ReferralState, Rule, StaffId, Stage, Ticket, Urgency
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script, TopicId
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Button, Language, Message, Rows, Span, Style, Text, plain

MOST_LABELS: Final = ("wages", "papers", "violence", "health", "trafficking", "return", "other")
DECLINE_REASONS: Final = ("full", "language", "not-ours", "other")
_NO_ONE: Final = "–"
_UNSEEN: Final = {
    **dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)]),
    **dict.fromkeys([0x061C, 0x180E, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]),
    **dict.fromkeys([*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)]),
    **dict.fromkeys([0x2028, 0x2029], "\n"),
}
"""Controls, what turns the direction of writing and what hides words in words; U+200B to U+200D, which Khmer, Lao and
Burmese need, stay.
"""

_BUTTONS: Final = (
    *("claim", "release", "give", "ask", "urgency", "label", "phrase", "reply", "refer", "accept", "decline"),
    *("cancel-referral", "close", "reopen", "console", "back", "confirm", "look"),
)
_HEAD: Final = (
    *("case", "language", "topic", "topic-unknown", "urgency", "here", "origin", "asked", "why", "stage", "holder"),
    *("holder-nobody", "labels", "contact", "hours", "phone", "mode-alert", "mode-relay"),
)

COMMANDS: Final = (
    *("claim", "release", "give", "ask", "urgency", "urgency-emergency", "urgency-normal", "label", "phrase", "canned"),
    *("refer", "accept", "decline", "cancel-referral", "close", "reopen", "look", "help", "link", "staff"),
)
"""What staff can type, as the list of commands tells it."""

DESK_PHRASES: Final = tuple(
    f"desk-{name}"
    for name in (
        # alerts
        *("called", "called-again", "called-emergency", "called-emergency-again", "called-names", "called-fallback"),
        *("called-unanswered", "called-member", "called-away", "called-outside", "digest"),
        # what is known
        *(f"head-{part}" for part in _HEAD),
        *("topic-name", "country-unknown"),
        *(f"contact-{value}" for value in ("veiled", "open", "wait", "unknown")),
        *(f"hours-{value}" for value in ("any", "morning", "day", "evening", "night", "unknown")),
        *(f"phone-{value}" for value in ("own", "shared", "unknown")),
        *(f"rule-{rule}" for rule in Rule),
        *(f"stage-{stage}" for stage in Stage),
        *(f"urgency-{urgency}" for urgency in Urgency),
        *(f"label-{label}" for label in MOST_LABELS),
        # news
        *("wrote", "wrote-unknown", "wrote-edit", "wrote-edit-unknown", "answered", "new-message"),
        *(f"sent-{kind}" for kind in MediaKind),
        *("took", "released", "handed-over", "colleague-asked", "changed-urgency", "person-urged", "labelled"),
        *(
            "unlabelled",
            "also-answering",
            "used-card",
            "used-reply",
            "wrote-elsewhere",
            "noted",
            "reminder",
            "glass-broken",
            "person-gone",
            "person-unreachable",
        ),
        *(f"missed-{why}" for why in Missed),
        *("person-back", "still-open", "waits", "declined-why", "ended", "ended-by", "deleted-at", "open-again"),
        *(f"{side}-{state}" for side in ("referral", "received") for state in ReferralState),
        *(f"decline-{reason}" for reason in DECLINE_REASONS),
        *(f"close-{reason}" for reason in CloseReason),
        *("open-again-by", "judged-helped", "judged-not", "check-failed"),
        # answers to staff
        *(f"refused-{refusal}" for refusal in Refusal),
        *(f"button-{button}" for button in _BUTTONS),
        *(f"choose-{what}" for what in ("colleague", "urgency", "label", "group", "card", "reply", "helpline")),
        *("choose-reason", "choose-decline", "fill", "no-colleague", "no-reply", "no-helpline", "done", "help"),
        *(f"does-{command}" for command in COMMANDS),
        "help-rule",
        *("help-marks", "command-unknown", "only-in-case"),
        # groups and enrolment
        *("linked", "mode-alert", "mode-relay", "needs-topics", "needs-rights", "enrolled", "code-wrong"),
        *(f"link-failed-{why}" for why in ("code", "expired", "not-group", "linked")),
        *("code-expired", "not-enrolled", "stranger-joined", "stranger-confirmed", "case-topic-gone"),
        *(f"role-{role}" for role in Role),
    )
)
"""What staff are told by the code, whatever the content is; all of them are phrases of the content."""


def seen(words: str) -> str:
    """Words from outside, without what nobody can see and what could make them look like others."""
    return words.translate(_UNSEEN)


@dataclass(frozen=True, slots=True)
class DeskWording:
    """Words for the staff of one helpline about one ticket at one moment."""

    script: Script
    roster: Roster
    helpline: Helpline
    ticket: Ticket
    now: datetime

    def tell(self, news: told.News) -> Message:
        """One piece of news as a message, with the buttons that belong to it."""
        return Message(self._text(news), self._rows(news), keep=True, language=self.helpline.works_in)

    def topic_name(self) -> str:
        """How the ticket's topic in the group is called."""
        return self.say("topic-name", **self._facts())

    def say(self, phrase: str, **slots: str) -> str:
        """One of the staff's own phrases."""
        return self._words(f"phrase.desk-{phrase}", **slots)

    def text(self, text: str) -> str:
        """Any words of the content, in the staff's language."""
        return self._words(text)

    def language_of_person(self) -> str:
        """The language in which the person reads, in words."""
        return self._facts()["language"]

    def card(self, what: str, filled: str = "") -> str:
        """The words of a card or a ready reply, in the staff's language."""
        kind, _, name = what.partition(":")
        if kind == "canned":
            return self._words(f"canned.{self.ticket.helpline}.{name}")
        card = next((one for one in self.script.cards.all.values() if one.id == name), None)
        slots = {card.slot: filled or "…"} if card is not None and card.slot is not None else {}
        return self._words(f"card.{name}", **slots)

    # The words of each piece of news

    def _text(self, news: told.News) -> Text:  # noqa: C901, PLR0911, PLR0912 - one line for each kind
        match news:
            case told.Called():
                return plain(self._called(news))
            case told.Opened():
                return self.head()
            case told.Wrote(words, language, is_edit):
                return (Span(self._wrote(language, is_edit=is_edit) + "\n", Style.STRONG), Span(seen(words)))
            case told.Sent(kind):
                return plain(self.say(f"sent-{kind}"))
            case told.Answered(card, answer):
                label = self._words(f"card.{card}.{answer}")
                return plain(self.say("answered", card=self.card(f"card:{card}"), answer=label))
            case told.NewMessage():
                return plain(self._with_alias("new-message"))
            case told.Took(by):
                return plain(self.say("took", name=self._name(by)))
            case told.Released(by):
                return plain(self.say("released", name=self._name(by)))
            case told.HandedOver(by, to):
                return plain(self.say("handed-over", name=self._name(by), colleague=self._name(to)))
            case told.ColleagueAsked(by, colleague):
                return plain(self.say("colleague-asked", name=self._name(by), colleague=self._name(colleague)))
            case told.UrgencySet(urgency, by):
                return plain(self._urgency(urgency, by))
            case told.LabelSet(label, on):
                return plain(self.say("labelled" if on else "unlabelled", label=self.label(label)))
            case told.AlsoAnswering(colleague):
                return plain(self.say("also-answering", name=self._name(colleague)))
            case told.SentToPerson(by, what, filled):
                phrase = "used-reply" if what.startswith("canned:") else "used-card"
                return plain(self.say(phrase, name=self._name(by), card=self.card(what, filled)))
            case told.WroteElsewhere(by, words, is_note):
                phrase = "noted" if is_note else "wrote-elsewhere"
                return (Span(self.say(phrase, name=self._name(by)) + "\n", Style.STRONG), Span(seen(words)))
            case told.GlassBroken(by, why):
                words = self.say("glass-broken", alias=self.ticket.alias, name=self._name(by))
                return (Span(words + "\n", Style.STRONG), Span(seen(why)))
            case told.Reminded():
                return plain(self._with_alias("reminder"))
            case told.Reached(_, _, why):
                return plain("" if why is None else self.say(f"missed-{why}"))
            case told.PersonGone(unreachable):
                return plain(self.say("person-unreachable" if unreachable else "person-gone"))
            case told.PersonBack():
                return plain(self.say("person-back"))
            case told.CheckFailed():
                return plain(self._with_alias("check-failed"))
            case told.StillOpen():
                return plain(self._with_alias("still-open"))
            case told.WaitsForAnswer(since):
                return plain(self.say("waits", alias=self.ticket.alias, time=self._clock(since)))
            case told.ReferralTold():
                return plain(self._referral(news))
            case told.Ended(reason, by):
                return plain("\n".join(self._ended(reason, by)))
            case told.OpenAgain(by):
                if by is None:
                    return plain(self._with_alias("open-again"))
                return plain(self.say("open-again-by", alias=self.ticket.alias, name=self._name(by)))
            case told.Judged(helped):
                return plain(self.say("judged-helped" if helped else "judged-not"))
            case told.Refused(why):
                return plain(self.say(f"refused-{why}"))
            case _:
                assert_never(news)

    def _ended(self, reason: CloseReason, by: StaffId | None) -> Iterator[str]:
        facts = {"alias": self.ticket.alias, "why": self.say(f"close-{reason}")}
        yield self.say("ended", **facts) if by is None else self.say("ended-by", name=self._name(by), **facts)
        for copy in self.ticket.copies:
            if copy.helpline == self.helpline.id and copy.delete_at is not None:
                yield self.say("deleted-at", time=self._clock(copy.delete_at))

    def head(self) -> Text:
        """What is known of the ticket: the first message of its topic."""
        lines = list(self._head())
        return (Span(lines[0], Style.STRONG), Span("\n" + "\n".join(lines[1:])))

    def label(self, label: str) -> str:
        """A label in words; one that staff made up stands as they wrote it."""
        return self.say(f"label-{label}") if label in MOST_LABELS else label

    def _head(self) -> Iterator[str]:
        ticket, facts = self.ticket, self._facts()
        yield self.say("head-case", **facts)
        yield self.say("head-language", **facts)
        yield self.say("head-topic", **facts) if ticket.topic else self.say("head-topic-unknown")
        yield self.say("head-urgency", **facts)
        yield self.say("head-here", country=self._country(ticket.here))
        yield self.say("head-origin", country=self._country(ticket.origin))
        yield self.say("head-asked", time=self._clock(ticket.asked))
        yield self.say("head-why", why=self.say(f"rule-{ticket.rule}"))
        yield self.say("head-stage", why=self.say(f"stage-{ticket.stage}"))
        if ticket.holder is None:
            yield self.say("head-holder-nobody")
        else:
            yield self.say("head-holder", name=self._name(ticket.holder))
        if ticket.labels:
            yield self.say("head-labels", label=", ".join(self.label(one) for one in sorted(ticket.labels)))
        yield self.say("head-contact", why=self.say(f"contact-{ticket.contact or 'unknown'}"))
        yield self.say("head-hours", why=self.say(f"hours-{ticket.hours or 'unknown'}"))
        yield self.say("head-phone", why=self.say(f"phone-{ticket.phone or 'unknown'}"))
        yield self.say(f"head-mode-{self.helpline.mode}")

    def _called(self, news: told.Called) -> str:
        facts = self._facts() | {"time": self._clock(news.since), "count": str(news.attempt)}
        if news.is_fallback:
            return self.say("called-fallback", **(facts | {"helpline": self._helpline(self.ticket.helpline)}))
        if news.again:
            return self.say("called-unanswered", **facts)
        is_emergency = self.ticket.urgency is Urgency.EMERGENCY
        kind = "called-emergency" if is_emergency else "called"
        return self.say(f"{kind}-again" if news.attempt > 1 else kind, **facts)

    def names_on_duty(self) -> str:
        """The line that names all staff, so that each looks."""
        names = ", ".join(member.name for member in self.roster.staff_of(self.helpline.id))
        return self.say("called-names", name=names) if names else ""

    def called_outside(self, news: told.Called) -> str:
        """The alert on the second channel: even less than in the group."""
        facts = self._facts() | {"time": self._clock(news.since), "count": str(news.attempt)}
        return self.say("called-outside", **(facts | {"helpline": self._helpline(self.helpline.id)}))

    def called_member(self, news: told.Called) -> str:
        """The alert to one of the staff alone."""
        facts = self._facts() | {"time": self._clock(news.since), "count": str(news.attempt)}
        return self.say("called-member", **(facts | {"helpline": self._helpline(self.helpline.id)}))

    def _wrote(self, language: Language | None, *, is_edit: bool) -> str:
        phrase = "wrote-edit" if is_edit else "wrote"
        if language is None:
            return self.say(f"{phrase}-unknown")
        return self.say(phrase, language=self._wording().phrase(f"language-{language}"))

    def _urgency(self, urgency: Urgency, by: StaffId | None) -> str:
        words = self.say(f"urgency-{urgency}")
        if by is None:
            return self.say("person-urged", alias=self.ticket.alias, urgency=words)
        return self.say("changed-urgency", urgency=words, name=self._name(by))

    def _referral(self, news: told.ReferralTold) -> str:
        kind = "received" if news.is_receiver else "referral"
        other = news.origin if news.is_receiver else news.to
        words = self.say(f"{kind}-{news.state}", **(self._facts() | {"helpline": self._helpline(other)}))
        if news.why is None:
            return words
        return f"{words}\n{self.say('declined-why', why=self._why_declined(news.why))}"

    def _why_declined(self, why: str) -> str:
        return self.say(f"decline-{why}") if why in DECLINE_REASONS else why

    # Buttons

    def _rows(self, news: told.News) -> Rows:
        match news:
            case told.Called() if self.ticket.is_open:
                return (self._buttons("claim"),)
            case told.Opened() | told.Took() | told.OpenAgain() | told.HandedOver():
                return self.menu()
            case told.Released():
                return (self._buttons("claim"),)
            case told.WaitsForAnswer():
                return (self._buttons("phrase", "reply"),)
            case told.NewMessage() | told.Reminded():
                return (self._buttons("look"),)
            case told.StillOpen():
                return (self._buttons("close", "look"),)
            case told.ReferralTold(state="offered", is_receiver=True):
                return (self._buttons("accept", "decline"),)
            case told.Ended():
                return (self._buttons("reopen"),)
            case _:
                return ()

    def menu(self) -> Rows:
        """All that can be done with the ticket now."""
        if not self.ticket.is_open:
            return (self._buttons("reopen"),)
        rows = [self._buttons("phrase", "reply"), self._buttons("urgency", "label"), self._buttons("give", "ask")]
        first = ("claim",) if self.ticket.stage is Stage.ASKED else ("release",)
        pending = self.ticket.referral is not None and self.ticket.referral.state in ("asking", "offered")
        rows.insert(0, self._buttons(*first))
        rows.append(self._buttons("cancel-referral" if pending else "refer", "close"))
        return tuple(rows)

    def _buttons(self, *actions: str) -> tuple[Button, ...]:
        return tuple(Button(self.say(f"button-{action}"), press=action) for action in actions)

    # Small parts

    def _facts(self) -> dict[str, str]:
        ticket, wording = self.ticket, self._wording()
        topic = self.script.topics.get(TopicId(ticket.topic or ""))
        return {
            "alias": ticket.alias,
            "language": wording.phrase(f"language-{ticket.language}"),
            "topic": _NO_ONE if topic is None else wording.words(topic.title),
            "urgency": self.say(f"urgency-{ticket.urgency}"),
        }

    def _with_alias(self, phrase: str) -> str:
        return self.say(phrase, alias=self.ticket.alias)

    def _name(self, member: StaffId) -> str:
        found: Member | None = self.roster.members.get(member)
        return _NO_ONE if found is None else found.name

    def _helpline(self, helpline: HelplineId) -> str:
        return self._words(f"helpline.{helpline}.name") if helpline in self.script.helplines.all else helpline

    def _country(self, code: str | None) -> str:
        return self.say("country-unknown") if code is None else self._wording().country(code)

    def _clock(self, moment: datetime) -> str:
        """A moment by the clock of the helpline: that is the one staff look at."""
        zone = ZoneInfo(self.helpline.hours.zone)
        there = moment.astimezone(zone)
        same_day = there.date() == self.now.astimezone(zone).date()
        return there.strftime("%H:%M" if same_day else "%d/%m %H:%M")

    def _words(self, text: str, **slots: str) -> str:
        return self._wording().words(TextId(text), **slots)

    def _wording(self) -> Wording:
        language = self.helpline.works_in
        return Wording(self.script, language, Caller(None, None, language), self.now)
