"""How long a turn takes to decide and a text to understand, with nothing but values in and out."""

import csv
import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

import orjson

from benchmarks.results import Results, Row, middle, middle_ratio, percentile
from benchmarks.walks import wander
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Pressed
from bot.dialogue.script import Script

TEXTS: Final = Path(__file__).parents[1] / "tests" / "language" / "data"
PEOPLE: Final = 40
PRESSES: Final = 25
MOST_TEXTS: Final = 300


def measure(results: Results, script: Script, now: datetime) -> None:
    """Turns of random presses over the content, and texts that people might write."""
    gc.collect()
    _measure_turns(results, script, now)
    _measure_texts(results, script)


def _measure_turns(results: Results, script: Script, now: datetime) -> None:
    random = Random(results.seed)
    turns = [turn for _ in range(PEOPLE) for turn in wander(script, random, PRESSES, now)]
    screens = {
        event.press: [message.text for message in turn.messages]
        for _, event, turn in turns
        if isinstance(event, Pressed)
    }
    presses = list(screens)
    kept = orjson.dumps(
        {"language": "en", "profile": {"origin": "kh", "here": "th"}, "turns": 3, "trail": presses[:10]}
    )

    def look_up(number: int) -> None:
        press = presses[number % len(presses)]
        state = orjson.loads(kept)
        state |= {"screen": press, "turns": state["turns"] + 1, "trail": [*state["trail"], press][-10:]}
        orjson.dumps(state)
        screens[press]

    def take(number: int) -> None:
        conversation, event, _ = turns[number]
        take_turn(script, conversation, event, now)

    ours, bare, slowest = _in_turns(results.rounds, len(turns), take, look_up)
    results.raw["turns"] = {"seconds": ours, "bare_seconds": bare, "p99_seconds": slowest}
    each, each_bare = middle(ours) * 1e6, middle(bare) * 1e6
    results.rows += [
        Row(
            "Turns decided a second, one core",
            f"{1e6 / each:,.0f}",
            f"{1e6 / each_bare:,.0f}",
            f"1/{each / each_bare:.0f}",
        ),
        Row("One turn: mean, p99", f"{each:.0f}, {middle(slowest) * 1e6:.0f} µs", f"{each_bare:.1f} µs"),
    ]


def _measure_texts(results: Results, script: Script) -> None:
    texts = _texts()[:: max(1, len(_texts()) // MOST_TEXTS)]
    if not texts:
        results.notes.append("No texts to understand were found.")
        return
    votes: dict[str, list[str]] = defaultdict(list)
    for _, topic, text in texts:
        for word in text.casefold().split():
            votes[word].append(topic)

    def understand(number: int) -> None:
        language, _, text = texts[number]
        script.understanding.understand(text, language, {})

    def vote(number: int) -> None:
        count: Counter[str] = Counter()
        for word in texts[number][2].casefold().split():
            count.update(votes.get(word, ()))
        count.most_common(1)

    understand(0)
    ours, bare, slowest = _in_turns(results.rounds, len(texts), understand, vote)
    results.raw["texts"] = {"seconds": ours, "bare_seconds": bare, "p99_seconds": slowest}
    results.rows.append(
        Row(
            "A text understood: mean, p99",
            f"{middle(ours) * 1e3:.2f}, {middle(slowest) * 1e3:.2f} ms",
            f"{middle(bare) * 1e3:.3f} ms",
            f"{middle_ratio(ours, bare):.0f}",
        )
    )


def _texts() -> Sequence[tuple[str, str, str]]:
    """Language, topic and words of what people might write."""
    found = []
    for path in sorted(TEXTS.glob("dev-*.tsv")):
        with path.open(encoding="utf-8") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            found += [(row["lang"], row.get("topic") or "", row["text"]) for row in rows if row.get("text")]
    return found


def _in_turns(
    rounds: int, count: int, ours: Callable[[int], None], bare: Callable[[int], None]
) -> tuple[list[float], list[float], list[float]]:
    """Seconds for one, ours and the baseline's, and our p99; one entry a round, both measured in each."""
    means, bares, slowest = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        times = _timed(count, ours)
        means.append(sum(times) / count)
        slowest.append(percentile(times, 0.99))
        bares.append(sum(_timed(count, bare)) / count)
    return means, bares, slowest


def _timed(count: int, do: Callable[[int], None]) -> list[float]:
    times = []
    for number in range(count):
        began = time.perf_counter_ns()
        do(number)
        times.append((time.perf_counter_ns() - began) / 1e9)
    return times
