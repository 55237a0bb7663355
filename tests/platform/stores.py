"""Addresses of stores for the bot's own user, and a bot that is to stop at once."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from tests.store.servers import Server

USER: Final = "waymark"
PASSWORD: Final = "a-password-of-tests-only"


def an_address(server: Server) -> str:
    """The server, for the bot's own user."""
    return as_our_user(server.url)


def as_our_user(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{USER}:{PASSWORD}@{parts.netloc}{parts.path}"


def stopped() -> asyncio.Event:
    """A bot that starts all the same ends at once, so that the test fails and does not wait."""
    event = asyncio.Event()
    event.set()
    return event
