"""A Telegram that refuses what Telegram refuses: the Bot API over real HTTP, with people, faults and a screen.

async with FakeTelegram(token="1:A") as telegram:
    person = telegram.person(7, language_code="km")
    person.start()
    …
    assert telegram.violations == []
"""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import BodyPartReader, web

from tests.telegram_server.calls import Call, Upload
from tests.telegram_server.chats import Chat
from tests.telegram_server.clock import Clock
from tests.telegram_server.faults import Faults
from tests.telegram_server.methods import BEHAVIOURS, carry_out
from tests.telegram_server.people import Group, Person
from tests.telegram_server.schema import load_schema
from tests.telegram_server.screen import act, draw_messages, draw_phone
from tests.telegram_server.updates import Updates
from tests.telegram_server.values import Json, Notes, RefusedError, Table
from tests.telegram_server.world import World

DEFAULT_TOKEN = "123456789:AAFakeTokenForTestsOnly-abcdefghijkl"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call as it was answered; `at` is monotonic."""

    method: str
    params: Table
    at: float
    answer: Table

    @property
    def ok(self) -> bool:
        return self.answer["ok"] is True


@dataclass(frozen=True, slots=True)
class Violation:
    """What Telegram refused, or let pass although no careful bot sends it (`refused` is False)."""

    method: str
    why: str
    params: Table
    refused: bool


class FakeTelegram:
    """The server and everything on it; use it as an async context manager."""

    def __init__(
        self,
        token: str = DEFAULT_TOKEN,
        *,
        port: int = 0,
        seed: int = 0,
        validate: bool = True,
        record: bool = True,
        allow_http_webhook: bool = False,
        retry_scale: float = 1.0,
    ) -> None:
        self.token = token
        self.clock = Clock()
        self.faults = Faults(seed)
        self.schema = load_schema()
        self.calls: list[RecordedCall] = []
        self.violations: list[Violation] = []
        self.untaught: set[str] = set()
        self.call_count = 0
        self.updates = Updates(self.clock, self.faults, random.Random(seed), retry_scale)
        self.world = World(_bot(token), self.clock, self.faults, self.updates, self.schema, strict=validate)
        self.world.on_change = self.updates.on_change = self._changed
        self.updates.answer_in_webhook = self._answer_in_webhook
        self._validate = validate
        self._record = record
        self._allow_http_webhook = allow_http_webhook
        self._port = port
        self._prefix = f"/bot{token}/"
        self._file_prefix = f"/file/bot{token}/"
        self._waiting: set[asyncio.Future[None]] = set()
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.updates.close()
        self.faults.up()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """What a bot takes instead of https://api.telegram.org."""
        return f"http://127.0.0.1:{self._port}"

    def person(
        self,
        id: int,  # noqa: A002 -- Telegram's word
        *,
        language_code: str | None = None,
        first_name: str = "Sok",
        username: str | None = None,
        started: bool = False,
    ) -> Person:
        """Someone with a phone; `started` when they have written to the bot before."""
        if id in self.world.people:
            return Person(self.world, self.world.people[id], self.world.chats[id])
        user: Table = {"id": id, "is_bot": False, "first_name": first_name}
        if language_code is not None:
            user["language_code"] = language_code
        if username is not None:
            user["username"] = username
        self.world.people[id] = user
        chat = self.world.private_chat(user)
        chat.started = started
        return Person(self.world, user, chat)

    def group(
        self,
        id: int,  # noqa: A002 -- Telegram's word
        title: str = "Helpline",
        *,
        kind: str = "supergroup",
        forum: bool = False,
        bot: str = "administrator",
        members: tuple[Person, ...] = (),
    ) -> Group:
        """A group in which the bot is `administrator`, `member`, `left` or `kicked`."""
        body: Table = {"id": id, "type": kind, "title": title}
        if forum:
            body["is_forum"] = True
        chat = self.world.group_chat(body)
        chat.bot_status = bot
        chat.members = {member.id: "member" for member in members}
        return Group(self.world, chat)

    def chat(self, chat_id: int) -> Chat:
        return self.world.chats[chat_id]

    def calls_of(self, *methods: str) -> list[RecordedCall]:
        return [call for call in self.calls if call.method in methods]

    async def until(self, condition: Callable[[], object], timeout: float = 60.0) -> None:  # noqa: ASYNC109
        """Wait until the condition holds; it is looked at after every call and every update."""
        async with asyncio.timeout(timeout):
            while not condition():
                change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.add(change)
                try:
                    await change
                finally:
                    self._waiting.discard(change)

    def _changed(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.faults.is_down:
            return _hang_up(request)
        path = request.rel_url.path
        if not path.startswith(self._prefix):
            return await self._handle_elsewhere(path, request)
        method = path[len(self._prefix) :]
        sent, files = await _read_params(request)
        if self.faults.latency_seconds:
            await asyncio.sleep(self.faults.latency_seconds)
        answer = await self._answer(method, sent, files)
        delay = self.faults.delay_of_answer(method)
        if delay:
            await asyncio.sleep(delay)
        if self.faults.loses_answer(method) or self.faults.is_down:
            return _hang_up(request)
        return _json(answer)

    async def _handle_elsewhere(self, path: str, request: web.BaseRequest) -> web.Response:
        if path.startswith(self._file_prefix):
            kept = self.world.files.get(path.rpartition("/")[2])
            if kept is not None:
                return web.Response(body=kept.content, content_type="application/octet-stream")
        elif path in ("/screen", "/screen/messages"):
            return await self._show_screen(path, request)
        elif path.startswith("/bot"):
            return _json(_refusal(RefusedError("Unauthorized", code=401)))
        return _json(_refusal(RefusedError("Not Found", code=404)))

    async def _show_screen(self, path: str, request: web.BaseRequest) -> web.Response:
        person = self.person(_int(request.query.get("chat", "7")))
        if path == "/screen":
            return web.Response(text=draw_phone(person), content_type="text/html")
        if request.method == "POST":
            act(person, {name: str(value) for name, value in (await request.post()).items()})
        return web.Response(text=draw_messages(person), content_type="text/html")

    async def _answer(self, method: str, sent: Table | None, files: dict[str, Upload]) -> Table:
        at = time.monotonic()
        notes: Notes = []
        try:
            if sent is None:
                raise RefusedError("can't parse the request body")
            self.faults.strike_before(method)
            params = self._read(method, sent, notes)
            if method == "getUpdates":
                result = await self._get_updates(params, notes)
                answer: Table = {"ok": True, "result": result}
            else:
                answer = self._carry_out(method, params, files, notes)
        except RefusedError as error:
            answer = _refusal(error)
            if error.code in (400, 404) and not error.tolerated:
                self.violations.append(Violation(method, error.description, sent or {}, refused=True))
        self.violations.extend(Violation(method, note, sent or {}, refused=False) for note in notes)
        self.call_count += 1
        if self._record:
            self.calls.append(RecordedCall(method, sent or {}, at, answer))
        self._changed()
        return answer

    def _read(self, method: str, sent: Table, notes: Notes) -> Table:
        shape = self.schema.method(method)
        if shape is None:
            raise RefusedError("Not Found", code=404)
        return shape.read(sent, notes) if self._validate else shape.decode(sent)

    def _carry_out(self, method: str, params: Table, files: dict[str, Upload], notes: Notes) -> Table:
        call = Call(self.world, method, params, notes, files, self._allow_http_webhook)
        if method not in BEHAVIOURS:
            self.untaught.add(method)
        answer: Table = {"ok": True, "result": carry_out(call)}
        if call.description is not None:
            answer["description"] = call.description
        return answer

    async def _get_updates(self, params: Table, notes: Notes) -> list[Json]:
        self.updates.allow(params.get("allowed_updates"), notes.append)
        offset, limit, timeout = (params.get(name, 0) for name in ("offset", "limit", "timeout"))
        return await self.updates.poll(_int(offset), _int(limit) or 100, min(_int(timeout), 50))

    def _answer_in_webhook(self, answer: Json) -> None:
        """A webhook's answer may hold a method; its result is lost to the bot."""
        if not isinstance(answer, dict) or "method" not in answer:
            return
        method, notes = str(answer["method"]), Notes()
        sent = {name: value for name, value in answer.items() if name != "method"}
        try:
            self._carry_out(method, self._read(method, sent, notes), {}, notes)
        except RefusedError as error:
            self.violations.append(Violation(method, error.description, sent, refused=True))


def _bot(token: str) -> Table:
    return {
        "id": int(token.partition(":")[0]),
        "is_bot": True,
        "first_name": "Waymark",
        "username": "waymark_test_bot",
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def _read_params(request: web.BaseRequest) -> tuple[Table | None, dict[str, Upload]]:
    """Query string and body together, as Telegram takes them; None for a body it cannot read."""
    params: Table = dict(request.query)
    files: dict[str, Upload] = {}
    if not request.body_exists:
        return params, files
    kind = request.content_type
    if kind == "application/json":
        body = await request.read()
        try:
            sent: Json = json.loads(body) if body else {}
        except ValueError:
            return None, files
        if not isinstance(sent, dict):
            return None, files
        params.update(sent)
    elif kind == "multipart/form-data":
        reader = await request.multipart()
        async for part in reader:
            if isinstance(part, BodyPartReader) and part.name is not None:
                if part.filename is None:
                    params[part.name] = await part.text()
                else:
                    files[part.name] = Upload(part.filename, bytes(await part.read()))
                    params.setdefault(part.name, f"attach://{part.name}")
    else:
        params.update({name: str(value) for name, value in (await request.post()).items()})
    # A file that a parameter points to with attach:// is no parameter itself.
    pointed_at = " ".join(str(value) for value in params.values())
    for name in files:
        if params[name] == f"attach://{name}" and pointed_at.count(f"attach://{name}") > 1:
            del params[name]
    return params, files


def _json(answer: Table) -> web.Response:
    code = answer.get("error_code", 200)
    return web.Response(
        body=json.dumps(answer, ensure_ascii=False).encode(),
        status=code if isinstance(code, int) else 200,
        content_type="application/json",
    )


def _refusal(error: RefusedError) -> Table:
    answer: Table = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters is not None:
        answer["parameters"] = error.parameters
    return answer


def _hang_up(request: web.BaseRequest) -> web.Response:
    """Close the connection without a byte; what is returned never leaves."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _int(value: Json) -> int:
    return int(value) if isinstance(value, int | str) and str(value).lstrip("-").isdigit() else 0
