"""The same work in aiogram with its own storage in Redis, the way its documentation shows it for a webhook."""

import sys
from pathlib import Path

import msgspec
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.fsm.context import FSMContext
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message, MessageEntity
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from benchmarks.crowd import TOKEN
from benchmarks.peer import Screen


def main(port: int, api_url: str, store_url: str, screens: dict[str, Screen]) -> None:
    """Run it."""
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url)))
    dispatcher = Dispatcher(storage=RedisStorage.from_url(store_url, state_ttl=2_592_000, data_ttl=2_592_000))

    @dispatcher.callback_query()
    async def show(query: CallbackQuery, state: FSMContext) -> None:
        if query.data is None or not isinstance(query.message, Message):
            return
        told = await state.get_data()
        trail = [*told.get("trail", []), query.data][-10:]
        await state.set_data({"turns": told.get("turns", 0) + 1, "trail": trail})
        screen = screens[query.data]
        await query.answer()
        await query.message.edit_text(
            screen.text,
            entities=[MessageEntity.model_validate(one) for one in screen.entities],
            reply_markup=InlineKeyboardMarkup.model_validate(screen.reply_markup),
            disable_web_page_preview=True,
        )

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ready\n")

    application = web.Application()
    application.add_routes([web.get("/readyz", ready)])
    SimpleRequestHandler(dispatcher, bot).register(application, path="/update")
    setup_application(application, dispatcher, bot=bot)
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    screens = msgspec.json.decode(Path(sys.argv[4]).read_bytes(), type=dict[str, Screen])
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], screens)
