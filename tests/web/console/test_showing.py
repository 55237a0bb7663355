"""Every page of the console in every language: whole, safe, small, and usable without a program in the browser."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from typing import Final, TypeAlias

import pytest

from bot.desk.decided import Refusal
from bot.desk.helplines import HelplineId
from bot.desk.letters import MediaKind, Missed
from bot.desk.phrases import CardId
from bot.desk.staff import Role
from bot.desk.ticket import CloseReason, ReferralState, Rule, StaffId, Stage, TicketId, Urgency
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.guard.audit import Deed as Done
from bot.messages import Language
from handlers.web.assets import Assets
from handlers.web.console import views
from handlers.web.console.showing import HERE, STATIC, ConsolePages, View
from handlers.web.console.views import Deed, Place, Sent
from handlers.web.console.wording import ConsoleWords
from tests.web.console.desk_house import HOME, OTHER, a_script

LANGUAGES: Final = [Language(one) for one in ("en", "km", "lo", "my", "th")]
KM, MY, EN = Language("km"), Language("my"), Language("en")
NOW: Final = datetime(2026, 11, 26, 16, 41, tzinfo=UTC)
ZONE: Final = "Asia/Bangkok"
MARK: Final = "tok-en-1"
LARGEST: Final = 60 * 1024
HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnorw\u2066"
Shown: TypeAlias = Callable[[Language], list[tuple[View, str]]]
COUNTED: Final = ("undelivered", "urgent-count")


@pytest.fixture(scope="module")
def script(page_script: Script) -> Script:
    return a_script(page_script)


@pytest.fixture(scope="module")
def pages(script: Script) -> ConsolePages:
    return ConsolePages(lambda: script, Assets([STATIC]))


@pytest.fixture(scope="module")
def shown(pages: ConsolePages) -> Shown:
    """Every view in a language, with its page."""

    @cache
    def show(language: Language) -> list[tuple[View, str]]:
        return [(view, pages.page(view)) for view in all_views(language)]

    return show


def around(language: Language, *, here: Place | None = Place.INBOX, said: str = "Sok Dara") -> views.Around:
    me = views.Me(StaffId("s1"), said, Role.SUPERVISOR)
    menu = {place: f"/desk/{place}" for place in Place}
    return views.Around(
        language=language,
        now=NOW,
        zone=ZONE,
        csrf=MARK,
        me=me,
        here=here,
        menu=menu,
        unlock="/desk/unlock",
        urgent=2,
        stream="/desk/stream",
        presence="/desk/presence",
    )


def a_row(number: int, said: str, urgency: Urgency = Urgency.NORMAL) -> views.Row:
    return views.Row(
        id=TicketId(f"~t{number}"),
        path=f"/desk/t/{number}",
        alias=f"K{number}QM",
        helpline=HOME,
        language=MY,
        urgency=urgency,
        stage=Stage.ASKED,
        why=list(views.Why)[number],
        since=NOW - timedelta(minutes=7 * number),
        asked=NOW - timedelta(hours=number),
        topic=said,
        holder=said,
        present=(views.Present(said, is_typing=True), views.Present("Ben")),
        undelivered=number,
        unread=True,
        labels=("wages", said),
        claim="/desk/t/1/do/claim",
    )


def a_conversation(said: str) -> Iterator[views.Line]:
    at = NOW - timedelta(minutes=30)
    yield views.FromPerson(at, said, MY, is_edit=True)
    yield views.FromPerson(at, said, None)
    for kind in MediaKind:
        yield views.PersonMedia(at, kind, "/desk/t/1/show/1")
    yield views.PersonPicked(at, CardId("in-danger-now"), "not-sure")
    yield views.PersonPicked(at, CardId("gone"), said)
    for state in Sent:
        yield views.FromStaff(at, said, said, EN, state, is_late=True, is_veiled=True)
        yield views.FromStaff(at, said, said, EN, state, again=f"again-{state}")
        yield views.StaffCard(at, said, "card:in-danger-now", state, said, is_mine=True)
        yield views.StaffMedia(at, said, MediaKind.VOICE, state)
    for why in Missed:
        yield views.StaffCard(at, said, "canned:received", Sent.FAILED, missed=why, again=f"again-{why}")
    yield views.Note(at, said, said)
    for fault in views.Fault:
        yield views.Unreadable(fault, 9)


def a_ticket(language: Language, said: str = "hello") -> views.TicketView:
    return views.TicketView(
        around=around(language, said=said),
        id=TicketId("~t1"),
        alias="K7QM",
        path="/desk/t/1",
        helpline=HOME,
        language=MY,
        urgency=Urgency.EMERGENCY,
        stage=Stage.TALKING,
        asked=NOW - timedelta(hours=2),
        why=views.Why.PERSON_WROTE,
        since=NOW - timedelta(minutes=12),
        lines=tuple(a_conversation(said)),
        contact=views.SafeContact(views.Contact.VEILED, "evening", "shared", outside_hours=True),
        profile=views.Profile("th", "mm", said, Rule.REFERRED),
        holder=said,
        helpers=(said,),
        present=(views.Present(said, is_typing=True),),
        labels=("wages", said),
        quiet=True,
        reminder=NOW + timedelta(hours=1),
        broken_glass=True,
        deeds={deed: f"/desk/t/1/do/{deed}" for deed in Deed},
        phrases="/desk/t/1/phrases",
        ref="r1",
        draft=said,
        colleagues=(views.Person(StaffId("s2"), said, is_here=True),),
        helplines=(OTHER,),
    )


def all_views(language: Language, said: str = "hello") -> Iterator[View]:
    door = views.Around(language, NOW, ZONE, MARK)
    inside = around(language, said=said)
    waits, too_few = views.Waits(124, timedelta(minutes=4), timedelta(minutes=31)), views.Waits(None, None, None)
    rows = tuple(a_row(number, said, urgency) for number, urgency in enumerate(Urgency, 1))
    yield views.SignInView(door, "/p", "/o", "/f", said, {one: f"/desk?lang={one}" for one in LANGUAGES})
    yield views.CodeView(door, "/p")
    yield views.UnlockView(inside, "/p")
    yield views.JoinView(door, "/p", said)
    yield views.JoinView(door, "/p", "c", said, (HOME,), f"otpauth://totp/W:{'x' * 60}?secret=JBSW", "JBSW Y3DP")
    yield views.PasskeyOfferView(inside, "/o", "/f")
    filters = views.Filters(MY, None, None, (MY, KM), ("lost-passport",), (HOME, OTHER))
    for tab in views.Tab:
        yield views.InboxView(inside, tab, {tab: 3}, rows, filters, more="/desk?old")
        yield views.InboxView(inside, tab, {}, ())
    ticket = a_ticket(language, said)
    yield ticket
    for content in views.Content:
        yield replace(ticket, content=content, lines=())
    for contact in views.Contact:
        rules = views.SafeContact(contact, "night", None, outside_hours=True)
        yield replace(ticket, quiet=False, unreachable=True, contact=rules)
    for state in ReferralState:
        for is_receiver in (False, True):
            referral = views.ReferralView(OTHER, HOME, state, NOW, is_receiver, "full")
            yield replace(ticket, referral=referral)
    for reason in CloseReason:
        yield replace(ticket, stage=Stage.CLOSED, closed=reason, closed_at=NOW, delete_at=NOW + timedelta(days=30))
    yield views.PhrasesView(inside, "K7QM", "/f", "/b", HOME, MY, "r", deeds=ticket.deeds, search=said)
    hours = tuple(None if hour in (3, 4) else hour for hour in range(24))
    groups = (views.Group(HOME, 12, None, waits), views.Group(OTHER, 7, 5, too_few))
    people = (views.Person(StaffId("s2"), said), views.Person(StaffId("s3"), "Ben"))
    tongues = (views.Group(MY, 12, None, waits),)
    yield views.SupervisorView(
        around=inside,
        unanswered=rows,
        waits=waits,
        days=28,
        by_hour=hours,
        by_helpline=groups,
        by_language=tongues,
        held=rows,
        reassign={row.id: "/r" for row in rows},
        colleagues=people,
        export="/e",
    )
    yield views.SupervisorView(inside, (), too_few, 28, (None,) * 24)
    member = views.StaffRow(StaffId("a"), said, Role.RESPONDER, (HOME,), (KM,), 2, has_joined=False, remove="/x")
    invitation = views.NewInvitation(said, "ABCD-EFGH", "https://desk.example.org/desk/join", NOW)
    helplines, roles = (HOME, OTHER), tuple(Role)
    yield views.StaffView(inside, (member,), "/i", roles, helplines, tuple(LANGUAGES), invitation)
    yield views.RemoveView(inside, "/x", said, 3, "/b")
    done = ("opened", "broke-glass", "unheard-of")
    for chain in views.Chain:
        entries = tuple(views.AuditRow(number, NOW, said, what, said, said) for number, what in enumerate(done))
        refused = tuple(
            views.AuditRow(number, NOW, said, "refused", said, one, one) for number, one in enumerate(Refusal)
        )
        yield views.AuditView(inside, refused, chain)
        yield views.AuditView(inside, entries, chain, 3, 900, "/o", "/n")
    passkeys = (views.PasskeyRow(said, NOW, opens=True, remove="/x"),)
    yield views.AccountView(inside, (HOME,), tuple(LANGUAGES), "/l", "/p", "/e", passkeys, "/o", "/f")
    for trouble in views.Trouble:
        yield views.ErrorView(inside, trouble)
        yield views.ErrorView(door, trouble, is_unsure=True)
    yield views.ErrorView(door, views.Trouble.STORE_AWAY, again=views.Again("/desk?tab=mine"))
    unsent = {"csrf": MARK, "ref": said, "words": said}
    yield views.ErrorView(door, views.Trouble.STORE_AWAY, again=views.Again("/desk/t/1/do/write", unsent))


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[tuple[dict[str, str], list[dict[str, str]]]] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "form":
            self.forms.append((found, []))
        elif self.forms and tag in ("input", "select", "textarea", "button"):
            self.forms[-1][1].append(found)

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_shown_whole_and_in_part(pages: ConsolePages, shown: Shown, language: Language) -> None:
    for view, page in shown(language):
        part = pages.part(view)

        assert page.startswith(f'<!doctype html>\n<html lang="{language}">')
        assert "<main" in part
        assert "<html" not in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_holds_what_the_policy_forbids(shown: Shown, language: Language) -> None:
    for _, page in shown(language):
        seen = Seen(page)

        assert not seen.named("style")
        assert [one.keys() for one in seen.named("script")] == [{"src", "defer"}] * (1 + ('data-passkey="' in page))
        for _, attributes in seen.tags:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            addresses = [attributes[name] for name in ("src", "href", "action") if name in attributes]
            assert [one for one in addresses if not one.startswith(("/", "#", "?", "data:image/svg+xml,"))] == []


def test_what_people_and_colleagues_write_is_shown_and_never_run(pages: ConsolePages) -> None:
    for view in all_views(EN, HOSTILE):
        page = pages.page(view)
        seen = Seen(page)

        assert len(seen.named("script")) == 1 + ('data-passkey="' in page)
        assert all(one.get("src") != "x" for one in seen.named("img"))
        assert "alert(1)</script>" not in page
        if not isinstance(
            view, views.SignInView | views.JoinView | views.TicketView | views.PhrasesView | views.ErrorView
        ):
            assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)


def test_words_of_people_cannot_turn_the_direction_of_writing(pages: ConsolePages) -> None:
    page = pages.page(replace(a_ticket(EN, HOSTILE), draft="", lines=tuple(a_conversation(HOSTILE))))

    assert re.findall("[\u202a-\u202e\u2066-\u2069]", page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_that_changes_something_carries_the_proof_of_our_page(shown: Shown, language: Language) -> None:
    for _, page in shown(language):
        for form, fields in Seen(page).forms:
            proof = [one["value"] for one in fields if one.get("name") == "csrf"]
            assert form.get("method") in ("get", "post", "dialog")
            assert proof == ([MARK] if form["method"] == "post" else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_used_by_ear_and_by_keyboard(shown: Shown, language: Language) -> None:
    for _, page in shown(language):
        seen = Seen(page)
        labelled = {one["for"] for one in seen.named("label") if "for" in one}

        assert len(seen.named("main")) == len(seen.named("h1")) == 1
        assert [one for one in set(seen.ids) if seen.ids.count(one) > 1] == []
        assert labelled <= set(seen.ids)
        assert all("alt" in one for one in seen.named("img"))
        for tag in ("input", "select", "textarea"):
            for one in seen.named(tag):
                is_free = one.get("type") in ("hidden", "radio", "checkbox") or "aria-label" in one
                assert is_free or one.get("id") in labelled, one


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_with_all_that_it_needs_is_small(shown: Shown, language: Language) -> None:
    program = sum(len(gzip.compress(one.read_bytes())) for one in STATIC.iterdir())
    for _, page in shown(language):
        assert program + len(gzip.compress(page.encode())) < LARGEST


def test_the_program_stays_small() -> None:
    assert (STATIC / "console.js").stat().st_size <= 14 * 1024


def test_only_what_is_offered_stands_on_the_page(pages: ConsolePages) -> None:
    bare = replace(a_ticket(EN), deeds={}, phrases=None, lines=())

    posts = [form["action"] for form, _ in Seen(pages.page(bare)).forms if form["method"] == "post"]

    assert posts == ["/desk/sign-out"]


@pytest.mark.parametrize(
    ("deed", "fields"),
    [
        (Deed.CLAIM, {"csrf", "ref"}),
        (Deed.RELEASE, {"csrf", "ref"}),
        (Deed.GIVE, {"csrf", "ref", "to"}),
        (Deed.ASK, {"csrf", "ref", "to"}),
        (Deed.REASSIGN, {"csrf", "ref", "to"}),
        (Deed.REFER, {"csrf", "ref", "to"}),
        (Deed.URGENCY, {"csrf", "ref", "urgency"}),
        (Deed.LABEL, {"csrf", "ref", "label", "on"}),
        (Deed.ACCEPT, {"csrf", "ref"}),
        (Deed.DECLINE, {"csrf", "ref", "why"}),
        (Deed.CANCEL_REFERRAL, {"csrf", "ref"}),
        (Deed.REOPEN, {"csrf", "ref"}),
        (Deed.GLASS, {"csrf", "ref", "why"}),
        (Deed.WRITE, {"csrf", "ref", "words"}),
        (Deed.NOTE, {"csrf", "ref", "words"}),
        (Deed.REMIND, {"csrf", "ref", "after"}),
        (Deed.CLOSE, {"csrf", "ref", "why"}),
    ],
)
def test_each_deed_sends_its_own_fields(pages: ConsolePages, deed: Deed, fields: set[str]) -> None:
    offered = views.ReferralView(OTHER, HOME, ReferralState.OFFERED, NOW)
    shut = replace(a_ticket(EN), content=views.Content.NOT_FOR_YOU, referral=offered, closed=CloseReason.HELPED)
    forms = Seen(pages.page(shut)).forms

    found = [
        {one["name"] for one in inside if "name" in one}
        for form, inside in forms
        if form.get("action", "").endswith(f"/{deed}")
    ]

    assert found
    assert all(names == fields for names in found)


def test_what_is_kept_up_to_date_stays_as_it_is_while_the_ticket_does(pages: ConsolePages) -> None:
    """Put in anew, it would be read out anew, and the button below a thumb would be another one."""
    for content in views.Content:
        forms = Seen(pages.page(replace(a_ticket(EN), content=content, ref="new-each-time"))).forms
        new = {form["action"] for form, inside in forms for one in inside if one.get("value") == "new-each-time"}

        assert new == {"/desk/t/1/do/write", "/desk/t/1/do/note"}


def test_what_was_not_kept_comes_back_where_it_was_written(pages: ConsolePages) -> None:
    ticket = replace(a_ticket(EN), draft="Not for them")
    boxes = re.compile(r'<textarea id="([a-z]+)"[^>]*>Not for them</textarea>')

    assert boxes.findall(pages.page(ticket)) == ["reply"]
    assert boxes.findall(pages.page(replace(ticket, draft_of=Deed.NOTE))) == ["note"]
    assert boxes.findall(pages.page(replace(ticket, deeds={}))) == ["unsent"]


def test_the_rules_of_safe_contact_stand_right_above_the_reply_box(pages: ConsolePages, script: Script) -> None:
    page = pages.page(a_ticket(EN))
    words = ConsoleWords(script, EN, NOW, ZONE)

    places = [page.index(one) for one in ('id="lines"', words.say("rules-veiled"), 'id="reply"', 'class="tools"')]

    assert places == sorted(places)


def test_what_did_not_arrive_is_said_loudly(pages: ConsolePages) -> None:
    failed = views.FromStaff(NOW, "Ben", "Are you alone?", EN, Sent.FAILED, missed=Missed.BLOCKED)

    page = pages.page(replace(a_ticket(EN), lines=(failed,)))

    alarms = [one for tag, one in Seen(page).tags if tag == "p" and one.get("role") == "alert"]
    assert {"class": "failed", "role": "alert"} in alarms


def test_nothing_of_the_conversation_stands_on_a_page_that_is_locked(pages: ConsolePages) -> None:
    page = pages.page(replace(a_ticket(EN, "secret words"), content=views.Content.LOCKED, draft=""))

    assert 'class="lines"' not in page
    assert 'href="/desk/unlock"' in page


def test_media_are_never_fetched_by_the_page(pages: ConsolePages) -> None:
    seen = Seen(pages.page(a_ticket(EN)))

    assert [tag for tag, _ in seen.tags if tag in ("img", "audio", "video", "iframe", "object", "embed")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_and_refusal_has_words(pages: ConsolePages, language: Language) -> None:
    for what in [*views.Notice, *Refusal]:
        told = views.Told(what, timedelta(minutes=3))
        page = pages.page(views.CodeView(views.Around(language, NOW, ZONE, MARK, told=told), "/p"))

        role = "status" if what in views.GOOD_NOTICES else "alert"
        assert f'role="{role}"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_console_is_in_every_language(script: Script, language: Language) -> None:
    """A page shows English with no note where a translation is missing, so none may be missing."""
    ours = [one for one in script.phrasebook if one.startswith("phrase.console-")]

    assert len(ours) > 200
    assert [one for one in ours if script.phrasebook.find(one, language)[1] != language] == []


def test_every_deed_of_the_list_has_words(script: Script) -> None:
    assert [one for one in Done if TextId(f"phrase.console-did-{one}") not in script.phrasebook] == []


def test_every_phrase_that_a_template_names_exists(script: Script) -> None:
    named = set()
    for path in sorted((HERE / "templates").glob("*.html")):
        named |= set(re.findall(r"""words\.(?:say|count)\('([a-z0-9-]+)'[,)]""", path.read_text("utf-8")))
    named |= {f"{name}-one" for name in COUNTED}

    assert [one for one in sorted(named) if TextId(f"phrase.console-{one}") not in script.phrasebook] == []


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
    ],
)
def test_spans_are_short(script: Script, length: timedelta, shown: str) -> None:
    assert ConsoleWords(script, EN, NOW, ZONE).span(length) == shown


def test_moments_stand_by_the_clock_of_the_helpline(script: Script) -> None:
    words = ConsoleWords(script, EN, NOW, ZONE)

    assert words.clock(NOW) == "23:41"
    assert words.clock(NOW - timedelta(days=1)) == "25/11 23:41"
    assert words.clock(NOW, "Asia/Yangon") == "23:11"


def test_what_the_content_no_longer_knows_is_shown_and_does_not_fail(script: Script) -> None:
    words = ConsoleWords(script, EN, NOW, ZONE)

    assert words.helpline(HelplineId("gone")) == "gone"
    assert words.card("card:gone", HOME) == "–"
    assert words.answer("gone", "yes") == "yes"
    assert words.tongue(Language("xx")) == "xx"


@pytest.mark.parametrize("place", [0, 1], ids=["by day", "by night"])
def test_everything_written_stands_out_from_what_is_behind_it(place: int) -> None:
    style = (STATIC / "console.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", blocks[place]))
    behind = ("ground", "paper", "raised", "note", "mine", "accent-wash")
    words = [("ink", one) for one in behind] + [("soft", one) for one in behind]
    words += [("accent-ink", "accent"), ("urgent-ink", "urgent"), ("link", "paper"), ("link", "accent-wash")]
    words += [(one, f"{one}-wash") for one in ("urgent", "high", "good")] + [("urgent", "paper"), ("good", "mine")]

    assert [pair for pair in words if contrast(*(colours[one] for one in pair)) < 4.5] == []
    assert contrast(colours["edge"], colours["paper"]) >= 3
    assert contrast(colours["focus"], colours["ground"]) >= 3


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 counts it."""
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


def brightness(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
