"""How long authors wait for `waymark check`, beside only parsing the same files; and a start, for its content."""

import time
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from benchmarks.results import Results, Row, middle, middle_ratio
from bot.compiler import KeptScripts, KeywordsOnly, Teach, compile_content
from bot.compiler.commands import check
from tests.compiler.content_builder import TODAY, generate_content

SCREENS: Final = 1000


def measure(results: Results, folder: Path, content: Path, today: date, teach: Teach) -> None:
    """Check generated content and the real one, again and again; what the real one teaches has been learned."""
    generated = generate_content(folder / "generated", SCREENS)
    _measure(
        results, f"`waymark check`, {SCREENS:,} screens in 5 languages", generated, TODAY, KeywordsOnly, "1 s", "0.4 s"
    )
    _measure(results, "`waymark check`, the real content and its conversations", content, today, teach, "", "")
    kept = KeptScripts(folder / "compiled", KeywordsOnly)
    _measure_kept(
        results, f"{SCREENS:,} screens from what was kept (bare: compiled)", generated, kept, "50 ms", "20 ms"
    )
    kept = KeptScripts(folder / "compiled", teach)
    _measure_kept(results, "The real content from what was kept (bare: compiled)", content, kept, "", "")


def _measure(results: Results, what: str, content: Path, today: date, teach: Teach, good: str, limit: str) -> None:
    files = [path.read_bytes() for path in sorted(content.rglob("*.yaml"))]
    ours, bare = list[float](), list[float]()
    for _ in range(results.slow_rounds):
        began = time.process_time()
        check(content, today, teach)
        ours.append(time.process_time() - began)
        began = time.process_time()
        for words in files:
            for _ in yaml.parse(words, Loader=yaml.CSafeLoader):
                continue
        bare.append(time.process_time() - began)
    results.raw[what] = {"seconds": ours, "bare_seconds": bare}
    ratio = middle_ratio(ours, bare)
    results.rows.append(Row(what, f"{middle(ours):.2f} s", f"{middle(bare):.2f} s", f"{ratio:.1f}", good, limit))


def _measure_kept(results: Results, what: str, content: Path, kept: KeptScripts, good: str, limit: str) -> None:
    kept.script(content, TODAY)
    ours, bare = list[float](), list[float]()
    for _ in range(results.slow_rounds):
        began = time.process_time()
        kept.script(content, TODAY)
        ours.append(time.process_time() - began)
        began = time.process_time()
        compile_content(content, TODAY)
        bare.append(time.process_time() - began)
    results.raw[what] = {"seconds": ours, "compiled_seconds": bare}
    ratio = middle_ratio(bare, ours)
    results.rows.append(
        Row(what, f"{middle(ours) * 1000:.0f} ms", f"{middle(bare) * 1000:.0f} ms", f"1/{ratio:.0f}", good, limit)
    )
