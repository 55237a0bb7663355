"""Bots are renewed one after the other while people write: every message is answered, once, and Telegram sees no fault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.dialogue.little_world import little_script
from tests.store.servers import a_server, free_ports
from tests.telegram_server import FakeTelegram, Person
from tests.whole.replica import SAFE, Replica, replicas

PEOPLE = 12


class Balancer:
    """Leads each connection to a bot that lets somebody in, as a proxy does."""

    def __init__(self) -> None:
        self.bots: list[Replica] = []
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def at(self, port: int) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._let_in, "127.0.0.1", port)
        try:
            yield
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(len(self.bots)):
            self._turn += 1
            bot = self.bots[self._turn % len(self.bots)]
            with suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", bot.port)
                for source, sink in ((reader, inner_writer), (inner_reader, writer)):
                    task = asyncio.create_task(self._carry(source, sink))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                return
        writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.transport.abort()


def shown(telegram: FakeTelegram, person: Person) -> int:
    """How many messages they were sent."""
    return sum(call.ok and call.params.get("chat_id") == person.id for call in telegram.calls_of("sendMessage"))


async def test_who_renews_the_bots_one_after_the_other_loses_nothing_and_says_nothing_twice(quick_folder: Path) -> None:
    little_script(quick_folder / "content")
    (port,) = free_ports(1)
    balancer = Balancer()
    with a_server(*SAFE) as server:
        async with FakeTelegram(allow_http_webhook=True, retry_scale=0.1) as telegram, balancer.at(port):
            people = [telegram.person(number, started=True) for number in range(1, PEOPLE + 1)]
            sent = dict.fromkeys(range(PEOPLE), 0)
            stop = asyncio.Event()

            async def write(number: int) -> None:
                while not stop.is_set():
                    people[number].send("/start")
                    sent[number] += 1
                    await asyncio.sleep(0.2)

            async with (
                replicas(2, quick_folder, server, telegram, webhook=port) as old,
            ):
                balancer.bots = list(old)
                await telegram.until(lambda: telegram.updates.webhook.url != "")
                writing = [asyncio.create_task(write(number)) for number in range(PEOPLE)]
                async with replicas(1, quick_folder, server, telegram, webhook=port) as new:
                    balancer.bots = [*new, old[1]]
                    await old[0].stop()
                    balancer.bots = list(new)
                    await old[1].stop()
                    await asyncio.sleep(0.5)
                    stop.set()
                    await asyncio.gather(*writing)
                    await telegram.until(lambda: not telegram.updates.pending)
                    await telegram.until(lambda: all(shown(telegram, people[one]) >= sent[one] for one in sent))

                    assert [old[number].process.returncode for number in range(2)] == [0, 0]
                    assert [shown(telegram, people[one]) for one in sent] == list(sent.values())
                    assert telegram.violations == []
