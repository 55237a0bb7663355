"""PRIVACY.md promises what the code does: each period is the constant it names, each kind of key has a row."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.messages import ArrivalId, ConversationId
from bot.store import keys
from bot.store.shelf import LIVES

ROOT = Path(__file__).parents[2]
PRIVACY = (ROOT / "PRIVACY.md").read_text("utf-8")
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True)
class Row:
    what: str
    kinds: tuple[str, ...]
    period: str
    constants: tuple[str, ...]

    @property
    def seconds(self) -> int | None:
        if self.period == "no end":
            return None
        number, unit = self.period.split()
        return int(number) * UNITS[unit.removesuffix("s")]


def rows() -> Iterator[Row]:
    section = PRIVACY.partition("## Retention")[2].partition("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "what":
            what, kinds, period, _, constants = cells
            yield Row(what, tuple(re.findall(r"`(\w+)`", kinds)), period, tuple(re.findall(r"`([^`]+)`", constants)))


ROWS = tuple(rows())
PROMISES = [(row, constant) for row in ROWS for constant in row.constants]


@pytest.mark.parametrize(("row", "constant"), PROMISES, ids=[constant for _, constant in PROMISES])
def test_each_period_is_the_one_in_the_code(row: Row, constant: str) -> None:
    file, _, name = constant.partition(" ")

    if file.endswith(".lua"):
        assert seconds_in_script(file, name) == row.seconds
        return
    value = value_of(file, name)
    if row.seconds is None:
        assert isinstance(value, frozenset)
        assert set(row.kinds) <= value
    else:
        assert seconds_of(value) == row.seconds


def test_each_row_names_what_it_is_bound_by() -> None:
    assert len(ROWS) > 20
    assert [row.what for row in ROWS if not row.constants] == []


def test_each_kind_of_key_has_a_row_and_no_other() -> None:
    assert {kind for row in ROWS for kind in row.kinds} == kinds_of_keys()


def test_what_has_no_end_is_what_the_store_lets_have_none() -> None:
    endless = {kind for row in ROWS if row.seconds is None for kind in row.kinds}

    # The list of staff's deeds is one key; its entries go after their time.
    assert endless | {"audit", "audited"} == set(keys.PERMANENT)


def value_of(file: str, name: str) -> object:
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    name, _, key = name.partition("[")
    value: object = getattr(module, name)
    if key and isinstance(value, dict):
        return value[key.rstrip("]")]
    return value


def seconds_of(value: object) -> float:
    assert isinstance(value, timedelta | int)
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def seconds_in_script(file: str, name: str) -> int:
    """Scripts set several at once: `local A, B = 1, 2`."""
    for names, values in re.findall(
        r"^local ([A-Z_, ]+) = ([0-9, ]+)$", (ROOT / file).read_text("utf-8"), re.MULTILINE
    ):
        found = dict(zip(names.split(", "), values.split(", "), strict=True))
        if name in found:
            return int(found[name])
    raise AssertionError(f"{file} has no {name}")


def kinds_of_keys() -> set[str]:
    """Every kind that the module of key names can make."""
    person, arrival, line = ConversationId("p" * 22), ArrivalId(b"a" * 8), "~" + "t" * 20 + "07@x"
    made = [
        *(keys.READY[0], keys.DUE[0], keys.RUNG[0], keys.OPEN[0], keys.RECENT[0], keys.PROBE[0], keys.WONDERS[0]),
        *(keys.ASKERS[0], keys.WONDERED[0], keys.ROSTER, keys.AUDIT, keys.AUDITED, keys.RINGS, keys.ring_key("x")),
        *(keys.lane_key(0, person), keys.outbox_key(0, person), keys.quarantine_key(0, person, arrival)),
        *(keys.kept_key(7, line), keys.wraps_key(7, line), keys.topic_key(7, line), keys.beat_key("x")),
        *(keys.duty_key("x"), keys.SENDERS),
        *(keys.ticket_at_key(line)[1], keys.code_key(line)[1]),
        *(keys.shelf_key(kind, "x")[1] for kind in LIVES),
    ]
    makers = {name for name in vars(keys) if name.endswith("_key")}
    assert makers == {
        *("lane_key", "outbox_key", "kept_key", "wraps_key", "topic_key", "ticket_at_key", "code_key", "beat_key"),
        *("shelf_key", "quarantine_key", "ring_key", "duty_key"),
    }, "a new kind of key needs a row in PRIVACY.md and a place in this list"
    return {keys.kind_of(key) for key in made}
