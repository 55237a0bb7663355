"""The same work in python-telegram-bot, the way its documentation shows it for a web server of one's own."""

import sys
from pathlib import Path

import msgspec
from aiohttp import web
from redis.asyncio import Redis
from telegram import InlineKeyboardMarkup, MessageEntity, Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from benchmarks.crowd import TOKEN
from benchmarks.reference import State


class Screen(msgspec.Struct):
    """What a press leads to."""

    text: str
    reply_markup: dict[str, object]
    entities: list[dict[str, object]] = []


def main(port: int, api_url: str, store_url: str, screens: dict[str, Screen]) -> None:
    """Run it."""
    redis = Redis.from_url(store_url)
    builder = Application.builder().token(TOKEN).base_url(f"{api_url}/bot").updater(None)
    bot = builder.concurrent_updates(concurrent_updates=True).build()

    async def show(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query is None or query.data is None:
            return
        kept = await redis.get(f"peer:{query.from_user.id}")
        state = msgspec.json.decode(kept, type=State) if kept else State()
        state.turns += 1
        state.trail = [*state.trail, query.data][-10:]
        await redis.set(f"peer:{query.from_user.id}", msgspec.json.encode(state), ex=2_592_000)
        screen = screens[query.data]
        keyboard = InlineKeyboardMarkup.de_json(screen.reply_markup)
        entities = MessageEntity.de_list(screen.entities)
        await query.answer()
        await query.edit_message_text(
            screen.text, entities=entities, reply_markup=keyboard, disable_web_page_preview=True
        )

    async def take(request: web.Request) -> web.Response:
        await bot.update_queue.put(Update.de_json(await request.json(), bot.bot))
        return web.Response()

    async def begin(_application: web.Application) -> None:
        await bot.initialize()
        await bot.start()

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ready\n")

    bot.add_handler(CallbackQueryHandler(show))
    application = web.Application()
    application.on_startup.append(begin)
    application.add_routes([web.post("/update", take), web.get("/readyz", ready)])
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    screens = msgspec.json.decode(Path(sys.argv[4]).read_bytes(), type=dict[str, Screen])
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], screens)
