"""The dashboard and the alarms ask for figures that the bot has, in words that Prometheus and Grafana take."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import yaml

ROOT = Path(__file__).parents[2]
SIGHT = ROOT / "deploy" / "sight"
_ASKED = re.compile(r"waymark_[a-z_]+")
_COUNTED = re.compile(r"""(?:(?:figures\.add|\.count|Count)\(\s*f?|FIGURE: Final = )"([a-z_{}]+)\"""")
_TIMED = re.compile(r"""\.(?:timed|took)\(\s*"([a-z_]+)\"""")
_LEVEL = re.compile(r"""levels\["([a-z_]+)"\]""")
_MODES = ("answer", "choose", "none")


class Rule(TypedDict):
    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]


def _there() -> set[str]:
    """Every figure that stands somewhere in the program."""
    found: set[str] = set()
    for folder in ("bot", "handlers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            for name in _COUNTED.findall(source):
                names = [name.replace("{mode}", mode) for mode in _MODES] if "{mode}" in name else [name]
                found |= {f"waymark_{one}_total" for one in names}
            found |= {
                f"waymark_{name}_seconds{end}"
                for name in _TIMED.findall(source)
                for end in ("_bucket", "_sum", "_count")
            }
            found |= {f"waymark_{name}" for name in _LEVEL.findall(source)}
            found |= set(re.findall(r"# TYPE (waymark_[a-z_]+) ", source))
    return found


def _expressions() -> Iterator[tuple[str, str]]:
    board = json.loads((SIGHT / "dashboard.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for rule in _rules():
        yield rule["alert"], rule["expr"]


def _rules() -> list[Rule]:
    groups = yaml.safe_load((SIGHT / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_everything_that_is_asked_for_is_counted_somewhere() -> None:
    there = _there()
    asked = {(where, name) for where, words in _expressions() for name in _ASKED.findall(words)}

    assert len(asked) > 30
    assert {(where, name) for where, name in asked if name not in there} == set()


def test_an_unknown_figure_would_be_found() -> None:
    assert "waymark_turns_total" in _there()
    assert "waymark_turn_seconds_bucket" in _there()
    assert "waymark_match_choose_total" in _there()
    assert "waymark_nothing_total" not in _there()


def test_what_an_alarm_looks_at_is_on_the_dashboard() -> None:
    alarms = {rule["alert"] for rule in _rules()}
    asked = {alarm: set[str]() for alarm in (True, False)}
    for where, words in _expressions():
        # Of how long something takes there are three series.
        asked[where in alarms] |= {re.sub("_(bucket|count|sum)$", "", name) for name in _ASKED.findall(words)}

    assert asked[True] - asked[False] == set()


def test_every_alarm_says_what_it_means_and_what_to_do() -> None:
    rules = _rules()

    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}


def test_brackets_of_every_expression_close() -> None:
    for where, words in _expressions():
        for opening, closing in ("()", "[]", "{}"):
            assert words.count(opening) == words.count(closing), where


def test_panels_have_names_of_their_own_and_stand_beside_each_other() -> None:
    board = json.loads((SIGHT / "dashboard.json").read_text(encoding="utf-8"))
    places = [tuple(panel["gridPos"][side] for side in ("x", "y")) for panel in board["panels"]]

    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])
    assert all(panel.get("description") for panel in board["panels"] if panel["type"] != "row")
