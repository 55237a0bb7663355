"""What stands in a terminal: words, numbered buttons, and by its name what cannot be drawn there."""

import io
from dataclasses import replace

from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import Language
from bot.store.memory_store import MemoryStore
from bot.turns import Turns
from handlers.terminal.chat import TerminalChat
from tests.fakes import NAMES, ManualClock, nobody_takes


class _Nobody:
    def hand_over(self, leased: object) -> None:
        """Nothing is pushed."""

    def call(self, conversation: object) -> None:
        """Nobody waits."""

    def call_lines(self, lane: object) -> None:
        """Nothing is brought anywhere."""


async def test_a_picture_stands_by_its_name_above_its_words(real_script: Script) -> None:
    special = replace(real_script.special, welcome=next(flow for flow in real_script.flows if flow == "offer-check"))
    script, written = replace(real_script, special=special), io.StringIO()
    store = MemoryStore()
    turns = Turns(store, lambda: script, _Nobody(), ManualClock(), Figures(), NAMES, nobody_takes)

    await TerminalChat(turns, store, io.StringIO("1\n"), written).run(Language("en"))

    start, asked = written.getvalue().split("\n> ")[:2]
    assert "[picture: look-closely]\nThink of one job offer." in start
    assert "[picture: sign-pay-first]\n" in asked
    assert "recording" not in written.getvalue()
