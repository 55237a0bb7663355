"""Takes updates that Telegram posts; says "done" only when an update has taken effect and is durable.

The answer's body stays empty: a method in it would be carried out with nobody knowing whether it was.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from aiohttp import web

from bot import logbook
from bot.figures import Figures
from bot.store.contract import StoreError
from handlers.telegram.updates import Reading, Taken

PROOF_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
BODY_LIMIT: Final = 1024 * 1024
AT_ONCE: Final = 512
"""More than this wait for nobody: Telegram keeps what we turn away and brings it again."""


class Webhook:
    """What stands behind the address that Telegram posts to."""

    def __init__(
        self,
        base_url: str,
        secret: str,
        read: Callable[[bytes], Reading],
        take: Callable[[Taken], Awaitable[None]],
        figures: Figures,
    ) -> None:
        # The path must not tell the secret, for it ends up in other people's logs.
        self.path = f"/telegram/{sha256(f'path of {secret}'.encode()).hexdigest()[:32]}"
        self.url = base_url.rstrip("/") + self.path
        self.secret = secret
        self._read = read
        self._take = take
        self._figures = figures
        self._under_way = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        shown = request.headers.get(PROOF_HEADER, "").encode(errors="surrogateescape")
        if not compare_digest(shown, self.secret.encode()):
            self._figures.add("telegram_update", "forged")
            return web.Response(status=403)
        if self._under_way >= AT_ONCE:
            return web.Response(status=503, headers={"Retry-After": "1"})
        self._under_way += 1
        try:
            return await self._admit(request)
        finally:
            self._under_way -= 1

    async def _admit(self, request: web.Request) -> web.Response:
        raw = await _read_body(request)
        if raw is None:
            return web.Response(status=413)
        reading = self._read(raw)
        if reading.arrival is not None:
            try:
                await self._take(reading.arrival)
            except StoreError as error:
                logbook.note_error("arrival_waits_for_store", error)
                self._figures.add("arrival_waits_for_store")
                return web.Response(status=503, headers={"Retry-After": "5"})
        return web.Response()


async def _read_body(request: web.Request) -> bytes | None:
    if (request.content_length or 0) > BODY_LIMIT:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)
