"""A question without an answer reaches the store after the turn, once, and never at the turn's expense."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.compiler import compile_content
from bot.dialogue.events import Typed
from bot.dialogue.script import Script
from bot.language import Understood
from bot.messages import ConversationId
from bot.store.contract import ConflictError, StoreDownError, Wondering
from tests.builders import SOMEBODY
from tests.dialogue.little_world import TODAY, PlainEars, little_script
from tests.turns.test_turns import HeldStore, House, settled

QUESTION = "may i keep chickens"


class SharingEars(PlainEars):
    """Lets everything be shared."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """What is spelled out, and all of it to be shared."""
        return replace(super().understand(text, language, profile), shareable=text)


class ListeningStore(HeldStore):
    """Remembers what was wondered at."""

    def __init__(self) -> None:
        super().__init__()
        self.wondered_at: list[Wondering] = []

    async def wonder(self, wondering: Wondering, now: datetime) -> None:
        self.wondered_at.append(wondering)


class ForgetfulStore(HeldStore):
    """Wonders at nothing."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def wonder(self, wondering: Wondering, now: datetime) -> None:
        raise self.error


@pytest.fixture
def script(tmp_path: Path) -> Script:
    little_script(tmp_path)
    return compile_content(tmp_path, TODAY, SharingEars).script


async def test_what_five_people_ask_in_vain_is_listed(script: Script) -> None:
    house = House(script)
    for person in range(5):
        assert await house.store.wonders(house.clock.now()) == []
        await house.take(Typed(QUESTION), who=ConversationId(f"person-{person}"))

    [listed] = await house.store.wonders(house.clock.now())
    assert (listed.text, listed.people) == (QUESTION, 5)


async def test_a_turn_decided_twice_or_repeated_asks_once(script: Script) -> None:
    store = ListeningStore()
    house = await settled(House(script, store))
    store.errors = [ConflictError("first")]
    asked = house.arrival(Typed(QUESTION))

    await house.turns.take(asked)
    await house.turns.take(asked)

    assert store.wondered_at == [Wondering(QUESTION, "en", SOMEBODY)]


@pytest.mark.parametrize("error", [StoreDownError("gone"), LookupError(QUESTION)])
async def test_a_store_that_cannot_take_it_costs_the_person_nothing(
    script: Script, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    house = House(script, ForgetfulStore(error))
    caplog.set_level(logging.DEBUG)

    await house.take(Typed(QUESTION))

    assert await house.words()
    assert house.figures.counts["wonder_failed", type(error).__name__] == 1
    assert QUESTION not in caplog.text
