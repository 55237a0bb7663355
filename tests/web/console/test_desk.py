"""What staff do in the console, as their browsers send it."""

import asyncio
import hmac
import html
import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from bot.casebook import key_id, new_key, wrap_name
from bot.desk.actions import ByStaff, Release, Write
from bot.desk.letters import (
    MediaKind,
    Missed,
    NotShown,
    Original,
    PersonAnswered,
    PersonHid,
    PersonSent,
    Showed,
    StaffAsked,
    StaffUsedReply,
    StaffWrote,
)
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, Stage, Urgency
from bot.messages import ArrivalId
from bot.store.contract import ConflictError, Sealed, StoreError, TicketCommit, desk_line
from bot.turns import TicketArrival
from handlers.web.console.desk_pages import MOST_ROWS
from tests.web.console.desk_house import ADA, BEN, CHAN, EN, HOME, KM, OTHER, PASSWORD, SUE, TOKEN, Browser, DeskHouse

RETRY = re.compile(r'<p class="failed"(?:(?!</li>).)*?<form method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
WRITTEN = re.compile(r'<textarea id="words"[^>]*>([^<]*)</textarea>')
SAID = re.compile(r'<li class="said staff mine ([a-z]+)">.*?<div class="words"[^>]*>([^<]*)</div>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
WORDS = "သူတို့က ကျွန်တော့်ပတ်စ်ပို့ကို ယူထားတယ်"


async def test_somebody_joins_with_an_invitation_and_comes_back_with_password_and_code(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        assert ben.status == 200
        await ben.get("/desk")
        assert ben.path == "/desk"
        assert "Ben" in ben.text
        await ben.post("/desk/sign-out")
        assert ben.path == "/desk/sign-in"
        await ben.get("/desk")
        assert ben.path == "/desk/sign-in"

    async with Browser(desk.base) as again:
        await again.sign_in(desk, BEN)
        assert again.path == "/desk"


async def test_whoever_guesses_does_not_keep_the_only_counsellor_out_of_the_browser_of_every_night(
    desk: DeskHouse,
) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as stranger:
        await ben.sign_in(desk, BEN)
        await ben.get("/desk")
        await ben.post("/desk/sign-out")
        for _ in range(6):
            await stranger.post("/desk/sign-in", {"name": "Ben", "password": "a guess"})
        assert "Too many tries." in stranger.text

        await ben.sign_in(desk, BEN)
        assert ben.path == "/desk"
        await stranger.sign_in(desk, BEN)
        assert stranger.path != "/desk"


async def test_what_a_person_wrote_is_read_answered_and_its_way_is_seen(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open(urgency=Urgency.HIGH)
        await desk.tell(name, WORDS)
        alias = (await desk.ticket(name)).alias

        assert alias in await ben.get("/desk")
        text = await ben.get(f"/desk/case/{name}")
        assert WORDS in text
        (ref,) = re.findall(r'name="ref" value="([^"]+)">\n<label class="hidden" for="reply">', text)
        form = {"words": "Are you safe now?", "ref": ref}
        await ben.post(f"/desk/case/{name}/do/write", form)
        await ben.post(f"/desk/case/{name}/do/write", form)

        wrote = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]
        assert [replace(one, ref="") for one in wrote] == [StaffWrote("Are you safe now?", EN, "")]
        ticket = await desk.ticket(name)
        assert (ticket.stage, ticket.holder) == (Stage.TALKING, BEN)
        text = await ben.get(f"/desk/case/{name}")
        assert text.count("Are you safe now?") == 1
        assert 'class="state queued"' in text or "queued" in text

        await desk.tell(name, Showed(wrote[0].ref, opened=True))
        assert "shown" in await ben.get(f"/desk/case/{name}")


async def test_a_phrase_goes_out_and_its_answer_comes_back(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        text = await ben.get(f"/desk/case/{name}/phrases")
        card = CardId(re.findall(r'name="card" value="([^"]+)"', text)[0])
        await ben.post(f"/desk/case/{name}/do/card", {"card": card, "ref": "r1", "filled": "10:00"})

        asked = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffAsked)]
        assert [one.card for one in asked] == [card]
        await desk.tell(name, PersonAnswered(card, "yes"))
        assert await ben.get(f"/desk/case/{name}")
        assert ben.status == 200


async def test_nobody_reads_what_is_not_theirs(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as chan:
        await ben.sign_in(desk, BEN)
        await chan.sign_in(desk, CHAN)
        name = await desk.open()
        await desk.tell(name, WORDS)

        assert WORDS not in await chan.get(f"/desk/case/{name}")
        assert chan.status == 404
        await chan.post(f"/desk/case/{name}/do/claim")
        assert chan.status == 404
        assert (await desk.ticket(name)).holder is None


async def test_what_a_colleague_holds_opens_with_a_reason_that_is_written_down(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        await sue.sign_in(desk, SUE)
        name = await desk.open()
        await desk.tell(name, WORDS)
        await sue.post(f"/desk/case/{name}/do/claim")

        assert WORDS not in await ben.get(f"/desk/case/{name}")
        await ben.post(f"/desk/case/{name}/do/glass", {"why": " "})
        assert WORDS not in ben.text
        await ben.post(f"/desk/case/{name}/do/glass", {"why": "Sue is on leave"})

        assert WORDS in await ben.get(f"/desk/case/{name}")
        entries, fault = await desk.chronicle.read()
        assert fault is None
        broken = [one for one in entries if one.deed == "broke-glass"]
        assert [(one.staff, one.why) for one in broken] == [(BEN, "Sue is on leave")]


async def test_what_was_refused_is_listed_as_refused_and_why(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as ada:
        await ben.sign_in(desk, BEN)
        await ada.sign_in(desk, ADA)
        name = await desk.open()
        alias = (await desk.ticket(name)).alias
        await ben.post(f"/desk/case/{name}/do/reopen")
        await ben.post(f"/desk/case/{name}/do/claim")

        entries, _ = await desk.chronicle.read()
        assert [(one.deed, one.what, one.why) for one in entries][-3:] == [
            ("acted", f"{alias} reopen", ""),
            ("refused", f"{alias} reopen", "not-closed"),
            ("acted", f"{alias} claim", ""),
        ]
        assert f"<td>was refused</td><td>{alias} reopen</td><td>This case is open already.</td>" in await ada.get(
            "/desk/audit"
        )


async def test_who_joins_later_reads_once_a_colleague_has_opened_it(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await desk.tell(name, WORDS)
        await sue.sign_in(desk, SUE)

        assert WORDS not in await sue.get(f"/desk/case/{name}")
        assert WORDS in await ben.get(f"/desk/case/{name}")
        assert WORDS in await sue.get(f"/desk/case/{name}")


async def test_a_key_is_given_to_nobody_where_the_ticket_does_not_lie_any_more(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as chan:
        await ben.sign_in(desk, BEN)
        await chan.sign_in(desk, CHAN)
        name, key = await desk.open(), new_key()
        keys = {(str(home), key_id(key.public)): key for home in (HOME, OTHER)}

        await desk.tickets.give_key(name, ArrivalId(b"1" * 8), keys, Sealed((), {}))

        assert set((await desk.store.read_sealed(name)).wraps) == {wrap_name(HOME, key.public, BEN)}


async def test_who_is_removed_is_out_at_once_and_reads_nothing_that_comes_after(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        await sue.sign_in(desk, SUE)
        name = await desk.open()
        await desk.tell(name, WORDS)
        await sue.get(f"/desk/staff/{BEN}/remove")
        await sue.post(f"/desk/staff/{BEN}/remove", {"confirm": "1"})

        await ben.get(f"/desk/case/{name}")
        assert ben.path == "/desk/sign-in"
        await desk.tell(name, "and one more thing")
        sealed = await desk.store.read_sealed(name)
        key = (await desk.ticket(name)).casebook
        assert key is not None
        assert key.readers == {SUE}
        assert sum(wrap.endswith(f"/{SUE}") for wrap in sealed.wraps) == 2


async def test_a_form_from_elsewhere_or_with_an_old_token_does_nothing(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await ben.post(f"/desk/case/{name}/do/claim", csrf="0" * 32)
        assert (await desk.ticket(name)).holder is None
        await ben.post(f"/desk/case/{name}/do/claim")
        assert (await desk.ticket(name)).holder == BEN


async def test_while_the_person_has_left_nothing_is_sent_and_the_words_are_kept_in_the_box(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await desk.tell(name, PersonHid())
        text = await ben.post(f"/desk/case/{name}/do/write", {"words": "Where are you?", "ref": "r"})

        assert ben.status == 409
        assert "Where are you?" in text
        assert not [one for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]


async def test_a_referral_crosses_and_what_was_told_before_stays_behind(desk: DeskHouse) -> None:
    from bot.desk.letters import PersonAgreed  # noqa: PLC0415 - only here

    async with Browser(desk.base) as ben, Browser(desk.base) as chan:
        await ben.sign_in(desk, BEN)
        await chan.sign_in(desk, CHAN)
        name = await desk.open()
        await desk.tell(name, WORDS)
        await ben.post(f"/desk/case/{name}/do/claim")
        await ben.post(f"/desk/case/{name}/do/refer", {"to": OTHER})
        await desk.tell(name, PersonAgreed(OTHER, agreed=True))
        await chan.get(f"/desk/case/{name}")
        await chan.post(f"/desk/case/{name}/do/accept")
        assert (await desk.ticket(name)).helpline == OTHER
        await desk.tell(name, "hello, new people")

        text = await chan.get(f"/desk/case/{name}")
        assert "hello, new people" in text
        assert WORDS not in text
        assert "hello, new people" not in await ben.get(f"/desk/case/{name}")


async def test_a_ticket_is_closed_with_a_reason_and_ends_in_the_week_it_should(desk: DeskHouse) -> None:
    from bot.casebook import week_of, week_of_wrap  # noqa: PLC0415 - only here
    from bot.desk.timetable import KEPT_AFTER_CLOSE  # noqa: PLC0415 - only here

    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await desk.tell(name, WORDS)
        await ben.post(f"/desk/case/{name}/do/close", {"why": CloseReason.HELPED})

        assert not (await desk.ticket(name)).is_open
        wraps = (await desk.store.read_sealed(name)).wraps
        assert {week_of_wrap(one) for one in wraps.values()} == {week_of(desk.clock.now() + KEPT_AFTER_CLOSE)}
        assert WORDS in await ben.get(f"/desk/case/{name}")
        desk.epochs.destroy_before(week_of(desk.clock.now() + KEPT_AFTER_CLOSE * 2))
        assert WORDS not in await ben.get(f"/desk/case/{name}")
        assert HOME


async def test_from_telegram_the_password_is_the_second_factor(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        await ben.post("/desk/sign-out")
    members = desk.roster.current().members
    await desk.roster.change(
        lambda old: replace(old, members={**old.members, BEN: replace(members[BEN], telegram="77")})
    )

    async with Browser(desk.base) as ben:
        await ben.post("/desk/sign-in", {"telegram": _init_data(desk, "77", "another:token"), "password": PASSWORD})
        assert ben.status == 422
        await ben.post("/desk/sign-in", {"telegram": _init_data(desk, "78"), "password": PASSWORD})
        assert ben.status == 422
        await ben.post("/desk/sign-in", {"telegram": _init_data(desk, "77"), "password": "another password"})
        assert ben.status == 422
        await ben.post("/desk/sign-in", {"telegram": _init_data(desk, "77"), "password": PASSWORD})
        assert (ben.path, ben.status) == ("/desk", 200)


def _init_data(desk: DeskHouse, user: str, token: str = TOKEN) -> str:
    """What Telegram gives a page along, signed as Telegram does."""
    moment = str(int(desk.clock.now().timestamp()))
    fields = {"auth_date": moment, "query_id": "q", "user": f'{{"id": {user}, "first_name": "Ben"}}'}
    text = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode(fields | {"hash": hmac.digest(key, text.encode(), "sha256").hex()})


async def test_a_stream_tells_at_once_what_came_before_it_and_ends_with_the_session(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        await sue.sign_in(desk, SUE)
        urgent = await desk.open(1, urgency=Urgency.EMERGENCY)
        await desk.open(2)
        await desk.open(3, helpline=OTHER, urgency=Urgency.EMERGENCY)
        async with ben.listen("/desk/stream") as news:
            assert await anext(news) == {"changed": None, "urgent": [urgent]}
            other = await desk.open(4, urgency=Urgency.HIGH)
            assert await anext(news) == {"changed": [other], "urgent": sorted([urgent, other])}
            await sue.get(f"/desk/staff/{BEN}/remove")
            await sue.post(f"/desk/staff/{BEN}/remove")
            while await anext(news, None) is not None:
                pass


async def test_what_is_not_words_is_shown_in_a_members_own_chat_and_never_fetched(desk: DeskHouse) -> None:
    original = Original("telegram", "5550001", "42")
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await desk.tell(name, PersonSent(MediaKind.PHOTO, original))
        text = await ben.get(f"/desk/case/{name}")
        assert f"/desk/case/{name}/media/0" not in text
        assert "5550001" not in text

        await ben.post(f"/desk/case/{name}/media/0")
        assert await desk.store.waiting(desk_line(name, f"{BEN}!")) == []

        members = desk.roster.current().members
        await desk.roster.change(
            lambda old: replace(old, members={**old.members, BEN: replace(members[BEN], telegram="77")})
        )
        assert f"/desk/case/{name}/media/0" in await ben.get(f"/desk/case/{name}")
        await ben.post(f"/desk/case/{name}/media/0")
        (showing,) = await desk.store.waiting(desk_line(name, f"{BEN}!"))
        assert (showing.address.chat, showing.copies) == (f"member:{BEN} {name}", original)
        assert desk.lines.called[-1] == name


async def test_a_reminder_is_offered_only_to_who_would_hear_it(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        assert "/do/remind" not in await ben.get(f"/desk/case/{name}")
        members = desk.roster.current().members
        await desk.roster.change(
            lambda old: replace(old, members={**old.members, BEN: replace(members[BEN], telegram="77")})
        )
        assert "/do/remind" in await ben.get(f"/desk/case/{name}")


async def test_what_did_not_arrive_can_be_sent_once_more(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        card = CardId(re.findall(r'name="card" value="([^"]+)"', await ben.get(f"/desk/case/{name}/phrases"))[0])
        await ben.post(f"/desk/case/{name}/do/write", {"words": 'Are you "safe"?', "ref": "r1"})
        await ben.post(f"/desk/case/{name}/do/card", {"card": card, "ref": "r2", "filled": "10:00"})
        await ben.post(f"/desk/case/{name}/do/canned", {"canned": "received", "ref": "r3"})
        assert RETRY.findall(await ben.get(f"/desk/case/{name}")) == []
        sent = [one.letter for one in await desk.letters(name)]
        for letter in sent:
            if isinstance(letter, StaffWrote | StaffAsked | StaffUsedReply):
                await desk.tell(name, NotShown(letter.ref, Missed.EXPIRED))
        before = len(await desk.letters(name))

        text = await ben.get(f"/desk/case/{name}")
        again = RETRY.findall(text)
        assert [path for path, _ in again] == [f"/desk/case/{name}/do/{one}" for one in ("write", "card", "canned")]
        assert len(set(re.findall(r'<button class="button small" id="(again-[0-9a-f]+)">', text))) == 3
        assert RETRY.findall(await ben.get(f"/desk/case/{name}")) == again
        for path, inside in [*again, *again]:
            await ben.post(path, {one: html.unescape(value) for one, value in HIDDEN.findall(inside)})
        assert RETRY.findall(ben.text) == []

        letters = [one.letter for one in (await desk.letters(name))[before:]]
        assert [
            replace(one, ref="") for one in letters if isinstance(one, StaffWrote | StaffAsked | StaffUsedReply)
        ] == [
            StaffWrote('Are you "safe"?', EN, ""),
            StaffAsked(card, "", "10:00"),
            StaffUsedReply("received", ""),
        ]


async def test_what_two_colleagues_send_once_more_goes_out_once_and_can_fail_once_more(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        await sue.sign_in(desk, SUE)
        name = await desk.open()
        page = f"/desk/case/{name}"
        await ben.post(f"{page}/do/write", {"words": "Are you\nsafe?", "ref": "r1"})
        await ben.post(f"{page}/do/ask", {"to": SUE})
        (sent,) = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]
        await desk.tell(name, NotShown(sent.ref, Missed.EXPIRED))

        pressed = [(one, RETRY.findall(await one.get(page))) for one in (ben, sue)]
        # News, for which the open page shows the form anew.
        await desk.tell(name, "I am here")
        pressed.append((ben, RETRY.findall(await ben.get(page))))
        for one, [(path, inside)] in pressed:
            await one.post(path, {each: html.unescape(value) for each, value in HIDDEN.findall(inside)})
            assert one.path == page
            assert RETRY.findall(one.text) == []

        wrote = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]
        assert [one.words for one in wrote] == ["Are you\nsafe?"] * 2
        await desk.tell(name, NotShown(wrote[1].ref, Missed.EXPIRED))
        assert len(RETRY.findall(await sue.get(page))) == 1


async def test_a_form_that_comes_once_more_is_told_as_it_went_and_not_as_refused(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        page = f"/desk/case/{name}"
        await ben.post(f"{page}/do/write", {"words": "Hello", "ref": "r1"})
        for deed, fields in (("give", {"to": SUE}), ("claim", {}), ("close", {"why": "helped"})):
            form = {"ref": "r2", **fields}
            if deed == "claim":
                await desk.tickets.take(TicketArrival(name, ArrivalId(b"back"), ByStaff(SUE, Release(), HOME)))
            for _ in (1, 2):
                text = await ben.post(f"{page}/do/{deed}", form)
                assert "Done." in text, deed
        entries, _ = await desk.chronicle.read()
        alias = (await desk.ticket(name)).alias
        acted = [one.what for one in entries if one.deed in ("acted", "refused")]
        assert acted == [f"{alias} {deed}" for deed in ("write", "give", "claim", "close")]

        await ben.post(f"{page}/do/close", {"why": "helped", "ref": "r3"})
        entries, _ = await desk.chronicle.read()
        assert entries[-1].deed == "refused"


async def test_nobody_is_told_that_they_hold_what_was_given_back_meanwhile(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        path = f"/desk/case/{name}/do/claim"
        assert "Done." in await ben.post(path, {"ref": "r1"})
        await desk.tickets.take(TicketArrival(name, ArrivalId(b"back"), ByStaff(BEN, Release(), HOME)))

        text = await ben.post(path, {"ref": "r1"})

        assert (await desk.ticket(name)).holder is None
        assert "Something has changed meanwhile." in text
        assert "Done." not in text


async def test_other_words_are_sent_even_from_the_same_form(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        for words in ("First", "Second\r\nline", "Second\nline", "First"):
            await ben.post(f"/desk/case/{name}/do/write", {"words": words, "ref": "r1"})

        wrote = [one.letter.words for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]
        assert wrote == ["First", "Second\r\nline"]


async def test_each_of_two_messages_from_the_same_form_says_how_far_it_came(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        for words in ("First", "Second"):
            await ben.post(f"/desk/case/{name}/do/write", {"words": words, "ref": "r1"})
        first, second = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]

        await desk.tell(name, NotShown(first.ref, Missed.EXPIRED))
        await desk.tell(name, Showed(second.ref, opened=True))

        text = await ben.get(f"/desk/case/{name}")
        assert [(state, words) for state, words in SAID.findall(text)] == [("failed", "First"), ("shown", "Second")]


async def test_who_only_reads_hears_nothing_of_others_who_write_all_the_time(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await desk.tell(name, WORDS)
        await sue.sign_in(desk, SUE)

        async def is_late(*_: object) -> None:
            raise ConflictError("somebody else wrote this ticket first")

        # Nothing but this fails.
        monkeypatch.setattr(desk.store, "commit_ticket", is_late)
        assert WORDS in await ben.get(f"/desk/case/{name}")


async def test_a_key_that_a_colleague_gave_meanwhile_is_not_given_anew(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name, key, before = await desk.open(), new_key(), Sealed((), {})
        keys = {(str(HOME), key_id(key.public)): key}
        await desk.tickets.give_key(name, ArrivalId(b"1" * 8), keys, before)
        given = await desk.store.read_sealed(name)

        await desk.tickets.give_key(name, ArrivalId(b"2" * 8), keys, before)

        assert given.wraps
        assert await desk.store.read_sealed(name) == given


async def test_words_come_back_where_a_colleague_holds_the_ticket_by_now(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as sue:
        await ben.sign_in(desk, BEN)
        await sue.sign_in(desk, SUE)
        name = await desk.open()
        await sue.post(f"/desk/case/{name}/do/claim")

        for deed in ("write", "note"):
            text = await ben.post(f"/desk/case/{name}/do/{deed}", {"words": "Are you safe?", "ref": "r1"})
            assert ben.status == 409
            assert re.findall(r'<textarea id="([a-z]+)"[^>]*>Are you safe\?</textarea>', text) == ["unsent"]


async def test_words_come_back_where_the_session_has_ended_and_go_out_once_in_the_next(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        path, form = f"/desk/case/{name}/do/write", {"words": "Are you safe?", "ref": "r1", "csrf": ben.csrf}
        await ben.post("/desk/sign-out")

        def offered() -> dict[str, str]:
            assert f'<form method="post" action="{path}">' in ben.text
            return {**dict(HIDDEN.findall(ben.text)), "words": "".join(WRITTEN.findall(ben.text))}

        await ben.post(path, form, csrf=form["csrf"])
        assert (ben.status, offered()) == (401, form)
        await ben.sign_in(desk, BEN)
        await ben.post(path, form)
        assert ben.status == 409
        assert offered() == {**form, "csrf": ben.csrf}
        assert ben.csrf != form["csrf"]
        for _ in (1, 2):
            await ben.post(path, offered())
            assert ben.status == 200
            await ben.post(path, form)

        wrote = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]
        assert [one.words for one in wrote] == ["Are you safe?"]


async def test_what_was_being_written_as_the_session_ended_comes_back_into_the_box_and_goes_to_nobody(
    desk: DeskHouse,
) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        path, form = f"/desk/case/{name}/do/write", {"words": "Are you", "ref": "r1", "draft": "1"}
        await ben.post("/desk/sign-out")
        await ben.post(path, form, csrf="")
        assert ben.status == 401
        assert WRITTEN.findall(ben.text) == ["Are you"]
        await ben.sign_in(desk, BEN)
        await ben.post(path, form, csrf="")
        assert ben.status == 409
        await ben.post(path, {**dict(HIDDEN.findall(ben.text)), "words": "Are you"})

        assert ben.status == 200
        assert re.search(r'<textarea id="reply"[^>]*>Are you</textarea>', ben.text)
        assert [one for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)] == []
        assert (await desk.ticket(name)).holder is None
        assert "Are you" not in await ben.get(f"/desk/case/{name}?draft=Are+you")


async def test_a_case_is_found_by_its_name_in_whichever_list_it_stands(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        theirs, other = await desk.open(1), await desk.open(2)
        write = ByStaff(SUE, Write("Hello", EN, "console:r1"), HOME)
        await desk.tickets.take(TicketArrival(theirs, ArrivalId(b"written"), write))
        await desk.tell(theirs, "I am here")
        foreign = await desk.open(3, helpline=OTHER)
        alias, away = (await desk.ticket(theirs)).alias, (await desk.ticket(foreign)).alias
        for tab in ("mine", "unassigned", "waiting", "closed"):
            assert alias not in await ben.get(f"/desk?tab={tab}")

        text = await ben.get(f"/desk?tab=closed&alias={alias.lower()}")

        assert f'href="/desk/case/{theirs}"' in text
        assert f'href="/desk/case/{other}"' not in text
        assert "Nothing fits this filter." in await ben.get(f"/desk?alias={away}")
        assert "Nothing fits this filter." in await ben.get("/desk?alias=%22%3E%3Cb%3E")
        assert "<b>" not in ben.text


async def test_older_ones_are_narrowed_as_those_before_them(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        for number in range(1, MOST_ROWS + 2):
            await desk.open(number)
        (khmer,) = [await desk.open(MOST_ROWS + 2, language=KM)]

        text = await ben.get("/desk?tab=unassigned&language=my&topic=wage-unpaid")
        (older,) = re.findall(r'<p class="more"><a class="button" href="([^"]+)">', text)
        text = await ben.get(html.unescape(older))

        assert len(re.findall(r'<li class="row ', text)) == 1
        assert f'href="/desk/case/{khmer}"' not in text


async def test_what_is_to_be_shown_waits_for_nobody_else_and_goes_with_its_ticket(desk: DeskHouse) -> None:
    original = Original("telegram", "5550001", "42")
    name = await desk.open()

    async def show(number: int) -> bool:
        return await desk.tickets.show(name, ArrivalId(bytes([number] * 8)), BEN, original)

    assert all(await asyncio.gather(*(show(number) for number in (1, 2, 2, 3))))
    assert len(await desk.store.waiting(desk_line(name, f"{BEN}!"))) == 3

    snapshot = await desk.store.load_ticket(name)
    gone = TicketCommit(name, snapshot.version, ArrivalId(b"it is gone"), None)
    await desk.store.commit_ticket(gone, desk.clock.now())
    assert not await show(4)


async def test_nobody_is_invited_unless_it_was_written_down_before(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Browser(desk.base) as sue:
        await sue.sign_in(desk, SUE)
        await sue.get("/desk/staff")
        before = desk.roster.current()

        async def is_full(*_: object) -> None:
            raise StoreError("the list takes nothing more")

        # Nothing but the list fails.
        monkeypatch.setattr(desk.chronicle, "note", is_full)
        form = {"name": "Dara", "role": "responder", "helpline": HOME, "language": EN}
        await sue.post("/desk/staff/invite", form)
        assert sue.status == 503
        await sue.post(f"/desk/staff/{BEN}/again")
        assert sue.status == 503

    await desk.roster.read()
    assert desk.roster.current() == before
