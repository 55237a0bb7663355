"""What a bot says about itself, its files, and where its updates go."""

import ipaddress
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from tests.telegram_server.calls import Call
from tests.telegram_server.updates import Webhook
from tests.telegram_server.values import Json, RefusedError, Table, utf16_length

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_WEBHOOK_PORTS: Final = (80, 88, 443, 8443)


def _get_me(call: Call) -> Json:
    return call.world.bot


def _get_file(call: Call) -> Json:
    kept = call.world.files.get(call.text("file_id"))
    if kept is None:
        raise RefusedError("invalid file_id")
    return kept.described() | {"file_path": f"documents/{kept.file_id}"}


def _set_my_commands(call: Call) -> Json:
    for command in call.rows("commands"):
        if not isinstance(command, dict) or _COMMAND.fullmatch(str(command["command"])) is None:
            raise RefusedError("BOT_COMMAND_INVALID")
    call.world.commands[_scope(call), _language(call)] = call.rows("commands")
    return True


def _delete_my_commands(call: Call) -> Json:
    call.world.commands.pop((_scope(call), _language(call)), None)
    return True


def _get_my_commands(call: Call) -> Json:
    return call.world.commands.get((_scope(call), _language(call)), [])


def _set_my(what: str) -> Callable[[Call], Json]:
    def set_my(call: Call) -> Json:
        call.world.profile[what, _language(call)] = call.text(what)
        return True

    return set_my


def _get_my(what: str) -> Callable[[Call], Json]:
    def get_my(call: Call) -> Json:
        profile = call.world.profile
        return {what: profile.get((what, _language(call))) or profile.get((what, ""), "")}

    return get_my


def _set_chat_menu_button(call: Call) -> Json:
    call.world.menu_buttons[call.number("chat_id")] = call.table("menu_button") or {"type": "default"}
    return True


def _get_chat_menu_button(call: Call) -> Json:
    buttons = call.world.menu_buttons
    return buttons.get(call.number("chat_id")) or buttons.get(0) or {"type": "commands"}


def _set_webhook(call: Call) -> Json:
    updates = call.world.updates
    url = call.text("url")
    if url:
        _check_webhook_url(call, url)
    secret = call.text("secret_token")
    if _SECRET.fullmatch(secret) is None:
        raise RefusedError("secret token contains unallowed characters")
    updates.allow(call.params.get("allowed_updates"), call.notes.append)
    webhook = Webhook(url, secret, call.number("max_connections", 40))
    drop = call.flag("drop_pending_updates")
    if webhook == updates.webhook and not drop:
        call.description = "Webhook is already set" if url else "Webhook is already deleted"
        return True
    updates.set_webhook(webhook, drop_pending=drop)
    call.description = "Webhook was set" if url else "Webhook was deleted"
    return True


def _delete_webhook(call: Call) -> Json:
    was_set = bool(call.world.updates.webhook.url)
    call.world.updates.set_webhook(Webhook(), drop_pending=call.flag("drop_pending_updates"))
    call.description = "Webhook was deleted" if was_set else "Webhook is already deleted"
    return True


def _get_webhook_info(call: Call) -> Json:
    updates = call.world.updates
    info: Table = {
        "url": updates.webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.pending),
    }
    if updates.webhook.url:
        info |= {"max_connections": updates.webhook.max_connections, "ip_address": "127.0.0.1"}
        if updates.last_error is not None:
            info |= {"last_error_date": updates.last_error[0], "last_error_message": updates.last_error[1]}
    if updates.allowed_as_sent:
        info["allowed_updates"] = updates.allowed_as_sent
    return info


BOT_METHODS: Final[dict[str, Callable[[Call], Json]]] = {
    "getMe": _get_me,
    "getFile": _get_file,
    "setMyCommands": _set_my_commands,
    "deleteMyCommands": _delete_my_commands,
    "getMyCommands": _get_my_commands,
    "setMyName": _set_my("name"),
    "getMyName": _get_my("name"),
    "setMyDescription": _set_my("description"),
    "getMyDescription": _get_my("description"),
    "setMyShortDescription": _set_my("short_description"),
    "getMyShortDescription": _get_my("short_description"),
    "setChatMenuButton": _set_chat_menu_button,
    "getChatMenuButton": _get_chat_menu_button,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _get_webhook_info,
}


def _scope(call: Call) -> str:
    scope = call.table("scope") or {"type": "default"}
    return " ".join(str(value) for _, value in sorted(scope.items(), reverse=True))


def _language(call: Call) -> str:
    code = call.text("language_code")
    if code and _LANGUAGE.fullmatch(code) is None:
        raise RefusedError("invalid language code specified")
    return code


def _check_webhook_url(call: Call, url: str) -> None:
    parts = urlsplit(url)
    if call.allow_http_webhook and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise RefusedError("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in _WEBHOOK_PORTS:
        raise RefusedError("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    host = parts.hostname or ""
    try:
        reserved = not ipaddress.ip_address(host).is_global
    except ValueError:
        if "." not in host:
            raise RefusedError("bad webhook: Failed to resolve host: Name or service not known") from None
    else:
        if reserved:
            raise RefusedError(f"bad webhook: IP address {host} is reserved")
    if utf16_length(url) > 2048:
        raise RefusedError("bad webhook: URL is too long")
