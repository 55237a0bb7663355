"""Codes of authenticator apps: six digits that change each half minute, and each works once."""

import hmac
from datetime import datetime
from typing import Final

import pyotp

from bot.desk.ticket import StaffId
from bot.store.contract import ConflictError
from bot.store.shelf import Shelf, ShelfKind

STEP_SECONDS: Final = 30
_SECRET_LETTERS: Final = 32
_STEPS: Final = (0, -1, 1)
"""Phones' clocks are off: the code before and the one after count, too."""


def new_secret() -> str:
    """A fresh secret, in the letters that apps take."""
    return pyotp.random_base32()


def address_for_app(secret: str, name: str, issuer: str) -> str:
    """What the QR code for the app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


class OneTimeCodes:
    """Checks codes, and remembers on the shelf which were used."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def accept(self, member: StaffId, secret: str, code: str, now: datetime) -> bool:
        """Whether a code is right and was not used before; from now on it was. Raise StoreError."""
        digits = "".join(letter for letter in code if not letter.isspace())
        step = _step_of(secret, digits, now)
        if step is None:
            return False
        try:
            await self._shelf.write_shelf(ShelfKind.USED, f"{member}\0{step}", b"used", 0)
        except ConflictError:
            return False
        return True


def _step_of(secret: str, digits: str, now: datetime) -> int | None:
    if len(secret) < _SECRET_LETTERS or len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    try:
        one_time = pyotp.TOTP(secret, interval=STEP_SECONDS)
        codes = {current + offset: one_time.at((current + offset) * STEP_SECONDS) for offset in _STEPS}
    except ValueError:
        # While somebody joins, the secret comes back from their browser, and may be anything.
        return None
    return next((step for step, right in codes.items() if hmac.compare_digest(digits, right)), None)
