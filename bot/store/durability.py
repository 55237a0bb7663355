"""Whether a store keeps what it acknowledges: the bot does not run on one that may lose a cry for help."""

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from bot.store.contract import StoreDownError, StoreError

_PATIENCE: Final = 5.0
WANTED: Final = {
    "appendonly": ("yes", "everything is lost when the store stops"),
    "appendfsync": ("always", "the last answers are lost when its machine stops"),
    "maxmemory-policy": ("noeviction", "conversations are thrown away when memory is short"),
}


class UnsafeStoreError(StoreError):
    """The store may lose what it acknowledges, or lets anybody in; one line for each reason."""


async def inspect_store(url: str) -> list[str]:
    """What is wrong with the one server at a URL; of Sentinel and Cluster nothing can be said from here."""
    if "+" in url.partition("://")[0]:
        return []
    client = Redis.from_url(url, socket_timeout=None)
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check_configuration(client)
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreDownError("the store does not answer; is it running, and is WAYMARK_STORE_URL right?") from error
    finally:
        await client.aclose()


async def check_configuration(client: Redis) -> list[str]:
    """Tell in plain words what is wrong, nothing when all is well; of a Cluster, ask each node by itself."""
    try:
        answer = await client.config_get(*WANTED, "requirepass")
    except ResponseError:
        # Refused by its access list, or renamed by its operator.
        settings = ", ".join(f"{name} {value}" for name, (value, _) in WANTED.items())
        problem = (
            "the store does not show its settings, so nobody can tell whether it keeps what it acknowledges; "
            f"allow CONFIG GET to the bot's user, and set a password and {settings}"
        )
        return [problem]
    found = {_text(name): _text(value) for name, value in answer.items()}
    problems = [
        f"the store has {name} {found.get(name) or 'unset'}, so {loss}; set {name} {value}"
        for name, (value, loss) in WANTED.items()
        if found.get(name) != value
    ]
    if not found.get("requirepass") and await _lets_anybody_in(client):
        problems.append("the store asks for no password, so anybody who reaches it reads it; set requirepass")
    return problems


async def _lets_anybody_in(client: Redis) -> bool:
    """With access lists, a store without requirepass may still be closed."""
    try:
        user = await client.acl_getuser("default")
    except ResponseError:
        # Only a store with access lists forbids this.
        return False
    flags = user.get("flags") if user else None
    if not isinstance(flags, list):
        return True
    names = {_text(flag) for flag in flags if isinstance(flag, str | bytes)}
    return "off" not in names and "nopass" in names


def _text(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
