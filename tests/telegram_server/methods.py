"""What the methods of the Bot API do; a method that nobody taught answers with the smallest true value."""

from typing import Final

from tests.telegram_server.bot_methods import BOT_METHODS
from tests.telegram_server.calls import Call
from tests.telegram_server.group_methods import GROUP_METHODS
from tests.telegram_server.message_methods import MESSAGE_METHODS
from tests.telegram_server.values import Json, RefusedError

BEHAVIOURS: Final = {**BOT_METHODS, **MESSAGE_METHODS, **GROUP_METHODS}


def carry_out(call: Call) -> Json:
    """Do what the call asks; raise RefusedError where Telegram would not."""
    behaviour = BEHAVIOURS.get(call.method)
    if behaviour is not None:
        return behaviour(call)
    method = call.world.schema.method(call.method)
    if method is None:
        raise RefusedError("Not Found", code=404)
    if "chat_id" in call.params:
        call.world.find_chat(call.params["chat_id"]).check_open_for_bot()
    return call.world.schema.plausible(method.returns[0])
