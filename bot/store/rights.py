"""What the bot must be allowed to do with a store, and whether it is.

It is tried before anything is written: a script that is stopped midway has written half of what belongs together.
"""

import re
from collections.abc import Sequence
from enum import Enum
from hashlib import sha1
from typing import Final, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from bot.store.keys import PROBE

RIGHTS: Final = (
    "resetkeys resetchannels ~{s*}:* -@all "
    "+auth +hello +ping +client|setinfo +client|setname +config|get +time +waitaof "
    "+cluster|slots +cluster|shards +cluster|nodes +command +asking +scan +readonly "
    "+eval +evalsha +get +set +del +exists +expire +pttl "
    "+hget +hgetall +hset +hsetnx +hdel +hlen "
    "+lindex +llen +lpop +lrange +lset +ltrim +rpush "
    "+sadd +srem +smembers +zadd +zcard +zrange +zrem +zremrangebyscore +zrevrange +zscore"
)
"""All that the bot does with a store, as rules of an access list: no other command, and no key but its own."""

RIGHTS_BEFORE_WAITAOF: Final = RIGHTS.replace("+client|setinfo ", "").replace("+waitaof", "+wait")
"""The same for a Redis before 7.2, which takes no rule about a command that it does not know."""

_UNKNOWN: Final = re.compile(r"(ERR )?unknown command", re.IGNORECASE)
_REFUSAL: Final = re.compile(
    rf"{_UNKNOWN.pattern}|(ERR )?(ACL failure|The user executing the script can't run)", re.IGNORECASE
)
"""How an answer begins by which a server says out of a script that we may not, or that it does not know a command.

A Redis before 7.2 has words of its own for the first, and does not tell which command it was.
"""


class Kind(Enum):
    """What a server is part of."""

    SINGLE = "one server"
    REPLICATED = "one of those that Sentinel watches"
    CLUSTER = "one of a Cluster"


_Command: TypeAlias = tuple[str | bytes | int, ...]
_HERE: Final = PROBE[0]
TRIED: Final[Sequence[_Command]] = (
    *(("PING",), ("SCAN", 0, "COUNT", 1)),
    *(("EVAL", "return 1", 0), ("EVALSHA", sha1(b"return 1", usedforsecurity=False).hexdigest(), 0)),
    # What lies there now is text, so whatever wants a list, a set or a hash changes nothing.
    *(("SET", _HERE, "", "EX", 10), ("GET", _HERE), ("EXISTS", _HERE), ("PTTL", _HERE)),
    *(("HGET", _HERE, "a"), ("HGETALL", _HERE), ("HSET", _HERE, "a", ""), ("HSETNX", _HERE, "a", "")),
    *(("HDEL", _HERE, "a"), ("HLEN", _HERE), ("LINDEX", _HERE, 0), ("LLEN", _HERE), ("LPOP", _HERE)),
    *(("LRANGE", _HERE, 0, 0), ("LSET", _HERE, 0, ""), ("LTRIM", _HERE, 0, 0), ("RPUSH", _HERE, "")),
    *(("SADD", _HERE, ""), ("SREM", _HERE, ""), ("SMEMBERS", _HERE), ("ZADD", _HERE, 0, ""), ("ZCARD", _HERE)),
    *(("ZRANGE", _HERE, 0, 0), ("ZREM", _HERE, ""), ("ZREMRANGEBYSCORE", _HERE, 0, 0)),
    *(("ZREVRANGE", _HERE, 0, 0), ("ZSCORE", _HERE, "")),
    # Where SET is refused, one of those may have made something: it has an end, and goes.
    *(("EXPIRE", _HERE, 10), ("DEL", _HERE)),
)
"""Each command of ours and of our scripts once, in an order that leaves nothing behind. TIME is not among them: it is
better to run on a clock that is not compared than not to run."""

_PROOFS: Final[Sequence[_Command]] = (("WAITAOF", 0, 0, 0), ("WAIT", 0, 0))
TRIED_MORE: Final[dict[Kind, Sequence[_Command]]] = {
    Kind.SINGLE: (),
    Kind.REPLICATED: _PROOFS,
    Kind.CLUSTER: (
        *(*_PROOFS, ("COMMAND COUNT",)),
        *(("CLUSTER SLOTS",), ("CLUSTER SHARDS",), ("CLUSTER NODES",), ("ASKING",), ("READONLY",)),
    ),
}


async def missing_rights(client: Redis, kind: Kind) -> list[str]:
    """Which commands one server refuses to the user of a client, or does not know.

    A replica refuses to write, and a server of a Cluster sends on to another, only after it has seen that we may.
    """
    commands = (*TRIED_MORE[kind], *TRIED)
    trial = client.pipeline(transaction=False)
    for command in commands:
        trial.execute_command(*command)
    answers = await trial.execute(raise_on_error=False)
    refused = {str(command[0]): answer for command, answer in zip(commands, answers, strict=True) if is_refusal(answer)}
    # One of the two is enough: WAIT is for servers that do not know the other.
    refused.pop("WAITAOF" if is_unknown(refused.get("WAITAOF")) else "WAIT", None)
    return list(refused)


def is_unknown(answer: object) -> bool:
    """Whether a server's answer says that it does not know a command at all."""
    return isinstance(answer, ResponseError) and _UNKNOWN.match(str(answer)) is not None


def is_refusal(answer: object) -> bool:
    """Whether a server's answer says that we may not do this, there or within a script, or that it cannot."""
    if isinstance(answer, NoPermissionError):
        return True
    return isinstance(answer, ResponseError) and _REFUSAL.match(str(answer)) is not None
