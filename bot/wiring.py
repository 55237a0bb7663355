"""Puts everything together, in one TaskGroup: what fails for good ends all of it, and all of it ends tidily."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import SystemRandom
from secrets import token_bytes
from typing import Final, TextIO

from bot import logbook
from bot.casebook import FOLDER as EPOCHS
from bot.casebook import Epochs, Keeper, Writers, load_writers
from bot.census import keep_counting
from bot.channel import Channel, ChannelError
from bot.clock import Clock, SystemClock
from bot.compiler import KeptScripts, Teach, teach_in
from bot.delivery import Delivery
from bot.desk.staff import NO_ROSTER
from bot.desk.ticket import TicketId
from bot.duty import Duty
from bot.enrolment import Enrolment
from bot.figures import Figures
from bot.greeting import greet, greet_worker
from bot.guard.audit import Chronicle
from bot.guard.sign_in import SignIn
from bot.guard.witnessing import ContentWitness
from bot.key_watch import KeyWatch
from bot.live import LiveContent, folder_differs
from bot.messages import ConversationId, Language
from bot.pacing import Pacer, Pacing, keep_sharing
from bot.reminding import Reminding
from bot.roster import LiveRoster, Staffed
from bot.settings import ProcessRole, Settings, SettingsError
from bot.store.contract import Leased
from bot.store.durability import UnsafeStoreError, inspect_store, replicas_to_prove
from bot.store.embedded import EmbeddedValkey
from bot.store.memory_store import MemoryStore
from bot.store.private_folder import keep_password
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import KEY_BYTES, Vault
from bot.store.secrets import load_or_make
from bot.store.shared_clock import SharedClock
from bot.store.shelf import Shelf
from bot.studio.archive import Archive, compile_with, examine_in_any_case
from bot.studio.calls import CallBook
from bot.studio.catalogue import Cataloguer
from bot.studio.checking import Checker, Examine
from bot.studio.drafts import Drafts
from bot.studio.examining import Examiner
from bot.studio.traffic import Tally, TrafficBook
from bot.studio.witness import Witness
from bot.tracing import traces_to
from bot.turns import Letters, Tickets, Turns
from bot.turns.floodgate import Floodgate
from bot.turns.tickets import DESK, LANE, OUTSIDE
from bot.watch import Watch
from handlers.outside import Hook, Mail, OutsideChannel, ping_watcher
from handlers.telegram import DOOR as TELEGRAM
from handlers.telegram import TelegramChannel, TelegramConnection, TelegramDoor, WithoutStore
from handlers.telegram.desk import AwayAlerts, DeskChannel, DeskDoor, DeskOffice, GroupLines
from handlers.terminal.chat import TerminalChat
from handlers.web.assets import Assets
from handlers.web.chat.hub import Hub
from handlers.web.console.board import Board
from handlers.web.console.casefile import Cabinet
from handlers.web.console.door import ConsoleDoor
from handlers.web.console.office import Office
from handlers.web.console.showing import ConsolePages
from handlers.web.server import Handler, Surroundings, build_application, build_probes, serve
from handlers.web.studio.door import StudioDoor
from handlers.web.studio.showing import StudioPages
from handlers.web.studio.studio import Studio

DEFAULT_PACING: Final = Pacing()
NAME_PATIENCE: Final = 3.0


class UnknownLanguageError(Exception):
    """A language that the content has not."""


@dataclass(slots=True)
class _Post:
    """The delivery, once there is one: letters are delivered to the turns that it delivers for."""

    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class _Messengers:
    """Brings messages on their way: pushes them, or tells the page that fetches them."""

    post: _Post
    hub: Hub

    def hand_over(self, leased: Leased) -> None:
        if self.post.delivery is not None:
            self.post.delivery.hand_over(leased)

    def call_lines(self, lane: str) -> None:
        if self.post.delivery is not None:
            self.post.delivery.call_lines(lane)

    def call(self, conversation: ConversationId) -> None:
        self.hub.call(conversation)


@dataclass(frozen=True, slots=True)
class _Sealing:
    """What seals what people tell, and shows that we wrote it."""

    writers: Writers
    epochs: Epochs
    keeper: Keeper

    def chronicle(self, shelf: Shelf) -> Chronicle:
        """The list of who did what, signed by us."""
        return Chronicle(shelf, self.writers.newest, self.writers.publics)


class _Nobody:
    """Messengers for a door that looks into the outbox itself."""

    def hand_over(self, leased: Leased) -> None:
        """Nothing is pushed."""

    def call(self, conversation: ConversationId) -> None:
        """Nobody waits."""

    def call_lines(self, lane: str) -> None:
        """Nothing is brought anywhere."""


async def run_bot(  # noqa: PLR0915 - everything is put together here
    settings: Settings,
    stop: asyncio.Event,
    tell: Callable[[str], None],
    when_ready: Callable[[], None] = lambda: None,
    pacing: Pacing | None = DEFAULT_PACING,
    role: ProcessRole = ProcessRole.ALL,
) -> None:
    """Run everything that is configured until `stop` is set; `tell` is given what people at the terminal read.

    Whatever its role, a process sends at once what its own commits hand it; what is left behind is a worker's.
    """
    if role is not ProcessRole.ALL and settings.store_url is None:
        raise SettingsError(f"--role {role} shares its work through a store; set WAYMARK_STORE_URL")
    clock = SharedClock(SystemClock())
    vault = load_or_make(settings.data_dir, clock.now().date()).vault()
    async with AsyncExitStack() as stack:
        figures = Figures(stack.enter_context(traces_to(settings.traces_url)))
        store, alone = await stack.enter_async_context(_store(settings, vault, figures))
        if not alone:
            # Before anything is written or claimed by it.
            await clock.look(store, figures)
        # Drafts teach other things than what is live, and each folder keeps only what was learned last.
        learned = settings.data_dir / "studio" / "learned"
        content = settings.content_dir
        draft_teach, checker, examiner = teach_in(learned), Checker(content), Examiner(learned, content, figures)
        stack.push_async_callback(examiner.close)
        sealing, roster = _sealing(settings, figures), LiveRoster(store, clock)
        witness = ContentWitness(roster.read, sealing.chronicle(store.shelf()), clock)
        archive = archive_of(settings, store.shelf(), clock, examiner, witness)
        live = await LiveContent.open(content, kept_scripts(settings).script, clock, tell, archive, figures)
        key_watch = await stack.enter_async_context(
            KeyWatch(settings.data_dir, vault, sealing.writers, store.keyring(), clock, figures).told()
        )
        connection = await _telegram(settings, stack)
        channels: dict[str, Channel] = {}
        if connection is not None:
            channels[TELEGRAM] = TelegramChannel(connection, media=lambda: live.script().media)
        await roster.read()
        watch = Watch(store, roster.current, clock, figures, _ping(settings), sealing.epochs)
        staffed = Staffed(live.script, roster.current, watch.held_by)
        hub = Hub()
        post = _Post()
        messengers = _Messengers(post, hub)
        tickets = Tickets(store, staffed.script, roster.current, messengers, clock, figures, sealing.keeper)
        turns = Turns(store, staffed.script, messengers, clock, figures, vault, tickets.take)
        tally, traffic = Tally(staffed.script, clock, token_bytes(KEY_BYTES)), TrafficBook(store.shelf(), clock)
        turns.count_ways(tally.note)
        letters = Letters(turns, tickets.take, store)
        channels |= {LANE: letters, OUTSIDE: _outside(settings)}
        office = away = None
        if connection is not None:
            office = DeskOffice(
                *(connection, store, vault, staffed.script, roster.current, roster.change, clock, figures),
                GroupLines(clock),
                console=_case_address(settings),
            )
            desk = DeskChannel(office)
            channels[DESK] = desk
            stack.push_async_callback(desk.close)
            away = AwayAlerts(office)
            stack.push_async_callback(away.close)
        delivery = post.delivery = Delivery(
            *(store, channels, clock, pacing, SystemRandom()),
            figures=figures,
            report=letters.report,
            let_go=turns.lets_go,
            unpaced=frozenset({LANE, OUTSIDE, DESK}),
        )
        stack.push_async_callback(traffic.flush, tally)
        # In the end nothing is let in any more: what has been is finished, and what cannot be sent lies in the store.
        stack.push_async_callback(delivery.stop)
        stack.push_async_callback(turns.finish)
        # Whoever runs it without pacing measures, and sends more than any person does.
        gate = None if pacing is None else Floodgate(clock)
        around = Surroundings(
            turns.take,
            *(store, vault, staffed.script, hub, clock, figures),
            public_url=settings.public_url,
            is_leaving=stop.is_set,
            gate=gate,
            let_go=turns.lets_go,
            alert=None if away is None else away.alert,
        )
        async with asyncio.TaskGroup() as group:
            board = Board(store, store.shelf(), clock)
            work: list[Coroutine[None, None, None]] = [] if alone else [clock.follow(store, figures)]
            if role.is_reached:
                await board.look()
                work.append(board.follow())
            if role.goes_on:
                work += [
                    keep_counting(store.census, clock, figures),
                    sealing.chronicle(store.shelf()).follow(clock),
                    turns.ring_timers(),
                    watch.run(tickets.take),
                    delivery.run(alone=alone),
                    archive.run(),
                ]
            else:
                work += [watch.follow(), delivery.keep_told()]
            tasks = [
                *(group.create_task(one) for one in work),
                group.create_task(turns.forget_old()),
                group.create_task(live.follow()),
                group.create_task(key_watch.run()),
                group.create_task(traffic.follow(tally)),
                group.create_task(roster.follow()),
            ]
            enrolment = Enrolment(roster, vault, clock)
            name: str | None = None
            posts: dict[str, Handler] = {}
            if connection is not None and office is not None and away is not None:
                desk_door = DeskDoor(office, tickets.take, enrolment.enrol, enrolment.link)
                stack.push_async_callback(desk_door.close)
                duty = None if alone else Duty(store, "polling", clock, figures)
                world = (connection, turns.take, vault, staffed.script, clock, figures, desk_door)
                away_pacer = Pacer(clock, pacing)
                stack.push_async_callback(away_pacer.close)
                without_store = WithoutStore(
                    *(channels[TELEGRAM], staffed.script, turns.last_known, away.alert, away_pacer, clock, figures),
                    noted=delivery.note_shown,
                )
                door = TelegramDoor(*world, gate=gate, duty=duty, without_store=without_store)
                if not alone:
                    pacers = (*delivery.paced, away_pacer)
                    tasks.append(group.create_task(keep_sharing(pacers, store, clock)))
                if role.goes_on:
                    book, studio = CallBook(store.shelf()), f"{settings.public_url or ''}/studio".lstrip("/")
                    reminding = Reminding(archive, book, roster.current, live.script, channels[TELEGRAM], clock, studio)
                    tasks.append(group.create_task(reminding.run()))
                if settings.telegram_webhook_url is not None and role.is_reached:
                    path = door.expect_webhook(settings.telegram_webhook_url, _webhook_secret(settings))
                    posts[path] = door.webhook_handler
                receives = role.goes_on if settings.telegram_webhook_url is None else role.is_reached
                tasks.append(group.create_task(door.run(receives=receives, introduces=role.goes_on)))
                name = await _name_of(door)
            if role.is_reached:
                office_with = _office(settings, around, store.shelf(), sealing, roster, tickets, board)
                staff_door = _staff_door(
                    *(office_with, settings, archive, checker, examiner.examine),
                    *(Drafts(draft_teach, checker.folder), traffic),
                )
                application = build_application(around, posts, staff_door)
            else:
                application = build_probes(around)
            async with serve(application, settings.http_host, settings.http_port) as port:
                when_ready()
                tell(greet(settings, port, name) if role.is_reached else greet_worker(settings, port))
                differs = await folder_differs(archive, settings.content_dir)
                if differs is not None:
                    tell(f"Content: {differs}")
                await stop.wait()
                logbook.note("stopping")
                # Whoever waits for a check hears that it was not done, before their page is let go.
                await examiner.close()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)


async def chat_in_terminal(
    settings: Settings, language: Language | None, reader: TextIO, writer: TextIO, tell: Callable[[str], None]
) -> None:
    """Talk to the bot at the terminal; nothing is kept. Raise UnknownLanguageError unless the content has it."""
    clock = SystemClock()
    live = LiveContent(settings.content_dir, kept_scripts(settings).script, clock, tell)
    tongues = live.script().tongues
    if language is not None and language not in tongues:
        raise UnknownLanguageError(f"the content has no language '{language}'; it has {', '.join(tongues)}")
    store = MemoryStore()
    vault = Vault(token_bytes(KEY_BYTES), {1: token_bytes(KEY_BYTES)}, 1)
    tickets = Tickets(store, live.script, lambda: NO_ROSTER, _Nobody(), clock, Figures())
    turns = Turns(store, live.script, _Nobody(), clock, Figures(), vault, tickets.take)
    await TerminalChat(turns, store, reader, writer).run(language)


def teacher(settings: Settings) -> Teach:
    """How the content's words become an understanding; what was learned is kept for the next start."""
    return teach_in(settings.data_dir / "learned")


