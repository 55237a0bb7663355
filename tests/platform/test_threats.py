"""Each threat names tests that stand against it, and each of them exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THREATS = (ROOT / "docs" / "threats.md").read_text("utf-8")
ROWS = [line for line in THREATS.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py::test_\w+)`", THREATS)))


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_exists(named: str) -> None:
    file, _, name = named.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_no_threat_is_without_a_test() -> None:
    assert len(ROWS) >= 25
    assert [row for row in ROWS if "::test_" not in row.rstrip("|").rpartition("|")[2]] == []


def test_nothing_else_in_code_looks_like_a_test() -> None:
    assert sorted(set(re.findall(r"`(tests/[^`]+)`", THREATS))) == NAMED
