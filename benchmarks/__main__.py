"""`make bench`: speed beside a bare baseline that is measured in the same run.

Absolute figures depend on the machine and on the moment; ratios count. Every figure is the median of several rounds,
in each of which ours and the baseline take turns.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import checking, doubling, end_to_end, keeping, standing, thinking
from benchmarks.end_to_end import Load
from benchmarks.results import Results
from benchmarks.walks import draw_walks
from bot.compiler import ContentError, Teach, compile_content, teach_in
from bot.dialogue.script import Script
from bot.logbook import open_logbook

CONTENT: Final = Path(__file__).parents[1] / "content"
PARTS: Final = ("thinking", "end-to-end", "doubling", "durability", "standing", "keeping", "checking")
WALKS: Final = 40


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 short rounds or 1: not to be quoted")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="measure only these parts")
    asked = parser.parse_args()
    open_logbook()
    results = Results(asked.seed, rounds=3 if asked.quick else 7, slow_rounds=1 if asked.quick else 7)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as name:
        asyncio.run(_measure(results, Path(name), asked.only, Load(100, 0.25) if asked.quick else Load(300, 0.5)))
    took = time.monotonic() - began
    print(results.table())
    print(f"\nSeed {results.seed}, medians of {results.rounds} rounds, {took:.0f} s in all.", *results.notes, sep="\n")
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(results.document(), indent=1) + "\n")


async def _measure(results: Results, folder: Path, parts: tuple[str, ...], load: Load) -> None:
    now, began = datetime.now(UTC), time.monotonic()
    teach = teach_in(folder / "learned")
    content, script = load_content(results, folder, now, teach)
    walks = draw_walks(script, results.seed, WALKS, now)
    for part in parts:
        print(f"{time.monotonic() - began:4.0f} s  {part} …", file=sys.stderr, flush=True)
        place = folder / part
        place.mkdir()
        # What it learns from the content it learns once; only "standing" looks at how long that takes.
        shutil.copytree(folder / "learned", place / "bot" / "learned")
        match part:
            case "thinking":
                thinking.measure(results, script, now)
            case "end-to-end":
                await end_to_end.measure(results, place, content, walks, load)
            case "doubling":
                await doubling.measure(results, place, content, walks, load)
            case "durability":
                await end_to_end.measure_durability(results, place, content, walks, load)
            case "standing":
                await standing.measure(results, place, content)
            case "keeping":
                await keeping.measure(results, script)
            case _:
                checking.measure(results, place, content, now.date(), teach)


def _leave_out_pictures(content: Path) -> None:
    """What is compared is a menu edited in place; a picture is another kind of call, and sent once."""
    for path in (content / "flows").glob("*.yaml"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.lstrip().startswith("- show:")), "utf-8")


def load_content(results: Results, folder: Path, now: datetime, teach: Teach) -> tuple[Path, Script]:
    """A copy of the real content, which nobody changes meanwhile; without the languages that do not compile yet."""
    content = folder / "content"
    shutil.copytree(CONTENT, content)
    _leave_out_pictures(content)
    try:
        return content, compile_content(content, now.date(), teach).script
    except ContentError:
        texts = sorted((content / "texts").iterdir())
    left_out = []
    for language in texts:
        language.rename(folder / language.name)
    for language in texts:
        (folder / language.name).rename(language)
        try:
            compile_content(content, now.date())
        except ContentError:
            language.rename(folder / language.name)
            left_out.append(language.name)
    results.notes.append(f"The real content, without its texts in {', '.join(left_out)}: they do not compile yet.")
    return content, compile_content(content, now.date(), teach).script


if __name__ == "__main__":
    main()
