"""Short names for the steps at which people wait, made from the authors' ids.

A token keeps flow, screen and step apart, so that somebody whose step is gone can be led to what is left of the place.
Tokens go into stored conversations and into buttons, where sixty-four bytes must hold them and a value.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from bot.dialogue.conversation import NodeToken

FLOW_PART: Final = 4
SCREEN_PART: Final = 8
WHOLE: Final = 10


def node_token(flow: str, screen: str, step: str) -> NodeToken:
    """The token of a step; `step` is its key in the text ids: `choose`, `ask-2`, `call`."""
    return NodeToken(screen_token(flow, screen) + _short(step)[: WHOLE - SCREEN_PART])


def screen_token(flow: str, screen: str) -> str:
    """The first eight characters of the tokens of all steps of a screen."""
    return flow_token(flow) + _short(screen)[: SCREEN_PART - FLOW_PART]


def flow_token(flow: str) -> str:
    """The first four characters of the tokens of all steps of a flow."""
    return _short(flow)[:FLOW_PART]


@lru_cache(maxsize=4096)
def _short(name: str) -> str:
    return urlsafe_b64encode(blake2b(name.encode(), digest_size=6).digest()).decode()
