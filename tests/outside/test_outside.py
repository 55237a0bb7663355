"""The second channel: a real mail server and a real web server hear that somebody waits, and nothing about a person."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
import pytest
from aiohttp import web

from bot.channel import ChannelDownError, RefusedError, UnreachableError
from bot.messages import Message, plain
from bot.store.contract import Address, Outgoing, OutgoingId, Priority
from handlers.outside import Hook, Mail, OutsideChannel, ping_watcher

ALERT = Outgoing(
    OutgoingId(b"123456789"),
    Address("outside", f"thai ~{'a' * 20}07"),
    Message(plain("A case has waited since 14:05.")),
    priority=Priority.ALERT,
)
SECRET = "a secret of sixteen"


@dataclass
class MailServer:
    """Speaks as much SMTP as a mail takes."""

    answer: str = "250 taken"
    mails: list[str] = field(default_factory=list)
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(body.decode())
                writer.write(f"{self.answer}\r\n".encode())
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()
        await writer.drain()
        writer.close()


@asynccontextmanager
async def a_mail_server(answer: str = "250 taken") -> AsyncIterator[MailServer]:
    mail = MailServer(answer)
    server = await asyncio.start_server(mail.talk, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail


@dataclass
class WebServer:
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.signatures.append(request.headers.get("X-Waymark-Signature", ""))
        return web.Response(status=self.status)


@asynccontextmanager
async def a_web_server(status: int = 200) -> AsyncIterator[WebServer]:
    server = WebServer(status)
    application = web.Application()
    application.router.add_route("*", "/alarm", server.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/alarm"
    yield server
    await runner.cleanup()


def mail_to(port: int) -> Mail:
    return Mail(f"smtp://127.0.0.1:{port}", "bot@example.org", ("desk@example.org",))


async def test_a_mail_says_that_somebody_waits() -> None:
    async with a_mail_server() as server:
        await OutsideChannel(mail_to(server.port), None).deliver(ALERT)

    (mail,) = server.mails
    assert "To: desk@example.org" in mail
    assert "A case has waited since 14:05." in mail


async def test_a_webhook_is_signed_and_holds_only_the_helpline_and_the_alias() -> None:
    async with a_web_server() as server:
        await OutsideChannel(None, Hook(server.url, SECRET)).deliver(ALERT)

    (body,) = server.bodies
    assert set(orjson.loads(body)) == {"helpline", "case", "text"}
    assert "~" not in body.decode()
    assert server.signatures == [hmac.digest(SECRET.encode(), body, "sha256").hex()]


async def test_one_way_that_works_is_enough() -> None:
    async with a_mail_server() as server:
        both = OutsideChannel(mail_to(server.port), Hook("http://127.0.0.1:1/alarm", SECRET))
        await both.deliver(ALERT)

    assert len(server.mails) == 1


async def test_what_is_away_is_tried_again_and_what_refuses_is_not() -> None:
    with pytest.raises(ChannelDownError):
        await OutsideChannel(mail_to(1), None).deliver(ALERT)
    with pytest.raises(ChannelDownError):
        await OutsideChannel(None, Hook("http://127.0.0.1:1/alarm", SECRET)).deliver(ALERT)
    async with a_mail_server("554 no") as server:
        with pytest.raises(RefusedError):
            await OutsideChannel(mail_to(server.port), None).deliver(ALERT)
    async with a_web_server(403) as hook:
        with pytest.raises(RefusedError):
            await OutsideChannel(None, Hook(hook.url, SECRET)).deliver(ALERT)
    async with a_web_server(503) as hook:
        with pytest.raises(ChannelDownError):
            await OutsideChannel(None, Hook(hook.url, SECRET)).deliver(ALERT)


async def test_without_a_second_channel_nobody_can_be_reached() -> None:
    with pytest.raises(UnreachableError):
        await OutsideChannel(None, None).deliver(ALERT)


async def test_the_watcher_outside_is_asked_and_its_absence_harms_nobody() -> None:
    async with a_web_server(500) as server:
        await ping_watcher(server.url)
    await ping_watcher("http://127.0.0.1:1/alarm")

    assert len(server.bodies) == 1
