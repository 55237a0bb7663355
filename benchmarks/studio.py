"""`python -m benchmarks.studio`: how long editors wait, with a thousand screens in five languages.

Every figure is processor time of the server, the median of all rounds: what it takes on a machine that does nothing
else. Beside it stands what it took by the clock, which is more where the machine is busy. Last comes how long a turn of
a person takes, from the moment at which it is due, while the content that ships is checked beside it.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.results import Results, Row, middle, percentile
from benchmarks.walks import wander
from bot.compiler import KeywordsOnly, compile_content
from bot.compiler.folder import Folder
from bot.compiler.round_trip import Document
from bot.compiler.teaching import teach_in
from bot.dialogue.engine import take_turn
from bot.figures import Figures
from bot.studio.archive import examine_with
from bot.studio.catalogue import Cataloguer
from bot.studio.checking import SHOWN_AS, Checker, check_whole
from bot.studio.examining import Examiner
from bot.studio.forms import Applied, ScreenForm, apply_form, read_form
from bot.studio.kinds import Kind
from bot.studio.tree import Tree, TreeHash, blob_id, read_tree
from tests.compiler.content_builder import TODAY, generate_content

SCREENS: Final = 1000
FLOW: Final = "flows/part-aa.yaml"
SCREEN: Final = "part-aa.s7"
CONTENT: Final = Path(__file__).parents[1] / "content"
EVERY: Final = 0.005
"""Seconds from one turn to the next."""

TEXTS: Final = "texts/km/flows/part-aa.yaml"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studio", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 rounds: not to be quoted")
    parser.add_argument("--screens", type=int, default=SCREENS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    asked = parser.parse_args()
    results = Results(0, rounds=3 if asked.quick else 15, slow_rounds=1 if asked.quick else 3)
    with tempfile.TemporaryDirectory(prefix="waymark-studio-") as name:
        asyncio.run(measure(results, Path(name), asked.screens))
        asyncio.run(measure_turns(results, Path(name), 1 if asked.quick else 7))
    print("| what | processor | by the clock | | | limit |\n" + results.table().partition("\n")[2])
    print(f"\n{asked.screens:,} screens in 5 languages, medians of {results.rounds} rounds.")
    if asked.json is not None:
        asked.json.write_text(json.dumps(results.document(), indent=1) + "\n")


async def measure(results: Results, folder: Path, screens: int) -> None:
    """Everything that an editor waits for; each owner of a page adds what it costs."""
    content = generate_content(folder, screens)
    draft = Draft(content, read_tree(content).tree)
    checker, cataloguer = Checker(), Cataloguer()
    await _checking(results, checker, draft)
    await _listing(results, cataloguer, draft)
    await _saving(results, draft)


class Draft:
    """Content in which one screen has other words in each round, so that nothing is answered from memory."""

    def __init__(self, folder: Path, tree: Tree) -> None:
        self.folder = folder
        self.tree = tree
        self.before = (folder / FLOW).read_text("utf-8")

    def typed(self, number: int) -> bytes:
        """The file while somebody types in it."""
        words = f"Keep your passport with you{' now' * number}"
        return self.before.replace("Keep your passport with you", words, 1).encode()

    def save(self, number: int) -> None:
        """Another state of the content."""
        (self.folder / FLOW).write_bytes(self.typed(number))
        self.tree = self.tree.put(FLOW, blob_id(self.typed(number)))


async def _checking(results: Results, checker: Checker, draft: Draft) -> None:
    async def look(number: int) -> None:
        await checker.look(draft.tree, draft.folder, FLOW, draft.typed(number), TODAY)

    async def look_with_mistakes(number: int) -> None:
        wrong = draft.typed(number).replace(b"fact:th-wage", b"fact:th-wagg").replace(b"to: s3}", b"to: s33}")
        assert await checker.look(draft.tree, draft.folder, FLOW, wrong, TODAY)

    async def look_at_texts(number: int) -> None:
        source = (draft.folder / TEXTS).read_bytes() + b"\n" * number
        await checker.look(draft.tree, draft.folder, TEXTS, source, TODAY)

    async def look_after_save(number: int) -> None:
        draft.save(number)
        await checker.look(draft.tree, draft.folder, FLOW, draft.typed(number), TODAY)

    async def complete(number: int) -> None:
        source = draft.typed(number) + b"  more:\n    - go: "
        lines = source.count(b"\n") + 1
        assert await checker.complete(draft.tree, draft.folder, FLOW, source, lines, len("    - go: ") + 1)

    async def check(number: int) -> None:
        draft.save(number)
        await asyncio.to_thread(check_whole, Folder(draft.folder, SHOWN_AS), TODAY, KeywordsOnly)

    await time_it(results, "First look at all: once for a program", lambda _: look(0), rounds=1)
    await time_it(results, "Check while typing: a dialogue", look, "300 ms")
    await time_it(results, "Check while typing: a dialogue with mistakes", look_with_mistakes, "300 ms")
    await time_it(results, "Check while typing: a translation", look_at_texts, "300 ms")
    await time_it(results, "Check of a file that was just saved", look_after_save, "300 ms")
    await time_it(results, "Words that complete what is typed", complete, "300 ms")
    await time_it(results, "Whole check", check, rounds=results.slow_rounds)


async def _listing(results: Results, cataloguer: Cataloguer, draft: Draft) -> None:
    async def open_list(number: int) -> None:
        draft.save(number + 100)
        await asyncio.to_thread(cataloguer.catalogue, draft.tree, draft.folder)

    async def search(number: int) -> None:
        catalogue = cataloguer.catalogue(draft.tree, draft.folder)
        for words in ("passport", "លិខិតឆ្លងដែន", f"s{number}"):
            assert catalogue.search(words)

    await time_it(results, "First list of all: once for a program", lambda _: open_list(0), rounds=1)
    await time_it(results, "Open the list after a change", open_list, "200 ms")
    await time_it(results, "Search three times", search, "600 ms")


async def _saving(results: Results, draft: Draft) -> None:
    async def save(number: int) -> None:
        document = Document(draft.typed(number))
        form = read_form(Kind.SCREEN, document, SCREEN)
        assert isinstance(form, ScreenForm)
        steps = (replace(form.steps[0], words="Other words."), *form.steps[1:])
        assert isinstance(apply_form(document, replace(form, steps=steps)), Applied)

    await time_it(results, "Open and write a form", save, "200 ms")


async def measure_turns(results: Results, folder: Path, rounds: int) -> None:
    """Turns while nothing is checked, while a thread checks, and while another process does."""
    now = datetime.now(UTC)
    teach = teach_in(folder / "learned")
    script = compile_content(CONTENT, now.date(), teach).script
    turns = list(wander(script, Random(results.seed), 1_000, now))
    examiner = Examiner(folder / "learned", CONTENT, Figures())

    async def nothing() -> None:
        await asyncio.sleep(2)

    async def thread() -> None:
        assert (await examine_with(teach)(TreeHash(""), CONTENT, now.date())).is_sound

    async def process() -> None:
        assert (await examiner.examine(TreeHash(f"{time.perf_counter()}"), CONTENT, now.date())).is_sound

    async def late_turns(beside: Callable[[], Awaitable[None]]) -> tuple[float, float]:
        """The 99th percentile, and how long what was done beside took."""
        took, began = list[float](), time.perf_counter()
        task, due = asyncio.ensure_future(beside()), began
        while not task.done():
            due += EVERY
            await asyncio.sleep(due - time.perf_counter())
            conversation, event, _ = turns[len(took) % len(turns)]
            take_turn(script, conversation, event, now)
            took.append(time.perf_counter() - due)
            # What comes after a long wait is not made to catch up with it.
            due = max(due, time.perf_counter() - EVERY)
        await task
        return percentile(took, 0.99), time.perf_counter() - began

    measured = [[await late_turns(beside) for beside in (nothing, thread, process)] for _ in range(rounds)]
    await examiner.close()
    for number, what in enumerate(("nothing is checked", "a thread checks", "another process checks")):
        late, took = zip(*(row[number] for row in measured), strict=True)
        results.raw[f"turn while {what}"] = {"p99_seconds": list(late), "beside_seconds": list(took)}
        beside = f"{middle(took):.1f} s" if number else ""
        results.rows.append(Row(f"Turn while {what}: p99", f"{middle(late) * 1000:.1f} ms", beside))


async def time_it(
    results: Results, what: str, act: Callable[[int], Awaitable[None]], limit: str = "", rounds: int | None = None
) -> None:
    """Do something in every round, with the number of the round, and note what it took."""
    used, took = list[float](), list[float]()
    for number in range(results.rounds if rounds is None else rounds):
        began, clock = time.process_time(), time.perf_counter()
        await act(number + 1)
        used.append(time.process_time() - began)
        took.append(time.perf_counter() - clock)
    results.raw[what] = {"seconds": used, "by the clock": took}
    results.rows.append(Row(what, f"{middle(used) * 1000:.0f} ms", f"{middle(took) * 1000:.0f} ms", limit=limit))


if __name__ == "__main__":
    main()
