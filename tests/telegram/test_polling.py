"""Long polling: each update takes effect before it is confirmed, in order for each person, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.channel import ChannelDownError, TokenError
from bot.dialogue.events import Opened, Pressed, Typed
from bot.figures import Figures
from bot.messages import Language
from bot.store.contract import StoreRefusesError
from handlers.telegram import TelegramConnection
from handlers.telegram.polling import GIVE_UP_AFTER, Polling
from handlers.telegram.updates import ALLOWED_UPDATES, Reading, Taken
from tests.fakes import ManualClock
from tests.telegram.sample import PATIENCE, Bot, Desk, a_bot, breathe
from tests.telegram_server import FakeTelegram


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server
        assert [violation.why for violation in server.violations] == []


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    async with a_bot(telegram) as bot:
        yield bot


async def test_what_people_do_arrives_in_their_order(telegram: FakeTelegram, bot: Bot) -> None:
    person = telegram.person(7)
    async with bot.running():
        said = person.start("km")
        for number in range(150):
            person.send(str(number))
        person.tap_data("ahome", said)

        await bot.took(
            Opened(Language("km")),
            *(Typed(str(number)) for number in range(150)),
            Pressed("ahome", str(said.message_id), datetime.fromtimestamp(said.date, UTC)),
        )


async def test_only_the_kinds_we_handle_are_asked_for_and_nothing_is_ever_dropped(
    telegram: FakeTelegram, bot: Bot
) -> None:
    telegram.person(7).start()
    async with bot.running():
        await bot.took(Opened())

    polls = [call.params for call in telegram.calls_of("getUpdates")]
    assert all(poll["allowed_updates"] == list(ALLOWED_UPDATES) for poll in polls)
    assert "offset" not in polls[0]
    assert all(int(str(poll["offset"])) > 0 for poll in polls[1:])
    assert telegram.calls_of("deleteWebhook") == []


async def test_a_slow_person_does_not_hold_up_another_and_is_not_confirmed(
    telegram: FakeTelegram,
) -> None:
    async with a_bot(telegram, Desk(slow_with="7")) as bot, bot.running():
        telegram.person(7).send("first")
        telegram.person(7).send("second")
        await telegram.until(lambda: bot.desk.asked == 1)
        telegram.person(8).send("other")
        await bot.until(lambda: bot.desk.events() == [Typed("other")])

        assert len(telegram.updates.pending) == 3

        bot.desk.hurry.set()
        await bot.took(Typed("other"), Typed("first"), Typed("second"))


async def test_while_the_store_is_away_nothing_is_confirmed_and_afterwards_all_takes_effect_once(
    telegram: FakeTelegram,
) -> None:
    async with a_bot(telegram, Desk(closed=True)) as bot, bot.running():
        telegram.person(7).send("help")
        await bot.until(lambda: bot.desk.asked >= 5)

        assert len(telegram.updates.pending) == 1

        bot.desk.closed = False
        await bot.took(Typed("help"))
        assert bot.figures.counts["arrival_waits_for_store", ""] >= 4


async def test_what_was_not_done_when_we_stopped_comes_again(telegram: FakeTelegram) -> None:
    telegram.person(7).send("help")
    async with a_bot(telegram, Desk(closed=True)) as bot, bot.running():
        await telegram.until(lambda: bot.desk.asked == 1)
        # The poll after this one would confirm what was fetched; it must not.
        await bot.clock.advance(1)

    async with a_bot(telegram) as bot, bot.running():
        await bot.took(Typed("help"))


async def test_an_answer_of_telegram_that_is_lost_loses_no_update(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.person(7).send("help")
    telegram.faults.lose_answer(1.0, ["getUpdates"])
    async with bot.running():
        await telegram.until(lambda: len(telegram.calls_of("getUpdates")) == 1)
        telegram.faults.off()

        await bot.took(Typed("help"))


async def test_ids_that_start_anew_at_any_number_are_followed(telegram: FakeTelegram, bot: Bot) -> None:
    async with bot.running():
        telegram.person(7).send("before")
        await bot.took(Typed("before"))
        for _ in range(3):
            telegram.updates.restart_ids()
            telegram.person(7).send("after")
            await bot.took(Typed("before"), Typed("after"))
            bot.desk.taken.pop()


async def test_while_telegram_is_away_we_wait(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.faults.down()
    telegram.person(7).send("help")
    async with bot.running():
        tries = iter(range(20))
        await bot.until(lambda: next(tries, None) is None, step=5)
        assert bot.desk.asked == 0

        telegram.faults.up()
        await bot.took(Typed("help"))


async def test_patience_that_telegram_asks_for_is_kept(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.person(7).send("help")
    telegram.faults.answer_429(1.0, 20, ["getUpdates"])
    async with bot.running():
        await telegram.until(lambda: len(telegram.calls_of("getUpdates")) == 1)
        tries = iter(range(20))
        await bot.until(lambda: next(tries, None) is None, step=0)
        telegram.faults.off()
        await bot.clock.advance(19)
        assert len(telegram.calls_of("getUpdates")) == 1

        await bot.took(Typed("help"))


async def test_who_is_thrown_out_by_another_poller_comes_back_slowly(telegram: FakeTelegram, bot: Bot) -> None:
    async with bot.running(), TelegramConnection(telegram.token, telegram.url) as other:
        await telegram.until(lambda: telegram.updates._poller is not None)
        rival = asyncio.ensure_future(other.call("getUpdates", {"timeout": 50}, 60))
        await telegram.until(lambda: len(telegram.calls_of("getUpdates")) == 1)
        assert telegram.calls_of("getUpdates")[0].answer["error_code"] == 409
        await bot.until(lambda: bot.figures.counts["telegram_conflict", ""], step=0)
        await bot.clock.advance(29)
        assert not rival.done()

        await bot.clock.advance(2)
        await asyncio.gather(rival, return_exceptions=True)
        telegram.person(7).send("help")
        await bot.took(Typed("help"))


async def test_who_was_thrown_out_and_cannot_ask_the_store_whether_it_is_still_its_turn_does_not_come_back(
    telegram: FakeTelegram,
) -> None:
    certain, clock = asyncio.Event(), ManualClock()

    async def take(arrival: Taken) -> None:
        raise AssertionError(arrival)

    async with (
        TelegramConnection(telegram.token, telegram.url) as connection,
        TelegramConnection(telegram.token, telegram.url) as other,
    ):
        polling = asyncio.ensure_future(
            Polling(
                *(connection, lambda _: Reading(None, "none"), take, clock, Figures()), is_certain=certain.is_set
            ).run()
        )
        await telegram.until(lambda: telegram.updates.is_polled)
        rival = asyncio.ensure_future(other.call("getUpdates", {"timeout": 50}, 60))
        await telegram.until(lambda: len(telegram.calls_of("getUpdates")) == 1)
        for _ in range(20):
            await clock.advance(30)
            await breathe()
        assert not rival.done()

        certain.set()
        while not rival.done():
            await clock.advance(1)
            await breathe()
        for task in (polling, rival):
            task.cancel()
        await asyncio.gather(polling, rival, return_exceptions=True)


async def test_a_webhook_from_before_is_left_and_what_waits_there_is_kept(telegram: FakeTelegram, bot: Bot) -> None:
    await bot.connection.bot.set_webhook("https://example.org/old")
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("deleteWebhook"))
        telegram.person(7).send("help")

        await bot.took(Typed("help"))

    assert [call.params for call in telegram.calls_of("deleteWebhook")] == [{"drop_pending_updates": False}]


async def test_a_wrong_token_is_told_with_the_name_of_its_setting() -> None:
    async with FakeTelegram() as telegram, a_bot(telegram, token="1:wrong") as bot:
        with pytest.raises(TokenError, match="WAYMARK_TELEGRAM_TOKEN"):
            await bot.door.run()
        with pytest.raises(TokenError, match="WAYMARK_TELEGRAM_TOKEN"):
            await bot.door.username()


async def test_one_that_can_never_be_handled_does_not_come_again(telegram: FakeTelegram) -> None:
    async with a_bot(telegram, Desk(chokes_on="poison")) as bot, bot.running():
        telegram.person(7).send("poison")
        telegram.person(7).send("help")

        await bot.took(Typed("help"))

        assert bot.desk.asked == 3
        assert bot.figures.counts["arrival_failed", "2"] == 1


async def test_one_that_the_store_refuses_for_good_does_not_hold_up_everybody_for_ever(telegram: FakeTelegram) -> None:
    async with a_bot(telegram, Desk(refuses="poison")) as bot, bot.running():
        telegram.person(7).send("poison")
        for number in range(150):
            telegram.person(8).send(str(number))
        telegram.person(7).send("help")
        await bot.until(lambda: len(bot.desk.taken) == 151, step=10)

    assert bot.figures.counts["arrival_given_up", ""] == 1


async def test_while_the_store_lets_us_do_nothing_nothing_is_confirmed_however_long_that_is(
    telegram: FakeTelegram,
) -> None:
    async with a_bot(telegram, Desk(closed=True, closed_with=StoreRefusesError)) as bot, bot.running():
        telegram.person(7).send("help")
        await bot.until(lambda: bot.desk.asked > 2 * GIVE_UP_AFTER, step=30)
        assert bot.figures.counts["arrival_given_up", ""] == 0

        bot.desk.closed = False
        await bot.until(lambda: bot.desk.events() == [Typed("help")], step=30)


async def test_a_token_that_was_good_before_is_tried_again(telegram: FakeTelegram, bot: Bot) -> None:
    async with bot.running() as running:
        telegram.person(7).send("before")
        await bot.took(Typed("before"))
        telegram.faults.answer_5xx(1.0, 401)
        telegram.person(7).send("meanwhile")
        await bot.until(lambda: bot.figures.counts["telegram_token_refused", ""] >= 2, step=30)
        assert not running.done()

        telegram.faults.off()
        telegram.person(7).send("after")
        await bot.until(lambda: bot.desk.events()[-1:] == [Typed("after")], step=30)


async def test_one_that_cannot_be_read_is_counted_and_confirmed(telegram: FakeTelegram, bot: Bot) -> None:
    async with bot.running():
        telegram.updates.add("message", {"chat": "?"}, 7)
        telegram.person(7).send("help")

        await bot.took(Typed("help"))

    assert bot.figures.counts["telegram_update", "unreadable"] == 1


async def nobody_asks(taken: Taken) -> None:
    raise AssertionError(taken)


async def test_nonsense_at_telegrams_address_is_waited_for() -> None:
    answers = iter([b"<html>", b'{"ok":true,"result":[{"update_id":"x"}]}', b'{"ok":true,"result":5}'])
    asked = 0

    async def babble(request: web.BaseRequest) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(body=next(answers, b'{"ok":true,"result":[]}'))

    runner = web.ServerRunner(web.Server(babble))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock, figures = ManualClock(), Figures()
    async with TelegramConnection("1:a", f"http://127.0.0.1:{runner.addresses[0][1]}") as connection:
        polling = Polling(connection, lambda raw: Reading(None, "unreadable"), nobody_asks, clock, figures)
        running = asyncio.ensure_future(polling.run())
        async with asyncio.timeout(PATIENCE):
            while asked < 4:
                await clock.advance(1)
                await breathe()
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await runner.cleanup()


async def test_a_poster_is_counted_once_five_people_have_come_by_it(telegram: FakeTelegram, bot: Bot) -> None:
    async with bot.running():
        for number in range(6):
            telegram.person(100 + number).start("km_s-bus-stop")
        telegram.person(7).start("km_s-for-you-alone")

        await bot.took(*[Opened(Language("km"))] * 7)

    tags = {label: count for (what, label), count in bot.figures.counts.items() if what == "telegram_source"}
    assert tags == {"bus-stop": 6}


async def test_the_name_for_links_is_the_one_telegram_knows(bot: Bot) -> None:
    assert await bot.door.username() == "waymark_test_bot"


async def test_the_name_is_not_known_while_telegram_is_away(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.faults.answer_5xx(1.0)

    with pytest.raises(ChannelDownError):
        await bot.door.username()
