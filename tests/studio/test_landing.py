"""People who are in the middle of something when new content goes live land softly: nobody is stuck.

Ten thousand conversations stand anywhere in the old content; then screens are renamed, changed and taken out, a whole
dialogue too. Everybody does the next thing that people do, and goes on from there.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from bot.compiler import compile_content
from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Elapsed, Event, Looked, Opened, Pressed, Typed, Wish, Wished
from bot.dialogue.presses import Answer, read_press
from bot.dialogue.script import Script
from bot.messages import Language, Message
from tests.compiler.content_builder import TODAY, generate_content
from tests.dialogue.laws import stands_somewhere
from tests.dialogue.little_world import NOW

PEOPLE: Final = 10_000
SCREENS: Final = 60
ENGLISH: Final = Language("en")
MOVED: Final = "Words for moved"


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in the old content, and the buttons on their screen."""

    conversation: Conversation
    presses: tuple[str, ...]


def change(content: Path) -> None:
    """What an editor does: rename, take out, say otherwise, offer another answer."""
    flows = content / "flows"
    first = (flows / "part-aa.yaml").read_text("utf-8")
    first = first.replace("  s3:\n", "  papers:\n    was: [s3]\n    steps:\n").replace("{to: s3}", "{to: papers}")
    before, steps, after = first.partition("    steps:\n")
    body, mark, rest = after.partition("  s4:\n")
    first = before + steps + "".join(f"  {line}\n" for line in body.splitlines()) + mark + rest
    # The second dialogue goes as a whole.
    (flows / "part-aa.yaml").write_text(first.replace("flow:part-ab", "flow:part-ac"), "utf-8")
    (flows / "part-ab.yaml").unlink()
    last = (flows / "part-ac.yaml").read_text("utf-8")
    gone, following = last.index("  s5:\n"), last.index("  s6:\n")
    last = last[:gone].replace("{to: s5}", "{to: s6}") + last[following:]
    at, end = last.index("  s9:\n"), last.index("  s10:\n")
    other = last[at:end].replace('"no": "No"', 'never: "Never"').replace("Keep your passport", "Always keep it")
    (flows / "part-ac.yaml").write_text(last[:at] + other + last[end:], "utf-8")


def presses_in(messages: tuple[Message, ...]) -> tuple[str, ...]:
    return tuple(button.press for message in messages for row in message.rows for button in row)


def anywhere(script: Script, random: Random) -> list[Standing]:
    """People who pressed whatever they liked, some a few times and some very often."""
    start = Conversation(ENGLISH, {"origin": "kh"})
    people: list[Standing] = []
    while len(people) < PEOPLE:
        # Far in, or at the beginning.
        before = random.choice(people[-200:]) if people and random.random() < 0.97 else None
        event: Event = Opened() if before is None else Pressed(onward(before.presses, random))
        turn = take_turn(script, start if before is None else before.conversation, event, NOW)
        if turn.conversation is not None and turn.messages:
            people.append(Standing(turn.conversation, presses_in(turn.messages)))
    return people


def onward(presses: tuple[str, ...], random: Random) -> str:
    """Most people answer what they are asked, and not with the answer that soon leads home; some leave by a way out."""
    asked = [(one, read.wants) for one in presses if (read := read_press(one)) is not None]
    answers = [one for one, wants in asked if isinstance(wants, Answer) and wants.value != "yes"]
    return random.choice(answers if answers and random.random() < 0.95 else presses)


def place_of(script: Script, conversation: Conversation) -> tuple[str, str]:
    spot = script.spots.get(conversation.frames[-1].node) if conversation.frames else None
    return ("", "") if spot is None else (spot.flow, spot.screen)


def next_thing(one: Standing, random: Random) -> Event:
    kind = random.randrange(10)
    if kind < 6:
        return Pressed(random.choice(one.presses))
    if kind < 8:
        return Typed(random.choice(["what now", "400", "yes"]))
    return Looked() if kind == 8 else Elapsed(one.conversation.frames[-1].node)


def test_of_ten_thousand_people_nobody_is_stuck_when_new_content_goes_live(quick_folder: Path) -> None:
    random = Random(9)
    content = generate_content(quick_folder, SCREENS, languages=())
    old = compile_content(content, TODAY).script
    people = anywhere(old, random)
    change(content)
    new = compile_content(content, TODAY).script
    stood, landed = Counter[tuple[str, str]](), Counter[str]()

    for one in people:
        was = place_of(old, one.conversation)
        stood[was] += 1
        turn = take_turn(new, one.conversation, next_thing(one, random), NOW)
        conversation = turn.conversation or NEW_CONVERSATION
        if not turn.messages:
            # A timer of a screen that has none any more asks nothing; whoever looks is answered.
            turn = take_turn(new, conversation, Looked(), NOW)
        stands_somewhere(new, turn)
        conversation = turn.conversation or conversation
        told = "".join(str(span.words) for message in turn.messages for span in message.text)
        landed["told that it moved"] += MOVED in told
        # From there they go on: each button leads somewhere, and home is home.
        following = take_turn(new, conversation, Pressed(random.choice(presses_in(turn.messages))), NOW)
        stands_somewhere(new, following)
        if random.random() < 0.05:
            home = take_turn(new, following.conversation or conversation, Wished(Wish.HOME), NOW)
            assert place_of(new, home.conversation or NEW_CONVERSATION) == ("home", "menu")
        if was == ("part-aa", "s3") and place_of(new, conversation) == ("part-aa", "papers"):
            landed["went along with a new name"] += 1
            assert MOVED not in told

    # The test looked at what it is about.
    assert len(people) == PEOPLE
    assert min(stood["part-aa", "s3"], stood["part-ac", "s5"], stood["part-ac", "s9"]) >= 10
    assert sum(count for (flow, _), count in stood.items() if flow == "part-ab") > 500
    assert landed["told that it moved"] > 500
    assert landed["went along with a new name"] > 5
