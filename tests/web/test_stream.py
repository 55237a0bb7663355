"""The stream of messages: in order, nothing lost when the line is cut, and within bounds."""

import asyncio

import pytest

from bot.messages import ConversationId
from handlers.web.chat.hub import MOST_OF_ONE, Ending, FullError, Hub
from handlers.web.chat.routes import FRAGMENTS
from tests.builders import SOMEBODY, SOMEBODY_ELSE
from tests.web.house import LIMIT, House, Phone
from tests.web.reading import read_page


async def test_a_stream_says_what_waits_and_then_what_comes(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    waiting = [article.id for article in read_page((await phone.get("/chat/poll")).text).articles]

    async with phone.stream() as stream:
        assert stream.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.response.headers["Cache-Control"] == "no-store"
        assert await stream.lines() == ["retry: 2000"]
        assert [(await stream.event())["id"] for _ in waiting] == waiting

        said = read_page((await phone.say("hello")).text).articles[-1]
        event = await stream.event()

    assert event["id"] == said.id
    [article] = read_page(event["data"]).articles
    assert (article.id, article.words, article.attributes) == (said.id, said.words, said.attributes)


async def test_a_cut_line_loses_nothing_and_repeats_only_what_was_not_confirmed(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    said = [read_page((await phone.say(words)).text).articles[-1].id for words in ("one", "two", "three")]

    async with phone.stream() as stream:
        seen = []
        while said[1] not in seen:
            seen.append((await stream.event())["id"])
    await phone.ask("POST", "/chat/seen", {"seen": said[0]})

    async with phone.stream() as stream:
        again = [(await stream.event())["id"], (await stream.event())["id"]]

    assert again == said[1:]


async def test_a_server_that_starts_again_goes_on_where_it_stopped(house: House) -> None:
    async with house.open() as base, Phone(base) as phone:
        await phone.walk("en", "go-on", "kh", "th")
        async with phone.stream() as stream:
            await stream.event()
            cookies = phone.cookies
            said = read_page((await phone.say("said before")).text).articles[-1].id
    async with house.open() as base, Phone(base) as phone:
        phone.cookies = cookies
        async with phone.stream() as stream:
            ids = []
            while said not in ids:
                ids.append((await stream.event())["id"])


async def test_stopping_ends_streams_at_once_and_lets_pages_come_again(house: House) -> None:
    async with asyncio.timeout(LIMIT):
        async with house.open() as base:
            phone = Phone(base)
            await phone.walk("en")
            stream = phone.stream()
            streamed = await stream.__aenter__()
            await streamed.event()
        assert await streamed.lines() == [], "no word about the end: the browser tries again"
        await stream.__aexit__(None, None, None)
        await phone.http.close()


async def test_what_another_replica_writes_is_found_by_looking(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    async with phone.stream() as stream:
        await stream.event()
        hub, house.hub = house.hub, Hub()
        other = House(house.script, store=house.store)
        async with other.open() as base, Phone(base) as elsewhere:
            elsewhere.cookies = phone.cookies
            said = read_page((await elsewhere.say("hello from there")).text).articles[-1].id
            assert hub.count == 1
            ids = []
            while said not in ids:
                ids.append((await stream.event())["id"])


async def test_what_a_link_has_shown_is_not_said_again(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    await phone.ask("POST", "/chat/seen", {"seen": read_page((await phone.get("/chat/poll")).text).articles[-1].id})
    async with phone.stream() as stream:
        await stream.lines()
        page = await phone.look("/?open=offer-check")

        answer = await phone.press(page, "go-on", Accept=FRAGMENTS)

        [question] = read_page(answer.text).articles
        assert (await stream.event())["id"] == question.id


async def test_a_quiet_stream_breathes(phone: Phone) -> None:
    await phone.walk("en")
    async with phone.stream() as stream:
        while (lines := await stream.lines()) != [": "]:
            assert lines


async def test_a_stream_outlives_a_store_that_goes_away(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    async with phone.stream() as stream:
        await stream.event()
        house.store.is_down = True
        while await stream.lines() != [": "]:
            pass
        house.store.is_down = False

        said = read_page((await phone.say("hello")).text).articles[-1].id
        ids = []
        while said not in ids:
            ids.append((await stream.event())["id"])


async def test_who_leaves_on_one_page_leaves_on_all(phone: Phone) -> None:
    await phone.walk("en")
    async with phone.stream() as stream:
        await stream.event()
        await phone.get("/chat/exit", Sec_Fetch_Site="same-origin")

        events = [await stream.event(), await stream.event()]
        assert "data-covers" in events[0]["data"]
        assert events[1]["event"] == "left"
        assert await stream.lines() == []


async def test_the_newest_streams_of_a_person_win(house: House, phone: Phone) -> None:
    await phone.walk("en")
    async with phone.stream() as oldest:
        await oldest.event()
        held = [phone.stream() for _ in range(MOST_OF_ONE)]
        for each in held:
            await (await each.__aenter__()).event()

        assert (await oldest.event())["event"] == "ousted"
        assert house.hub.count == MOST_OF_ONE
        for each in held:
            await each.__aexit__(None, None, None)


async def test_when_all_places_are_taken_a_page_can_still_ask(house: House, phone: Phone) -> None:
    await phone.walk("en")
    house.hub.close()

    assert (await phone.get("/chat/stream")).status == 503
    assert (await phone.get("/chat/poll")).status == 200


def test_a_hub_forgets_who_does_not_listen_any_more() -> None:
    hub = Hub()
    with hub.watch(SOMEBODY) as watch:
        hub.call(SOMEBODY_ELSE)
        assert not watch.stirred.is_set()
        hub.call(SOMEBODY)
        assert watch.stirred.is_set()

    assert hub.count == 0
    assert hub._watches == {}


def test_a_full_hub_turns_new_people_away_and_keeps_those_it_has() -> None:
    hub = Hub(most_of_one=1, most_in_all=1)
    with hub.watch(SOMEBODY) as first:
        with pytest.raises(FullError), hub.watch(SOMEBODY_ELSE):
            pass
        with hub.watch(SOMEBODY) as second:
            assert (first.ending, second.ending) == (Ending.OUSTED, None)
    assert hub._watches == {}


def test_ousting_does_not_disturb_the_count() -> None:
    hub = Hub(most_of_one=1)
    somebody = ConversationId("C" * 22)
    with hub.watch(somebody), hub.watch(somebody), hub.watch(somebody):
        assert hub.count == 3
    assert hub.count == 0
