"""What the terminal shows when the bot has started: where it answers, and how people reach it."""

import io
import socket
from typing import Final

import segno

from bot.settings import Settings

_ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # only recognised here, never chosen for anybody
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def chat_address(settings: Settings, port: int) -> str:
    """Where people open the chat page: the public address, else this machine's own in its network."""
    if settings.public_url is not None:
        return settings.public_url + "/"
    host = _own_address() if settings.http_host in _ANY else settings.http_host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def console_address(settings: Settings, port: int) -> str:
    """Where staff open the console; on this machine by its name, for a passkey belongs to a name."""
    if settings.public_url is None and settings.http_host in _LOCAL:
        return f"http://localhost:{port}/desk"
    return f"{chat_address(settings, port)}desk"


def greet(settings: Settings, port: int, telegram_name: str | None) -> str:
    """The lines to print once everything answers."""
    address = chat_address(settings, port)
    lines = [f"Waymark answers at {address}", "", *_qr(address)]
    if settings.public_url is None and settings.http_host not in _ANY:
        lines.append(
            "Only this machine can open that address. For a phone in the same Wi-Fi: WAYMARK_HTTP_HOST=0.0.0.0 make run"
        )
    if telegram_name is not None:
        lines += [f"Telegram: https://t.me/{telegram_name}", "", *_qr(f"https://t.me/{telegram_name}")]
    else:
        lines.append(
            "Telegram is off. To add it: ask @BotFather for a bot, then WAYMARK_TELEGRAM_TOKEN=12345:AbC… make run"
        )
    lines.append(f"Helpline staff work at {console_address(settings, port)}; enrol them with: waymark staff invite")
    lines.append("Stop with Ctrl+C.")
    return "\n".join(lines)


def greet_worker(settings: Settings, port: int) -> str:
    """The line to print where nobody but machines comes by."""
    return f"Waymark works behind the others; whether it is well: http://{settings.http_host}:{port}/readyz"


def _qr(address: str) -> list[str]:
    drawing = io.StringIO()
    segno.make(address, error="l").terminal(drawing, compact=True)
    return drawing.getvalue().splitlines()


def _own_address() -> str:
    """This machine's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
