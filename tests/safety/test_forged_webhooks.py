"""Ten thousand posts that Telegram never sent, to the whole bot over real HTTP: none is taken, and none breaks anything.

What somebody sends who has the secret is what Telegram sends, whatever type it says it is of; so all here are without
it, or ask for something else than to have a sensible update taken.
"""

import asyncio
import json
import random
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copy
from typing import Final

from bot.settings import Settings
from bot.wiring import run_bot
from handlers.telegram.webhook import BODY_LIMIT, PROOF_HEADER
from tests.lessons import lessons_of
from tests.telegram_server import FakeTelegram
from tests.whole.running_bot import CONTENT, PATIENCE

SECRET: Final = "Only_Telegram-knows-this-secret-0123456789"
FORGED: Final = 10_000
CONNECTIONS: Final = 6
WORDS: Final = "forged words that nobody ever wrote"
TYPES: Final = (
    *("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("application/octet-stream", "text/html; charset=utf-16", "application/json; charset=utf-7", "x", ""),
)
METHODS: Final = ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "BREW", "post")
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Forgery:
    """One request; `alone` where the connection cannot be used again after it."""

    kind: str
    path: str
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None
    alone: bool = False

    def written(self) -> bytes:
        length = len(self.body) if self.length is None else self.length
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: bot.example", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


async def test_ten_thousand_forged_posts_are_not_taken(quick_folder: Path) -> None:
    async with FakeTelegram(allow_http_webhook=True) as telegram, a_bot_at_a_webhook(quick_folder, telegram) as port:
        await telegram.until(lambda: telegram.updates.webhook.url, timeout=PATIENCE)
        path = telegram.updates.webhook.url.partition(str(port))[2]
        called = len(telegram.calls)
        forgeries = forge(path, random.Random(7))
        started = time.process_time()
        answers = await post_all(port, forgeries)
        seconds = time.process_time() - started
        figures = await ask(port, "/metrics")
        unasked = [call.method for call in telegram.calls[called:] if call.method.startswith(("send", "edit", "copy"))]
        telegram.person(7, language_code="en").send("hello")
        # What Telegram itself sends is taken all the same, and it shows that the others could have been.
        await telegram.until(lambda: telegram.calls_of("sendMessage"), timeout=PATIENCE)
        after = await ask(port, "/metrics")

    by_status = Counter(status for _, status in answers)
    accepted = [one for one in answers if one[1] < 400]
    broken = [one for one in answers if one[1] >= 500]
    sys.stdout.write(
        f"{len(answers)} forged posts: {len(accepted)} accepted, {len(broken)} with 5xx, "
        f"in {seconds:.1f} s of processor; {dict(by_status)}\n"
    )
    assert len(answers) == FORGED
    assert (accepted, broken, unasked) == ([], [], [])
    labels = set(re.findall(r'waymark_telegram_update_total\{label="(\w+)"\}', figures))
    assert labels == {"forged"}
    assert re.findall(r"waymark_page_failed_total.* (\d+)\n", figures) == ["0"]
    assert 'waymark_telegram_update_total{label="typed"} 1' in after


def forge(path: str, rng: random.Random) -> list[Forgery]:
    """As many of each kind, mixed."""
    kinds: tuple[Callable[[str, random.Random, bytes], Forgery], ...] = (
        *(_without_secret, _near_secret, _near_secret, _random_secret, _elsewhere_secret),
        *(_wrong_method, _wrong_path, _wrong_type, _oversized, _malformed),
    )
    return [kinds[number % len(kinds)](path, rng, _update(number)) for number in range(FORGED)]


def _update(number: int) -> bytes:
    chat = {"id": 5_000_000 + number, "type": "private"}
    message = {"message_id": number, "date": 1_790_000_000, "chat": chat, "from": {"id": chat["id"]}, "text": WORDS}
    return json.dumps({"update_id": number, "message": message}).encode()


def _without_secret(path: str, rng: random.Random, body: bytes) -> Forgery:
    return Forgery("no secret", path, headers=(("Content-Type", "application/json"),), body=body)


def _near_secret(path: str, rng: random.Random, body: bytes) -> Forgery:
    place = rng.randrange(len(SECRET))
    other = rng.choice([letter for letter in "aZ09_-" if letter != SECRET[place]])
    near = rng.choice(
        [
            SECRET[:place] + other + SECRET[place + 1 :],
            SECRET[:place],
            SECRET[place + 1 :],
            SECRET + other,
            other + SECRET,
            SECRET.swapcase(),
            SECRET * 2,
            f'"{SECRET}"',
            f"{SECRET},{SECRET}",
            f"Bearer {SECRET}",
            SECRET[:place] + " " + SECRET[place:] if place else f"{SECRET};",
            SECRET[:place] + "\u200b" + SECRET[place:],
            SECRET.replace("-", "%2D"),
            SECRET[::-1],
        ]
    )
    return Forgery("near secret", path, headers=((PROOF_HEADER, near),), body=body)


def _random_secret(path: str, rng: random.Random, body: bytes) -> Forgery:
    letters = "".join(chr(rng.choice((*range(33, 127), *range(0xA1, 0x2FF)))) for _ in range(rng.randrange(1, 300)))
    return Forgery("random secret", path, headers=((PROOF_HEADER, letters),), body=body)


