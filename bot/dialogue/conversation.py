"""Where one person stands. All of it is kept between turns, so there is no name, number or written word in it.

A place is a pile of frames, innermost last: each flow that was called stands on the one that called it. Each frame
names the step at which it waits by a token made from the authors' ids, so that content may change under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import NewType, TypeAlias

from bot.desk.helplines import HelplineId
from bot.desk.ticket import ReferralState, Stage, TicketId
from bot.messages import Language

NodeToken = NewType("NodeToken", str)
"""Ten characters: four for the flow, four for the screen, two for the step in it."""

Value: TypeAlias = str | Decimal
"""What an answer or a calculation leaves behind in its flow."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One flow in progress: the step it waits at, and the values it has gathered."""

    node: NodeToken
    values: Mapping[str, Value] = field(default_factory=dict)


Frames: TypeAlias = tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Calling:
    """The person's own view of the ticket they opened last.

    `held` counts what waits to be looked at, and `unseen` is what staff's messages among it are called; `noticed` says
    that a neutral line stands for news already. `referred` is the helpline to which they were asked to be passed on,
    `referral` what became of that. `hidden` is set from a quick exit until they return, `judged` once they said whether
    it helped.
    """

    ticket: TicketId
    helpline: HelplineId
    asked: datetime
    stage: Stage = Stage.ASKED
    since: datetime | None = None
    held: int = 0
    referred: HelplineId | None = None
    referral: ReferralState | None = None
    hidden: bool = False
    judged: bool = False
    noticed: bool = False
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that nobody else must see, theirs or ours, until it is 48 hours old: for the quick exit.

    `ref` is what staff's message was called; `hide_at` is when it is covered again. `of_talk` says that a helpline
    wrote it or has it.
    """

    message: str
    at: datetime
    ref: str = ""
    hide_at: datetime | None = None
    of_talk: bool = False


class Limits(IntEnum):
    """Whether somebody knows what the quick exit cannot do; it is said once, after they have used it first."""

    UNUSED = 0
    TO_TELL = 1
    TOLD = 2


@dataclass(frozen=True, slots=True)
class Conversation:
    """A person's language and profile, where they stand, and the waits behind them (for "back"), oldest first.

    `tries` counts wrong answers at this wait; `heard` is the language they were last asked whether to switch to.
    """

    language: Language | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    frames: Frames = ()
    trail: tuple[Frames, ...] = ()
    tries: int = 0
    heard: Language | None = None
    calling: Calling | None = None
    shown: tuple[Shown, ...] = ()
    secret: str | None = None
    """Verifier of the safe pictures or word."""
    active: datetime | None = None
    """When they last did something, where they have a ticket."""
    wrong: tuple[datetime, ...] = ()
    """When wrong pictures were chosen, since the right ones were last."""
    late: bool = False
    """Whether answers that came too late wait, where there is no ticket, behind a neutral line that is there or comes
    when it may."""
    limits: Limits = Limits.UNUSED


NEW_CONVERSATION = Conversation()


def as_number(value: Value | None) -> Decimal:
    """A value to count with: what is not known, or is no number, counts as 0."""
    try:
        number = Decimal(value or 0)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)
