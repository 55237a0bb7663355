"""All keys are changed in the middle of a talk: person, call, topic and code are found again, and nobody notices."""

import asyncio
from datetime import date
from pathlib import Path

from bot import rekeying, staffing
from bot.settings import Settings
from bot.store.secrets import load
from bot.wiring import run_bot
from tests.lessons import lessons_of
from tests.telegram_server import FakeTelegram
from tests.whole.running_bot import PATIENCE
from tests.whole.test_helplines import a_town

TODAY = date(2027, 11, 26)


class StoppedAndStarted:
    """A bot of this process that ends in order and comes back over the same folder."""

    def __init__(self, folder: Path, telegram: FakeTelegram) -> None:
        self._settings = Settings(
            telegram_token=telegram.token,
            telegram_api_url=telegram.url,
            data_dir=folder / "var",
            content_dir=folder / "content",
            http_port=0,
        )
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        learned = self._settings.data_dir / "learned"
        learned.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lessons_of(self._settings.content_dir, "bot") as lessons:
            for lesson in lessons.iterdir():
                if not (learned / lesson.name).exists():
                    (learned / lesson.name).symlink_to(lesson)
            self._stop = asyncio.Event()
            ready = asyncio.Event()
            self._task = asyncio.create_task(
                run_bot(self._settings, self._stop, lambda _: None, ready.set, pacing=None)
            )
            async with asyncio.timeout(PATIENCE):
                await ready.wait()

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            async with asyncio.timeout(PATIENCE):
                await self._task
        self._task = None

    async def kill(self) -> None:
        raise NotImplementedError


async def at_once() -> None:
    """Nothing is on its way."""


async def test_a_talk_goes_on_over_new_keys_and_its_code_still_leads_to_it(quick_folder: Path) -> None:
    async with a_town(quick_folder, StoppedAndStarted) as town:
        sok = await town.newcomer(7, "en")
        await town.ask(sok)
        call = await town.call(town.home)
        town.anna.tap(call.labels[0], message=call, on=town.home)
        thread = await town.topic(town.home)
        await town.say(sok, "He has my passport")
        await town.in_topic(town.home, thread, "He has my passport")
        assert town.bot is not None
        before = load(quick_folder / "var")
        place = rekeying.Place(quick_folder / "var", None, TODAY)
        await town.bot.stop()
        # Said while nobody listens: it waits at Telegram.
        sok.send("Are you still there?")

        await rekeying.renew_identity(place)
        rekeying.renew(place)
        await rekeying.use(place)
        await rekeying.retire(place, at_once)
        rekeying.renew_writer(place)
        await rekeying.use_writer(place)

        after = load(quick_folder / "var")
        assert before.identity not in (after.identity, after.naming)
        assert before.opening.keys().isdisjoint(after.opening)
        await town.bot.start()
        await town.in_topic(town.home, thread, "Are you still there?")
        town.anna.send("I am here.", to=town.home, topic=thread)
        await town.looks(sok, "I am here.")
        assert len(town.home.chat.topics) == 1, "it is the same call, in the same topic"
        async with staffing.open_office(town.settings) as office:
            (ticket,) = await office.store.open_tickets()
            assert await office.store.ticket_of_code(before.vault().return_code(ticket)) == ticket
            person = (await office.store.load_ticket(ticket)).ticket
            assert person is not None
            assert person.person == after.vault().conversation_id("telegram", "7")
        town.no_trouble()
