"""The bare baseline: the same work by hand, with the same libraries and nothing else.

It reads an update, gets the person's state as JSON, looks up what the press leads to, sets the state, edits the message
and answers the press. It keeps no secrets, recognises no repetition, and what it had not sent is lost when it dies.
"""

import asyncio
import sys
from pathlib import Path

import aiohttp
import msgspec
import orjson
from aiohttp import web
from redis.asyncio import Redis

from benchmarks.crowd import TOKEN


class State(msgspec.Struct):
    """What is kept about a person."""

    language: str = "en"
    profile: dict[str, str] = {}
    turns: int = 0
    trail: list[str] = []


SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("session", aiohttp.ClientSession)


def build_application(api_url: str, store_url: str, screens: dict[str, dict[str, object]]) -> web.Application:
    """The whole bot."""
    redis = Redis.from_url(store_url)
    address = f"{api_url}/bot{TOKEN}/"

    async def call(session: aiohttp.ClientSession, method: str, body: dict[str, object]) -> None:
        headers = {"Content-Type": "application/json"}
        async with session.post(address + method, data=orjson.dumps(body), headers=headers) as answer:
            await answer.read()

    async def take(request: web.Request) -> web.Response:
        query = orjson.loads(await request.read())["callback_query"]
        chat, press = query["message"]["chat"]["id"], query["data"]
        kept = await redis.get(f"bare:{chat}")
        state = msgspec.json.decode(kept, type=State) if kept else State()
        screen = screens[press]
        state.turns += 1
        state.trail = [*state.trail, press][-10:]
        await redis.set(f"bare:{chat}", msgspec.json.encode(state), ex=2_592_000)
        session = request.app[SESSION]
        await asyncio.gather(
            call(session, "editMessageText", {"chat_id": chat, "message_id": query["message"]["message_id"], **screen}),
            call(session, "answerCallbackQuery", {"callback_query_id": query["id"]}),
        )
        return web.Response()

    async def ready(_request: web.Request) -> web.Response:
        await redis.set("bare:ready", b"", ex=10)
        return web.Response(text="ready\n")

    async def open_session(application: web.Application) -> None:
        application[SESSION] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200))

    application = web.Application()
    application.on_startup.append(open_session)
    application.add_routes([web.post("/update", take), web.get("/readyz", ready)])
    return application


if __name__ == "__main__":
    port, api_url, store_url, screens = sys.argv[1:]
    application = build_application(api_url, store_url, orjson.loads(Path(screens).read_bytes()))
    web.run_app(application, host="127.0.0.1", port=int(port), access_log=None, print=None)
