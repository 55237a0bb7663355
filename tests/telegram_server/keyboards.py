"""Keyboards as Telegram takes them: one action for a button, short data, links that open, not too many of anything."""

from typing import Final

from tests.telegram_server.marked_text import link_mistake
from tests.telegram_server.values import Json, Notes, RefusedError, Table

BUTTON_LIMIT: Final = 100
ROW_LIMIT: Final = 8

_ACTIONS: Final = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_REQUESTS: Final = (
    "request_users",
    "request_chat",
    "request_managed_bot",
    "request_contact",
    "request_location",
    "request_poll",
    "web_app",
)
# Looked at in a private chat only; elsewhere Telegram answers with an error.
_PRIVATE_ONLY: Final = ("request_contact", "request_location", "request_poll", "web_app")


def check_markup(markup: Table, *, private: bool, notes: Notes) -> None:
    """Raise RefusedError for a markup that Telegram does not take."""
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], notes)
        for row in rows:
            for button in row:
                _check_inline_button(button)
    elif "keyboard" in markup:
        rows = _rows(markup["keyboard"], notes)
        if not rows:
            raise RefusedError("reply keyboard is empty")
        for row in rows:
            for button in row:
                _check_reply_button(button, private=private)
    elif markup.get("remove_keyboard") is False or markup.get("force_reply") is False:
        notes.append("a markup that asks for nothing")


def inline_buttons(markup: Json) -> list[list[Table]]:
    """The inline buttons of a markup, row by row."""
    if not isinstance(markup, dict):
        return []
    return _rows(markup.get("inline_keyboard"), [])


def reply_buttons(markup: Json) -> list[list[Table]]:
    if not isinstance(markup, dict):
        return []
    return _rows(markup.get("keyboard"), [])


def _rows(rows: Json, notes: Notes) -> list[list[Table]]:
    read = (
        [[button for button in row if isinstance(button, dict)] for row in rows or [] if isinstance(row, list)]
        if isinstance(rows, list)
        else []
    )
    kept = [row for row in read if row]
    if len(kept) < len(read):
        notes.append("an empty row of buttons")
    if sum(len(row) for row in kept) > BUTTON_LIMIT:
        raise RefusedError("reply markup is too long")
    if any(len(row) > ROW_LIMIT for row in kept):
        # Telegram moves them to further rows: the keyboard is not the one that was designed.
        notes.append(f"more than {ROW_LIMIT} buttons in a row")
    return kept


def _check_inline_button(button: Table) -> None:
    if not str(button["text"]).strip():
        raise RefusedError("can't parse inline keyboard button: Button text must be non-empty")
    actions = [name for name in _ACTIONS if name in button and button[name] not in ("", False)]
    # An empty query is a query, an empty address or empty data is nothing.
    actions += [name for name in _ACTIONS if name.startswith("switch_inline") and button.get(name) == ""]
    if not actions:
        raise RefusedError("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise RefusedError("can't parse inline keyboard button: exactly one action must be used")
    if "url" in actions and (mistake := link_mistake(str(button["url"]))) is not None:
        raise RefusedError(f"inline keyboard button URL '{button['url']}' is invalid: {mistake}")
    if "web_app" in actions:
        _check_web_app("inline keyboard button", button["web_app"])
    if "pay" in actions or "callback_game" in actions:
        raise RefusedError("BUTTON_TYPE_INVALID")
    if "login_url" in actions:
        raise RefusedError("BOT_DOMAIN_INVALID")


def _check_reply_button(button: Table, *, private: bool) -> None:
    if not str(button["text"]).strip():
        raise RefusedError("can't parse keyboard button: Button text must be non-empty")
    requests = [name for name in _REQUESTS if button.get(name) not in (None, False)]
    if len(requests) > 1:
        raise RefusedError("can't parse keyboard button: at most one action must be used")
    if requests and not private and requests[0] in _PRIVATE_ONLY:
        what = {"request_contact": "phone number", "request_location": "location"}.get(requests[0], requests[0])
        raise RefusedError(f"{what} can be requested in private chats only")
    if "web_app" in requests:
        _check_web_app("keyboard button", button["web_app"])


def _check_web_app(where: str, web_app: Json) -> None:
    url = str(web_app.get("url")) if isinstance(web_app, dict) else ""
    if not url.startswith("https://"):
        raise RefusedError(f"{where} Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    if (mistake := link_mistake(url)) is not None:
        raise RefusedError(f"{where} Web App URL '{url}' is invalid: {mistake}")
