"""Calls to the Bot API, for the library's Bot and for our own hot path.

The library's own request class takes longer the more connections there are, encodes a form where JSON is enough, and
builds objects of answers that nobody reads: `call` gives the answer's bytes. What goes as JSON, nearly everything, goes
over `HttpPool`, and files over an aiohttp session. All ways raise the library's errors; of these, AnswerLostError alone
says that the call may have taken effect.
"""

import logging
import os
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
import msgspec
import orjson
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot import logbook
from handlers.telegram.http_pool import Answer, HttpPool, Limits, NoAnswerError, NotSentError, Origin, UnreadableError

CONNECT_WITHIN: Final = 3.0
ANSWER_WITHIN: Final = 6.0
"""Shorter than what is being sent is leased for, so that nobody else sends it while we still wait."""

KEEP_ALIVE: Final = 15.0
"""Telegram closes a connection that is idle for longer; a call sent into a closing one would be in doubt."""

MOST_CONNECTIONS: Final = 200
_FILE: Final = "file"
UPLOADED: Final = f"attach://{_FILE}"
_AFTER_SCHEME: Final = len("https://")
_JSON: Final = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
_USUAL: Final = aiohttp.ClientTimeout(total=ANSWER_WITHIN, sock_connect=CONNECT_WITHIN)

# The library warns about every wait it is told unless this is said: it is how one takes its newer type.
os.environ.setdefault("PTB_TIMEDELTA", "true")

LONGEST_PATIENCE: Final = 86_400
"""Telegram keeps updates for a day, and we messages: beyond that nobody waits."""

_ODD: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_Read = TypeVar("_Read")


class AnswerLostError(TimedOut):
    """The call was sent and no answer came: it may have taken effect."""


def patience_of(error: RetryAfter) -> float:
    """How many seconds Telegram asks us to wait."""
    wait = error.retry_after
    seconds = float(wait) if isinstance(wait, int) else wait.total_seconds()
    return min(max(seconds, 1.0), LONGEST_PATIENCE)


async def read_by_library(asked: Awaitable[_Read]) -> _Read:
    """What the library makes of an answer; one it stumbles over is told like every other failure."""
    try:
        return await asked
    except _ODD:
        # Without the cause: its words quote the answer.
        raise TelegramError("Invalid server response") from None


class _Parameters(msgspec.Struct):
    retry_after: float = 0
    migrate_to_chat_id: int = 0


class _Refusal(msgspec.Struct):
    description: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


_REFUSALS: Final = msgspec.json.Decoder(_Refusal)


