import re
from pathlib import Path

import bot.dialogue
from bot.dialogue.wording import ENGINE_PHRASES

CODE = Path(bot.dialogue.__file__).parent
SAID = re.compile(r'(?:phrase|note)\("([a-z-]+)"')


def test_every_phrase_that_the_engine_says_is_named_as_needed() -> None:
    said = {name for path in CODE.glob("*.py") for name in SAID.findall(path.read_text("utf-8"))}

    assert said
    assert said <= set(ENGINE_PHRASES)
