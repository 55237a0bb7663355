"""The settings, read once from a mapping that is handed in; all mistakes are told at once, with what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

TELEGRAM: Final = "https://api.telegram.org"
STORE_SCHEMES: Final = frozenset(
    {"redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster", "unix"}
)
NAMES: Final = frozenset(
    {
        "WAYMARK_TELEGRAM_TOKEN",
        "WAYMARK_TELEGRAM_API_URL",
        "WAYMARK_TELEGRAM_WEBHOOK_URL",
        "WAYMARK_TELEGRAM_WEBHOOK_SECRET",
        "WAYMARK_STORE_URL",
        "WAYMARK_STORE_CA",
        "WAYMARK_STORE_CERTIFICATE",
        "WAYMARK_STORE_KEY",
        "WAYMARK_DATA_DIR",
        "WAYMARK_CONTENT_DIR",
        "WAYMARK_HTTP_HOST",
        "WAYMARK_HTTP_PORT",
        "WAYMARK_PUBLIC_URL",
        "WAYMARK_ALARM_SMTP_URL",
        "WAYMARK_ALARM_MAIL_FROM",
        "WAYMARK_ALARM_MAIL_TO",
        "WAYMARK_ALARM_WEBHOOK_URL",
        "WAYMARK_ALARM_WEBHOOK_SECRET",
        "WAYMARK_WATCH_URL",
        "WAYMARK_TRACES_URL",
    }
)
_STORE_FILES: Final = {
    "WAYMARK_STORE_CA": "ssl_ca_certs",
    "WAYMARK_STORE_CERTIFICATE": "ssl_certfile",
    "WAYMARK_STORE_KEY": "ssl_keyfile",
}
"""Settings that become part of the store's address, as its client's library names them there."""

_TOKEN: Final = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{1,100}")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{16,256}")


class ProcessRole(StrEnum):
    """What one process does of all that there is to do; as many as wanted of each share a store."""

    ALL = "all"
    WEB = "web"
    """What people and Telegram reach: webhook, chat page, console."""
    WORKER = "worker"
    """What goes on by itself: delivery of what was left behind, timers, watch, census, retention, polling."""

    @property
    def is_reached(self) -> bool:
        """Whether people reach this process."""
        return self is not ProcessRole.WORKER

    @property
    def goes_on(self) -> bool:
        """Whether it does what goes on by itself."""
        return self is not ProcessRole.WEB


class SettingsError(Exception):
    """Settings that cannot work; one line for each mistake."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the people who run the bot decide. Secrets are kept out of any print."""

    telegram_token: str | None = field(default=None, repr=False)
    telegram_api_url: str = TELEGRAM
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: str | None = field(default=None, repr=False)
    store_url: str | None = field(default=None, repr=False)
    data_dir: Path = Path("var")
    content_dir: Path = Path("content")
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    public_url: str | None = None
    alarm_smtp_url: str | None = field(default=None, repr=False)
    alarm_mail_from: str | None = None
    alarm_mail_to: tuple[str, ...] = ()
    alarm_webhook_url: str | None = field(default=None, repr=False)
    alarm_webhook_secret: str | None = field(default=None, repr=False)
    watch_url: str | None = field(default=None, repr=False)
    traces_url: str | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; raise SettingsError with every mistake."""
        told = {name: value.strip() for name, value in environ.items() if name in NAMES and value.strip()}
        mistakes = _mistakes(told, {name for name in environ if name.startswith("WAYMARK_")} - NAMES)
        if mistakes:
            raise SettingsError("\n".join(mistakes))
        return cls(
            telegram_token=told.get("WAYMARK_TELEGRAM_TOKEN"),
            telegram_api_url=told.get("WAYMARK_TELEGRAM_API_URL", TELEGRAM).rstrip("/"),
            telegram_webhook_url=_base(told.get("WAYMARK_TELEGRAM_WEBHOOK_URL")),
            telegram_webhook_secret=told.get("WAYMARK_TELEGRAM_WEBHOOK_SECRET"),
            store_url=_store_url(told),
            data_dir=Path(told.get("WAYMARK_DATA_DIR", "var")),
            content_dir=Path(told.get("WAYMARK_CONTENT_DIR", "content")),
            http_host=told.get("WAYMARK_HTTP_HOST", "127.0.0.1"),
            http_port=int(told.get("WAYMARK_HTTP_PORT", "8080")),
            public_url=_base(told.get("WAYMARK_PUBLIC_URL")),
            alarm_smtp_url=told.get("WAYMARK_ALARM_SMTP_URL"),
            alarm_mail_from=told.get("WAYMARK_ALARM_MAIL_FROM"),
            alarm_mail_to=_addresses(told.get("WAYMARK_ALARM_MAIL_TO", "")),
            alarm_webhook_url=told.get("WAYMARK_ALARM_WEBHOOK_URL"),
            alarm_webhook_secret=told.get("WAYMARK_ALARM_WEBHOOK_SECRET"),
            watch_url=told.get("WAYMARK_WATCH_URL"),
            traces_url=told.get("WAYMARK_TRACES_URL"),
        )


def _store_url(told: Mapping[str, str]) -> str | None:
    url = told.get("WAYMARK_STORE_URL")
    files = {query: told[name] for name, query in _STORE_FILES.items() if name in told}
    if url is None or not files:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(one for one in (parts.query, urlencode(files)) if one)))


def _mistakes(told: Mapping[str, str], unknown: set[str]) -> list[str]:
    mistakes = [f"{name} is no setting of ours; see the list in README.md" for name in sorted(unknown)]
    if not _TOKEN.fullmatch(told.get("WAYMARK_TELEGRAM_TOKEN", "1:a")):
        mistakes.append("WAYMARK_TELEGRAM_TOKEN is not a bot token; BotFather gives you one, like 12345:AbC…")
    mistakes += [
        f"{name} is not an address; write it like https://example.org"
        for name in (
            *("WAYMARK_TELEGRAM_API_URL", "WAYMARK_PUBLIC_URL", "WAYMARK_ALARM_WEBHOOK_URL"),
            *("WAYMARK_WATCH_URL", "WAYMARK_TRACES_URL"),
        )
        if name in told and not _is_url(told[name], {"http", "https"})
    ]
    if "WAYMARK_TELEGRAM_WEBHOOK_URL" in told and not _is_url(told["WAYMARK_TELEGRAM_WEBHOOK_URL"], {"https"}):
        mistakes.append("WAYMARK_TELEGRAM_WEBHOOK_URL must begin with https://; leave it out to use long polling")
    if not _SECRET.fullmatch(told.get("WAYMARK_TELEGRAM_WEBHOOK_SECRET", "a" * 16)):
        mistakes.append(
            "WAYMARK_TELEGRAM_WEBHOOK_SECRET must be 16 to 256 letters, digits, - or _; leave it out to have one made"
        )
    if "WAYMARK_STORE_URL" in told and not _is_store_url(told["WAYMARK_STORE_URL"]):
        mistakes.append(
            "WAYMARK_STORE_URL is no address of a store; write it like redis://:password@host:6379, unix:///path, "
            "redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379 (rediss for TLS); "
            "leave it out to use the built-in store"
        )
    mistakes += _certificate_mistakes(told)
    port = told.get("WAYMARK_HTTP_PORT", "8080")
    if not (port.isascii() and port.isdigit() and int(port) <= 65_535):
        mistakes.append("WAYMARK_HTTP_PORT must be a number from 0 to 65535; 0 takes any free port")
    return mistakes + _alarm_mistakes(told)


def _certificate_mistakes(told: Mapping[str, str]) -> list[str]:
    files = {name: Path(told[name]) for name in _STORE_FILES if name in told}
    mistakes = [f"{name} is no file that can be read: {file}" for name, file in files.items() if not file.is_file()]
    if files and not told.get("WAYMARK_STORE_URL", "").startswith("rediss"):
        mistakes.append(f"{', '.join(files)}: needs TLS; let WAYMARK_STORE_URL begin with rediss")
    if ("WAYMARK_STORE_CERTIFICATE" in files) != ("WAYMARK_STORE_KEY" in files):
        mistakes.append("WAYMARK_STORE_CERTIFICATE and WAYMARK_STORE_KEY belong together")
    return mistakes


def _alarm_mistakes(told: Mapping[str, str]) -> list[str]:
    """What must stand together for the second channel to work."""
    mistakes = []
    smtp = told.get("WAYMARK_ALARM_SMTP_URL")
    mail = ("WAYMARK_ALARM_MAIL_FROM", "WAYMARK_ALARM_MAIL_TO")
    if smtp is not None and not _is_url(smtp, {"smtp", "smtps"}):
        mistakes.append(
            "WAYMARK_ALARM_SMTP_URL is no mail server; write it like smtps://user:password@mail.example:465"
        )
    if smtp is not None and any(name not in told for name in mail):
        mistakes.append("WAYMARK_ALARM_SMTP_URL needs WAYMARK_ALARM_MAIL_FROM and WAYMARK_ALARM_MAIL_TO beside it")
    if smtp is None and any(name in told for name in mail):
        mistakes.append("WAYMARK_ALARM_MAIL_FROM and WAYMARK_ALARM_MAIL_TO need WAYMARK_ALARM_SMTP_URL beside them")
    mistakes += [
        f"{name} holds no e-mail address; write it like desk@example.org, several with commas"
        for name in mail
        if name in told and not all("@" in one for one in _addresses(told[name]))
    ]
    if "WAYMARK_ALARM_WEBHOOK_URL" in told and len(told.get("WAYMARK_ALARM_WEBHOOK_SECRET", "")) < 16:
        mistakes.append("WAYMARK_ALARM_WEBHOOK_SECRET must be at least 16 characters beside WAYMARK_ALARM_WEBHOOK_URL")
    return mistakes


def _addresses(told: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in told.split(",") if one.strip())


def _is_url(value: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_store_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        hosts = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
        has_ports = all(host.port != 0 for host in hosts)
    except ValueError:
        # Its words would quote the address, and with it a password.
        return False
    has_name = "sentinel" not in parts.scheme or bool(parts.path.strip("/"))
    return parts.scheme in STORE_SCHEMES and has_ports and has_name


def _base(url: str | None) -> str | None:
    return url.rstrip("/") if url else None
