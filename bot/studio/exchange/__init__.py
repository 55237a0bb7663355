"""Texts on their way to translators and back: as a spreadsheet, as XLIFF 2, as PO.

Each module turns units into the bytes of a file, and the bytes of a file into what came back; what becomes of that is
decided in `bot.studio.units`.
"""

from bot.studio.exchange import po, spreadsheet, xliff
from bot.studio.exchange.errors import ExchangeError

__all__ = ["ExchangeError", "po", "spreadsheet", "xliff"]
