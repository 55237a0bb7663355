"""The Telegram door as one thing to open: it receives by long polling, or at a webhook where an address is set."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Final, NoReturn, assert_never

from aiohttp import web
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot import logbook
from bot.channel import ChannelDownError, RefusedError, TokenError
from bot.clock import Clock
from bot.dialogue.events import Flooded, Pressed, Typed, Wish, Wished
from bot.dialogue.presses import read_press
from bot.dialogue.script import Script
from bot.duty import Duty
from bot.figures import Figures
from bot.messages import ArrivalId
from bot.store.contract import ConflictError, StoreError
from bot.store.sealing import Vault
from bot.turns.arrival import Arrival
from bot.turns.floodgate import Admission, Floodgate
from handlers.telegram.channel import UNKNOWN_TO_TELEGRAM, translate
from handlers.telegram.desk.door import DeskDoor
from handlers.telegram.desk.knocks import Knock
from handlers.telegram.introduction import introduce, introductions
from handlers.telegram.polling import Polling
from handlers.telegram.posters import Posters
from handlers.telegram.requests import TelegramConnection, patience_of, read_by_library
from handlers.telegram.updates import ALLOWED_UPDATES, Reading, Taken, read_update
from handlers.telegram.webhook import Webhook
from handlers.telegram.webhook_watch import WebhookWatch
from handlers.telegram.without_store import WithoutStore

WEBHOOK_CONNECTIONS: Final = 100
_LOOK_EVERY: Final = 60.0
_PAUSE: Final = 5.0


class TelegramDoor:
    """Lets Telegram's updates in. `take` is what an arrival is given to, and returns when it has taken effect.

    What happens in groups goes to the `desk`; without one it is passed over. Where several processes share a bot,
    `duty` sees to it that one of them polls. `without_store` tells what can be told while the store is away.
    """

    def __init__(  # noqa: PLR0913 - all that a door needs of the world
        self,
        connection: TelegramConnection,
        take: Callable[[Arrival], Awaitable[None]],
        vault: Vault,
        script: Callable[[], Script],
        clock: Clock,
        figures: Figures,
        desk: DeskDoor | None = None,
        *,
        gate: Floodgate | None = None,
        duty: Duty | None = None,
        without_store: WithoutStore | None = None,
    ) -> None:
        self._connection = connection
        self._hand_in = take
        self._vault = vault
        self._script = script
        self._clock = clock
        self._figures = figures
        self._desk = desk
        self._gate = gate
        self._duty = duty
        self._without_store = without_store
        self._posters = Posters(figures)
        self._webhook: Webhook | None = None
        self._was_let_in = False

    def expect_webhook(self, base_url: str, secret: str) -> str:
        """Receive at a webhook instead of polling; the path at which `webhook_handler` is to be mounted."""
        self._webhook = Webhook(base_url, secret, self._read, self._take, self._figures)
        return self._webhook.path

    async def webhook_handler(self, request: web.Request) -> web.Response:
        """What Telegram posts to."""
        if self._webhook is None:
            return web.Response(status=404)
        return await self._webhook.handle(request)

    async def run(self, *, receives: bool = True, introduces: bool = True) -> None:
        """Receive for as long as it runs, where it `receives`; raise TokenError or RefusedError where only a person
        can help.

        A token that was good before ends nothing: people on the web need the bot all the same, and it may have been a
        server in between that did not know it.
        """
        try:
            async with asyncio.TaskGroup() as group:
                if introduces:
                    group.create_task(self._stay_introduced())
                while receives:
                    try:
                        await self._receive()
                        break
                    except TokenError as error:
                        if not self._was_let_in:
                            raise
                        logbook.note_error("telegram_token_refused", error)
                        self._figures.add("telegram_token_refused")
                        await self._clock.sleep(_LOOK_EVERY)
        except ExceptionGroup as errors:
            # Either of the two alone says what is wrong.
            raise errors.exceptions[0] from errors

    async def _receive(self) -> None:
        if self._webhook is not None:
            await self._insist(self._set_webhook)
            self._was_let_in = True
            watched = (self._connection, self._webhook.url, ALLOWED_UPDATES, self._set_webhook)
            await WebhookWatch(*watched, self._clock, self._figures).run()
        if self._duty is None:
            await self._poll()
        else:
            await self._duty.do(self._poll)

    async def _poll(self) -> None:
        await self._insist(self._leave_webhook)
        self._was_let_in = True
        polling = Polling(
            *(self._connection, self._read, self._take, self._clock, self._figures, self._leaves),
            (lambda: True) if self._duty is None else self._duty.is_certain,
        )
        await polling.run()

    async def username(self) -> str:
        """The bot's name in links; raise a ChannelError when Telegram does not tell."""
        try:
            return (await read_by_library(self._connection.bot.get_me())).username or ""
        except TelegramError as error:
            raise translate(error) from error

    def _read(self, raw: bytes) -> Reading:
        reading = read_update(raw, self._vault, self._script())
        self._figures.add("telegram_update", reading.label)
        if reading.source and isinstance(reading.arrival, Arrival):
            self._posters.count(reading.source, reading.arrival.conversation)
        if reading.label == "unreadable":
            logbook.note("telegram_update_unreadable")
        if isinstance(reading.arrival, Knock) and self._desk is None:
            return replace(reading, arrival=None)
        if self._gate is not None and isinstance(reading.arrival, Arrival):
            return replace(reading, arrival=self._admit(reading.arrival, self._gate))
        return reading

    def _admit(self, arrival: Arrival, gate: Floodgate) -> Arrival | None:
        """The arrival, or what is said instead of it to who floods us, or nothing."""
        admission = gate.admit(arrival.conversation, arrival.event, self._script())
        match admission:
            case Admission.IN:
                return arrival
            case Admission.NOTICE:
                self._figures.add("flood", "notice")
                notice = ArrivalId(blake2b(arrival.id, digest_size=8, person=b"too fast").digest())
                return Arrival(arrival.conversation, notice, arrival.address, Flooded())
            case Admission.OVER:
                self._figures.add("flood", "over")
                return None
            case _:
                assert_never(admission)

    async def _take(self, arrival: Taken) -> None:
        """Let it take effect. One that can never be handled must not come again for a day and hold back the rest."""
        for attempt in (1, 2):
            try:
                if not isinstance(arrival, Knock):
                    await self._hand_in(arrival)
                elif self._desk is not None:
                    await self._desk.take(arrival)
                return
            except StoreError as error:
                if await self._is_dealt_with(arrival, error):
                    return
                raise
            except Exception as error:  # noqa: BLE001
                logbook.note_error("arrival_failed", error)
                self._figures.add("arrival_failed", str(attempt))

    async def _is_dealt_with(self, arrival: Taken, error: StoreError) -> bool:
        """Tell people what can be told without the store; whether nothing of it has to be stored later."""
        if self._without_store is None or isinstance(arrival, Knock) or isinstance(error, ConflictError):
            return False
        try:
            return await self._without_store.take(arrival)
        except Exception as fault:  # noqa: BLE001 - it is taken as it is, once the store is back
            logbook.note_error("not_told_without_store", fault)
            return False

    def _leaves(self, arrival: Arrival) -> bool:
        """Whether somebody wants to be gone from here, in whatever way they say it."""
        match arrival.event:
            case Wished(wish):
                return wish is Wish.EXIT
            case Pressed(press):
                pressed = read_press(press)
                return pressed is not None and pressed.wants is Wish.EXIT
            case Typed(words):
                return self._script().understanding.understand(words, None, {}).wish == Wish.EXIT
            case _:
                return False

    async def _insist(self, do: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await do()
                return
            except InvalidToken as error:
                raise TokenError(UNKNOWN_TO_TELEGRAM) from error
            except RetryAfter as error:
                await self._clock.sleep(patience_of(error))
            except BadRequest as error:
                raise RefusedError(
                    f"WAYMARK_TELEGRAM_WEBHOOK_URL is refused by Telegram ({error.message}); it must be an https "
                    "address that Telegram can reach on port 443, 80, 88 or 8443; leave it out to use long polling"
                ) from error
            except TelegramError as error:
                logbook.note_error("telegram_away", error)
                await self._clock.sleep(_PAUSE)

    async def _set_webhook(self) -> None:
        if self._webhook is not None:
            await read_by_library(
                self._connection.bot.set_webhook(
                    self._webhook.url,
                    secret_token=self._webhook.secret,
                    allowed_updates=ALLOWED_UPDATES,
                    max_connections=WEBHOOK_CONNECTIONS,
                )
            )

    async def _leave_webhook(self) -> None:
        """Where a webhook was set before, Telegram refuses to be polled; what waits there is kept."""
        if (await read_by_library(self._connection.bot.get_webhook_info())).url:
            logbook.note("telegram_webhook_left")
            await read_by_library(self._connection.bot.delete_webhook(drop_pending_updates=False))

    async def _stay_introduced(self) -> NoReturn:
        """Keep what Telegram shows of the bot as the live content has it."""
        shown = ""
        while True:
            script, pause = self._script(), _LOOK_EVERY
            if script.version != shown:
                try:
                    await introduce(self._connection.bot, introductions(script))
                    shown = script.version
                except TelegramError as error:
                    logbook.note_error("telegram_not_introduced", error)
                    if isinstance(error, RetryAfter):
                        pause = max(pause, patience_of(error))
            await self._clock.sleep(pause)


async def ask_telegram(token: str, api_url: str) -> str:
    """The name under which Telegram knows a token; raise TokenError, or ChannelDownError while Telegram is away."""
    async with TelegramConnection(token, api_url) as connection:
        try:
            return (await read_by_library(connection.bot.get_me())).username or ""
        except InvalidToken as error:
            raise TokenError(UNKNOWN_TO_TELEGRAM) from error
        except TelegramError as error:
            raise ChannelDownError("Telegram does not answer; is this machine online?") from error


async def ask_webhook(token: str, api_url: str) -> tuple[str, str]:
    """Where Telegram brings what people write, and why that fails while something waits; raise like `ask_telegram`."""
    async with TelegramConnection(token, api_url) as connection:
        try:
            found = await read_by_library(connection.bot.get_webhook_info())
        except InvalidToken as error:
            raise TokenError(UNKNOWN_TO_TELEGRAM) from error
        except TelegramError as error:
            raise ChannelDownError("Telegram does not answer; is this machine online?") from error
    return found.url, (found.last_error_message or "") if found.pending_update_count else ""