def _elsewhere_secret(path: str, rng: random.Random, body: bytes) -> Forgery:
    """The right one, but where it does not belong."""
    number = rng.randrange(5)
    header = ("X-Telegram-Bot-Api-Secret", "Authorization", "Cookie", "X_Telegram_Bot_Api_Secret_Token", "X-Token")[
        number
    ]
    place = f"{path}?{PROOF_HEADER}={SECRET}" if rng.random() < 0.3 else path
    return Forgery("secret elsewhere", place, headers=((header, SECRET),), body=body)


def _wrong_method(path: str, rng: random.Random, body: bytes) -> Forgery:
    method = rng.choice(METHODS)
    return Forgery("method", path, method, ((PROOF_HEADER, SECRET),), body, alone=method in {"HEAD", "post"})


def _wrong_path(path: str, rng: random.Random, body: bytes) -> Forgery:
    place = rng.randrange(len("/telegram/"), len(path))
    other = rng.choice([letter for letter in "0123456789abcdef" if letter != path[place]])
    wrong = rng.choice(
        [
            path[:place] + other + path[place + 1 :],
            path[:place],
            path + "/",
            path + other,
            "/" + path,
            path.upper(),
            path.replace("/telegram/", "/"),
            "/telegram/",
            "/telegram/" + SECRET,
            path + "/../../etc/passwd",
            path + "%00",
            "/" + "%2e%2e/" * 5 + "etc/passwd",
            "/static/../telegram",
            "/%ff%fe",
        ]
    )
    return Forgery("path", wrong, headers=((PROOF_HEADER, SECRET),), body=body)


def _wrong_type(path: str, rng: random.Random, body: bytes) -> Forgery:
    near = _near_secret(path, rng, body)
    return replace(near, kind="type", headers=(*near.headers, ("Content-Type", rng.choice(TYPES))))


def _oversized(path: str, rng: random.Random, body: bytes) -> Forgery:
    """It says how much there is to come; nothing of it is waited for."""
    length = BODY_LIMIT + 1 + rng.randrange(1 << rng.choice((1, 20, 40)))
    knows = ((PROOF_HEADER, SECRET),) if rng.random() < 0.5 else ()
    return Forgery("oversized", path, headers=knows, body=body, length=length, alone=True)


def _malformed(path: str, rng: random.Random, body: bytes) -> Forgery:
    """No request at all, for those who read strictly."""
    headers = rng.choice(
        [
            (("Content-Length", "5"), (PROOF_HEADER, SECRET)),
            (("Transfer-Encoding", "chunked"), (PROOF_HEADER, SECRET)),
            (("Transfer-Encoding", "chunked, gzip"), (PROOF_HEADER, SECRET)),
            (("X-Long", "x" * 9000), (PROOF_HEADER, SECRET)),
            (("Bad Name", "x"), (PROOF_HEADER, SECRET)),
            (("X-Nul", "a\0b"), (PROOF_HEADER, SECRET)),
            ((PROOF_HEADER, SECRET + "\x01"),),
        ]
    )
    return Forgery("malformed", path, headers=headers, body=body, alone=True)


async def post_all(port: int, forgeries: list[Forgery]) -> list[tuple[str, int]]:
    """What each was answered, over a few connections."""
    answers: list[tuple[str, int]] = []

    async def post_some(some: list[Forgery]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in some:
            writer.write(one.written())
            status, stays = await _answer(reader, has_body=one.method != "HEAD")
            answers.append((one.kind, status))
            if one.alone or not stays:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(post_some(forgeries[start::CONNECTIONS]) for start in range(CONNECTIONS)))
    return answers


async def ask(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.decode()


async def _answer(reader: asyncio.StreamReader, *, has_body: bool = True) -> tuple[int, bool]:
    """The status, and whether one may go on asking on this connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = _STATUS.match(head), _LENGTH.search(head)
    assert status is not None
    if has_body and length is not None:
        await reader.readexactly(int(length[1]))
    return int(status[1]), head.startswith(b"HTTP/1.1") and b"connection: close" not in head.lower()


@asynccontextmanager
async def a_bot_at_a_webhook(folder: Path, telegram: FakeTelegram) -> AsyncIterator[int]:
    """The bot as it runs in production behind a proxy; gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = Settings(
        telegram_token=telegram.token,
        telegram_api_url=telegram.url,
        telegram_webhook_url=f"http://127.0.0.1:{port}",
        telegram_webhook_secret=SECRET,
        data_dir=folder / "var",
        content_dir=CONTENT,
        http_port=port,
    )
    stop, ready = asyncio.Event(), asyncio.Event()
    learned = folder / "var" / "learned"
    learned.mkdir(mode=0o700, parents=True)
    task: asyncio.Task[None] | None = None
    try:
        with lessons_of(CONTENT, "bot") as lessons:
            for lesson in lessons.iterdir():
                (learned / lesson.name).symlink_to(lesson)
            task = asyncio.create_task(run_bot(settings, stop, lambda _: None, ready.set, pacing=None))
            waiting = asyncio.create_task(ready.wait())
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if task.done():
                await task
            for lesson in learned.iterdir():
                if not lesson.is_symlink():
                    copy(lesson, lessons)
        yield port
    finally:
        stop.set()
        if task is not None:
            async with asyncio.timeout(PATIENCE):
                await task