class TelegramRequest(BaseRequest):
    """The library's way of calling, on connections that stay open."""

    __slots__ = ("_pools", "_session", "_untidy")

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._pools: dict[str, HttpPool | None] = {}
        """By the first part of the address; there is one Bot API."""
        self._untidy: set[str] = set()
        """Servers that answer as only a general client understands."""

    @property
    def read_timeout(self) -> float | None:
        return ANSWER_WITHIN

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS, keepalive_timeout=KEEP_ALIVE, ttl_dns_cache=300),
                timeout=_USUAL,
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        # The library asks twice at the same time where one object serves it for both of its uses.
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            if pool is not None:
                await pool.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        connect_timeout: object = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        pool_timeout: object = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
    ) -> Answer:
        """What the library asks of a request class; of its four timeouts only the answer's is of use here."""
        within = read_timeout if isinstance(read_timeout, int | float) else ANSWER_WITHIN
        if request_data is None:
            return await self.exchange(url, None, within, method)
        if request_data.contains_files:
            return await self.exchange(url, _form(request_data), within, method)
        return await self.exchange(url, orjson.dumps(request_data.parameters), within, method)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """The library would write an answer that is no JSON into the log, with whatever is in it."""
        try:
            answer: object = orjson.loads(payload)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer

    async def exchange(
        self, url: str, body: bytes | aiohttp.FormData | None, within: float, method: str = "POST"
    ) -> Answer:
        """One call and its answer, whatever it says; raise NetworkError when none could be had."""
        if self._session is None:
            raise NetworkError("the connection is not open")
        if isinstance(body, bytes):
            path = url.find("/", _AFTER_SCHEME)
            origin = url[:path]
            pool = self._pool(origin)
            if pool is not None:
                return await self._post(pool, origin, url[path:], body, within)
        timeout = _USUAL if within == ANSWER_WITHIN else aiohttp.ClientTimeout(within, sock_connect=CONNECT_WITHIN)
        headers = _JSON if isinstance(body, bytes) else None
        try:
            async with self._session.request(method, url, data=body, headers=headers, timeout=timeout) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            # The address holds the token: the error's own words must not go further.
            raise NetworkError(f"no connection: {type(error).__name__}") from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise AnswerLostError(f"no answer: {type(error).__name__}") from None

    def _pool(self, origin: str) -> HttpPool | None:
        """Connections to a server; nothing where its address is out of the ordinary, or its answers have been."""
        if origin in self._untidy:
            return None
        if origin not in self._pools:
            server, limits = Origin.of(origin), Limits(MOST_CONNECTIONS, KEEP_ALIVE, CONNECT_WITHIN)
            self._pools[origin] = None if server is None else HttpPool(server, limits)
        return self._pools[origin]

    async def _post(self, pool: HttpPool, origin: str, target: str, body: bytes, within: float) -> Answer:
        try:
            return await pool.post(target, body, within)
        except NotSentError as error:
            raise NetworkError(f"no connection: {error}") from None
        except NoAnswerError as error:
            if isinstance(error, UnreadableError):
                # What a proxy has made of an answer would be in doubt for ever, and the message repeated for a day.
                self._untidy.add(origin)
                logbook.note("telegram_untidy", logging.WARNING)
            raise AnswerLostError(f"no answer: {error}") from None


class TelegramConnection:
    """The bot as Telegram knows it by its token: the library's Bot for what is rare, `call` for what is frequent."""

    def __init__(self, token: str, api_url: str) -> None:
        self._request = TelegramRequest()
        number = token.partition(":")[0]
        self.bot_id = int(number) if number.isdigit() else 0
        """The bot's own id, which every token begins with."""
        self.bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._address = f"{self.bot.base_url}/"

    async def __aenter__(self) -> Self:
        await self._request.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._request.shutdown()

    async def call(self, method: str, parameters: Mapping[str, object], within: float = ANSWER_WITHIN) -> bytes:
        """Call a method; its whole answer as it came, or the library's error for a refusal."""
        return await self._call(method, orjson.dumps(parameters), within)

    async def upload(self, method: str, parameters: Mapping[str, object], content: bytes, kind: str) -> bytes:
        """The same with a file, to which a parameter points with UPLOADED."""
        form = aiohttp.FormData()
        for name, value in parameters.items():
            form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
        # Its name is seen by nobody, and says nothing.
        form.add_field(_FILE, content, filename=_FILE, content_type=kind)
        return await self._call(method, form, ANSWER_WITHIN)

    async def _call(self, method: str, body: bytes | aiohttp.FormData, within: float) -> bytes:
        status, payload = await self._request.exchange(self._address + method, body, within)
        if status != HTTPStatus.OK:
            raise _refusal(status, payload)
        return payload


def _form(request_data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime_type)
    return form


def _refusal(status: int, payload: bytes) -> TelegramError:
    try:
        said = _REFUSALS.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = _Refusal()
    words = said.description or f"status {status}"
    if said.parameters.migrate_to_chat_id:
        return ChatMigrated(said.parameters.migrate_to_chat_id)
    if said.parameters.retry_after or status == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryAfter(int(min(max(said.parameters.retry_after, 1), LONGEST_PATIENCE)))
    match status:
        case HTTPStatus.BAD_REQUEST:
            return BadRequest(words)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            return InvalidToken(words)
        case HTTPStatus.FORBIDDEN:
            return Forbidden(words)
        case HTTPStatus.CONFLICT:
            return Conflict(words)
        case _:
            return NetworkError(words)