def kept_scripts(settings: Settings) -> KeptScripts:
    """How content becomes a script; what was compiled is kept for the next start."""
    return KeptScripts(settings.data_dir / "compiled", teacher(settings))


def archive_of(
    settings: Settings, shelf: Shelf, clock: Clock, examiner: Examiner, witness: Witness | None = None
) -> Archive:
    """All versions of the content; there is a way back also where no other process can check it."""
    first = examiner.examine_first
    return Archive(
        *(shelf, settings.content_dir, settings.data_dir, clock, first),
        witness=witness,
        examine_back=examine_in_any_case(first, compile_with(settings.content_dir)),
    )


def _sealing(settings: Settings, figures: Figures) -> _Sealing:
    writers, epochs = load_writers(settings.data_dir / "keys"), Epochs(settings.data_dir / EPOCHS)
    return _Sealing(writers, epochs, Keeper(epochs, writers.newest, figures))


def _office(
    settings: Settings,
    around: Surroundings,
    shelf: Shelf,
    sealing: _Sealing,
    roster: LiveRoster,
    tickets: Tickets,
    board: Board,
) -> Callable[[Assets], Office]:
    """What the staff's pages work with, as soon as there are the files that they are drawn with."""
    clock, vault, writers = around.clock, around.vault, sealing.writers
    chronicle = sealing.chronicle(shelf)

    def build(assets: Assets) -> Office:
        return Office(
            *(around.store, shelf, vault, clock, around.script, roster, tickets),
            *(SignIn(shelf, roster, vault, chronicle, clock), chronicle, Enrolment(roster, vault, clock)),
            *(Cabinet(sealing.epochs, writers.publics, roster.current), board, ConsolePages(around.script, assets)),
            *(settings.public_url, settings.telegram_token),
        )

    return build


