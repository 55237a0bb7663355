"""What staff's buttons carry: the ticket, how far it was when the button was made, the action, and a mark of ours.

`~` ‖ 22 signs of the ticket ‖ step ‖ `.` ‖ action ‖ ten signs that only we can make; 64 bytes at most. The step makes
the same action another button each time the ticket has moved on, so that each works once. Whoever presses is looked
up anew each time: a button is no permission.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from bot.desk.ticket import TicketId
from bot.messages import PRESS_BYTES
from bot.store.sealing import Vault

DESK_PRESS: Final = "~"
"""How the data of staff's buttons begin; those of people never do."""

ARGUMENT_AT_MOST: Final = 20
_TICKET: Final = 22
_STAMP: Final = 10
_GROUP: Final = "!"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class TicketPress:
    """A button of a ticket. `argument` may be shortened: compare with `short(…)` of what it may name."""

    ticket: TicketId
    step: int
    verb: str
    argument: str = ""

    @property
    def name(self) -> str:
        """What the ticket remembers it by, once it was used."""
        return f"{_written(self.step)}.{_action(self.verb, self.argument)}"


@dataclass(frozen=True, slots=True)
class GroupPress:
    """A button of a whole group: everybody in it may be there. `moment` tells since when that is in doubt."""

    moment: int


DeskPress = TicketPress | GroupPress


def short(argument: str) -> str:
    """An id as a button carries it: as it is, or as a digest where it is long."""
    if len(argument.encode()) <= ARGUMENT_AT_MOST:
        return argument
    return "#" + blake2b(argument.encode(), digest_size=6).hexdigest()


def write_press(vault: Vault, ticket: TicketId, step: int, action: str) -> str:
    """A button's data for a bare action such as `claim` or `close:helped`."""
    verb, _, argument = action.partition(":")
    return _sealed(vault, f"{DESK_PRESS}{ticket[1:]}{_written(step)}.{_action(verb, short(argument))}")


def write_group_press(vault: Vault, moment: int) -> str:
    """The data of the button that says that a group is in order."""
    return _sealed(vault, f"{DESK_PRESS}{_GROUP}{moment}")


def read_press(vault: Vault, data: str) -> DeskPress | None:
    """The press behind a button's data; nothing where it is not ours as it stands."""
    body, stamp = data[:-_STAMP], data[-_STAMP:]
    if not body.startswith(DESK_PRESS) or len(data.encode()) > PRESS_BYTES:
        return None
    if not vault.is_stamp(body, stamp):
        return None
    rest = body[1:]
    if rest.startswith(_GROUP):
        return GroupPress(int(rest[1:]))
    step, _, action = rest[_TICKET:].partition(".")
    verb, _, argument = action.partition(":")
    return TicketPress(TicketId(DESK_PRESS + rest[:_TICKET]), int(step, 36), verb, argument)


def _sealed(vault: Vault, body: str) -> str:
    return body + vault.stamp(body)


def _action(verb: str, argument: str) -> str:
    return f"{verb}:{argument}" if argument else verb


def _written(step: int) -> str:
    digits = ""
    while True:
        step, digit = divmod(step, len(_DIGITS))
        digits = _DIGITS[digit] + digits
        if not step:
            return digits
