"""Load, decide, commit: what turns an arrival into a stored turn."""

from bot.turns.arrival import Arrival
from bot.turns.turns import Messengers, Turns

__all__ = ["Arrival", "Messengers", "Turns"]