def _staff_door(
    office_with: Callable[[Assets], Office],
    settings: Settings,
    archive: Archive,
    checker: Checker,
    examine: Examine,
    drafts: Drafts,
    traffic: TrafficBook,
) -> Callable[[Assets], ConsoleDoor]:
    """The console, and the studio behind the same door."""
    tables = settings.content_dir.parent / "tests" / "language" / "data"

    def build(assets: Assets) -> ConsoleDoor:
        office = office_with(assets)
        studio = Studio(
            *(office, StudioPages(office.script, assets), archive, checker, examine, Cataloguer()),
            *(CallBook(office.shelf), drafts, traffic, tables if tables.is_dir() else None),
        )
        return ConsoleDoor(office, StudioDoor(studio).routes())

    return build


@asynccontextmanager
async def _store(settings: Settings, vault: Vault, figures: Figures) -> AsyncIterator[tuple[RedisStore, bool]]:
    """The store, and whether we are the only ones who use it: the built-in one lets nobody else in."""
    async with AsyncExitStack() as stack:
        if settings.store_url is None:
            valkey = await stack.enter_async_context(EmbeddedValkey(settings.data_dir))
            watch = asyncio.create_task(valkey.watch())
            stack.push_async_callback(_end, watch)
            store = open_store(valkey.bot_url, vault, figures=figures)
        else:
            problems = await inspect_store(settings.store_url)
            if problems:
                raise UnsafeStoreError("\n".join(problems))
            replicas = await replicas_to_prove(settings.store_url)
            store = open_store(settings.store_url, vault, figures=figures, replicas=replicas)
        stack.push_async_callback(store.close)
        await store.ping()
        yield store, settings.store_url is None


def _case_address(settings: Settings) -> Callable[[TicketId], str] | None:
    """Where a ticket is opened in the console: for the button below an alert."""
    base = settings.public_url
    return None if base is None else lambda ticket: f"{base}/desk/case/{ticket}"


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _ping(settings: Settings) -> Callable[[], Awaitable[None]] | None:
    return None if settings.watch_url is None else partial(ping_watcher, settings.watch_url)


def _outside(settings: Settings) -> OutsideChannel:
    mail = hook = None
    if settings.alarm_smtp_url is not None:
        mail = Mail(settings.alarm_smtp_url, settings.alarm_mail_from or "", settings.alarm_mail_to)
    if settings.alarm_webhook_url is not None:
        hook = Hook(settings.alarm_webhook_url, settings.alarm_webhook_secret or "")
    return OutsideChannel(mail, hook)


async def _telegram(settings: Settings, stack: AsyncExitStack) -> TelegramConnection | None:
    if settings.telegram_token is None:
        return None
    connection = TelegramConnection(settings.telegram_token, settings.telegram_api_url)
    return await stack.enter_async_context(connection)


async def _name_of(door: TelegramDoor) -> str | None:
    """The bot's name for the greeting; none while Telegram is away, which the door waits for by itself."""
    try:
        async with asyncio.timeout(NAME_PATIENCE):
            return await door.username()
    except (TimeoutError, ChannelError):
        return None


def _webhook_secret(settings: Settings) -> str:
    """The given secret, or one that is made once and kept beside the other keys."""
    if settings.telegram_webhook_secret is not None:
        return settings.telegram_webhook_secret
    return keep_password(settings.data_dir / "keys" / "webhook-secret")
