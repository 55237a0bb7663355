"""Each alarm comes when what it is for happens, and goes when it is over: judged by Prometheus' own promtool.

Two processes are asked for their figures every quarter of a minute, while in one of them something goes wrong. What
they told is handed to promtool with the rules that ship.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

import pytest
import yaml

from bot.figures import Figures
from bot.turns.turns import ALERTS
from handlers.web.health import Health, figures_text
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, an_outgoing
from tests.fakes import ManualClock
from tests.web.house import MoodyStore

SIGHT: Final = Path(__file__).parents[2] / "deploy" / "sight"
RULES: Final = SIGHT / "alerts.yaml"
PROMTOOL: Final = shutil.which("promtool")
SECONDS: Final = 15
"""How often the processes are asked."""

QUIET: Final = 5 * 60 // SECONDS
"""How often before anything happens."""

WEB, WORKER = "web-1:8080", "worker-1:8080"
_LINE: Final = re.compile(r"(waymark_\w+)(?:\{(.*)\})? (\S+)")
_ROSE: Final = re.compile(r"(?:increase|rate)\(\s*(waymark_\w+)(?:\{([^}]*)\})?\[")


class World:
    """Two processes beside one store. `web` is where things go wrong."""

    def __init__(self) -> None:
        self.store, self.clock, self.web = MoodyStore(), ManualClock(NOW), Figures()
        self.health = {
            WEB: Health(self.store, self.clock, self.web, lambda: False),
            WORKER: Health(self.store, self.clock, Figures(), lambda: False),
        }
        self.told: dict[str, dict[int, str]] = {}
        self.all_is_well()

    def all_is_well(self) -> None:
        self.calls_helplines = True
        self.answering = {WEB, WORKER}
        self.known = {WEB, WORKER}
        self.store.is_down = self.store.is_full = False
        self.web.levels |= {"longest_wait_seconds": 0.0, "content_behind": 0.0, "store_down": 0.0, "store_refuses": 0.0}
        self.web.levels["clock_off_seconds"] = 0.0

    async def scrape(self, tick: int) -> None:
        if self.calls_helplines:
            await self.store.beat(ALERTS, self.clock.now(), timedelta(days=1))
        for instance in sorted(self.known):
            there = f'instance="{instance}",job="bots"'
            is_up = instance in self.answering
            self._note(tick, f"up{{{there}}}", str(int(is_up)))
            for line in (await self.health[instance].told()).splitlines() if is_up else ():
                if not line.startswith("#"):
                    found = _LINE.fullmatch(line)
                    assert found, line
                    name, labels, value = found.groups()
                    self._note(tick, f"{name}{{{labels + ',' if labels else ''}{there}}}", value)

    def _note(self, tick: int, series: str, value: str) -> None:
        self.told.setdefault(series, {})[tick] = value

    def series(self, ticks: int) -> list[dict[str, str]]:
        """What the rules ask for, as it was told."""
        asked = set(re.findall(r"\w+", RULES.read_text(encoding="utf-8")))
        return [
            {"series": series, "values": " ".join(values.get(tick, "_") for tick in range(ticks))}
            for series, values in self.told.items()
            if series.partition("{")[0] in asked
        ]


Happening: TypeAlias = Callable[[World, int], Awaitable[object] | None]


@dataclass(frozen=True, slots=True)
class Story:
    """Something goes wrong for `lasts` minutes (0: once) and is mended; the alarm is there `comes` minutes after its
    beginning, and no more after `goes` minutes.
    """

    alarm: str
    happens: Happening
    lasts: float
    comes: float
    goes: float
    ends: Happening | None = None
    beside: frozenset[str] = field(default_factory=frozenset)
    """Other alarms that the same thing brings."""


def counts(what: str, label: str = "", *, every: int = 1, by: int = 1) -> Happening:
    def happens(world: World, tick: int) -> None:
        if tick % every == 0:
            world.web.add(what, label, by)

    return happens


def level(what: str, value: float) -> Happening:
    return lambda world, _: world.web.levels.update({what: value})


def nobody_calls(world: World, _: int) -> None:
    world.calls_helplines = False


async def nobody_sends(world: World, tick: int) -> None:
    if tick == 0:
        await world.store.commit(a_commit(1, an_outgoing()), world.clock.now(), LEASE)


async def somebody_sends(world: World, _: int) -> None:
    await world.store.abandon(SOMEBODY)


def telegram_is_away(world: World, tick: int) -> None:
    if tick % 2 == 0:
        world.web.took("delivery", 7.0, "telegram")
        world.web.add("delivery_failed", "InDoubtError")
    # Letters between conversations and calls stay in the house.
    world.web.took("delivery", 0.01, "lane")
    world.web.add("delivered", "lane")


def telegram_is_back(world: World, _: int) -> None:
    world.web.took("delivery", 0.1, "telegram")
    world.web.add("delivered", "telegram")


def one_blocked_us(world: World, _: int) -> None:
    world.web.took("delivery", 0.1, "telegram")
    world.web.add("delivery_failed", "UnreachableError")


def web_is_down(world: World, _: int) -> None:
    world.answering = {WORKER}


def all_is_gone(world: World, _: int) -> None:
    world.known = world.answering = set()


def slow_commits(world: World, _: int) -> None:
    world.web.took("commit", 2.0)


def store_is_full(world: World, _: int) -> None:
    world.store.is_full = True


def store_is_down(world: World, _: int) -> None:
    world.store.is_down = True


STORIES: Final = (
    Story("NobodyCallsHelplines", nobody_calls, 4, comes=3, goes=5),
    Story("CallWithoutAnswer", level("longest_wait_seconds", 700.0), 4, comes=3, goes=5),
    Story("CallsUnseen", counts("watch_failed"), 6, comes=5, goes=11),
    Story("CallsMended", counts("due_mended"), 0, comes=1, goes=17),
    Story("TimersFail", counts("timer_failed"), 0, comes=1, goes=17),
    Story("DeskNotTold", counts("desk_not_told"), 0, comes=1, goes=17),
    Story("AwayAlertsFail", counts("away_alert_failed", "Forbidden"), 0, comes=1, goes=17),
    Story("WordsNotKept", counts("told_not_kept", "KeyFileError"), 0, comes=1, goes=17),
    Story("MessagesLate", nobody_sends, 6, comes=5, goes=7, ends=somebody_sends),
    Story("MessengerTakesNothing", telegram_is_away, 8, comes=6, goes=10, ends=telegram_is_back),
    Story("MessengerTakesNothing", counts("delivery_put_off", "no_door", every=4), 8, comes=8, goes=14),
    Story("MessageGivenUp", counts("outgoing_given_up"), 0, comes=1, goes=17),
    Story("WaymarkDown", web_is_down, 4, comes=3, goes=5),
    Story("WaymarkUnseen", all_is_gone, 10, comes=9, goes=11),
    Story("TelegramTokenRefused", counts("telegram_token_refused"), 0, comes=1, goes=7),
    Story("SecondPoller", counts("telegram_conflict"), 0, comes=1, goes=7),
    Story("WebhookNotOurs", counts("telegram_webhook", "foreign"), 0, comes=1, goes=17),
    Story("WebhookNotOurs", counts("telegram_webhook", "gone"), 0, comes=1, goes=17),
    Story("WebhookNotReached", counts("telegram_webhook", "error", every=12), 12, comes=11, goes=24),
    Story("WebhookNotReached", counts("telegram_webhook", "pending", every=12), 12, comes=11, goes=24),
    Story("ForgedUpdates", counts("telegram_update", "forged", by=30), 22, comes=21, goes=34),
    Story("StoreAway", store_is_full, 3, comes=2, goes=4),
    Story("StoreAway", level("store_down", 1.0), 3, comes=2, goes=4),
    Story("StoreAway", store_is_down, 4, comes=3, goes=5, beside=frozenset({"NobodyCallsHelplines"})),
    Story("StoreRefuses", level("store_refuses", 1.0), 3, comes=2, goes=4),
    Story("ClocksDiffer", level("clock_off_seconds", -7.0), 4, comes=3, goes=5),
    Story("ArrivalsGivenUp", counts("arrival_given_up"), 0, comes=1, goes=17),
    Story("ArrivalsFail", counts("arrival_failed", "2"), 0, comes=1, goes=17),
    Story("CommitsSlow", slow_commits, 14, comes=13, goes=20),
    Story("KeysWithoutEnd", counts("keys_without_end", "l"), 0, comes=1, goes=122),
    Story("KeysDiffer", counts("keys_differ"), 3, comes=3, goes=9),
    Story("RecordsUnreadable", counts("record_unreadable", "SealError"), 0, comes=1, goes=17),
    Story("RecordsUnreadable", counts("ticket_unreadable", "UnreadableError"), 0, comes=1, goes=17),
    Story("TurnsFail", counts("turn_failed", "1"), 2, comes=2, goes=19),
    Story("PagesFail", counts("page_failed"), 2, comes=2, goes=19),
    Story("ContentBehind", level("content_behind", 1.0), 4, comes=3, goes=5),
    Story("ContentNotChecked", counts("content_not_checked", "late"), 0, comes=1, goes=17),
    Story("WeekNotEnded", counts("epoch_not_destroyed"), 1, comes=1, goes=17),
)
HARMLESS: Final[dict[str, Happening]] = {
    "nothing at all": lambda _world, _tick: None,
    "somebody who has blocked the bot, in a quiet night": one_blocked_us,
    "the first message since the start": telegram_is_back,
    "an arrival that has its effect at the second attempt": counts("arrival_failed", "1"),
    "a new key that one process hears of later": counts("keys_differ"),
    "one look at open calls that fails": counts("watch_failed"),
}
judged = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here (Debian's package prometheus has it)")


def rules() -> list[dict[str, str]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_there_is_a_story_of_each_alarm() -> None:
    assert {story.alarm for story in STORIES} == {rule["alert"] for rule in rules()}


def test_what_an_alarm_sees_rise_is_told_as_nothing_from_the_start() -> None:
    """What is first told as 1 has not risen, for Prometheus."""
    told: dict[str, list[dict[str, str]]] = {}
    for line in figures_text(Figures()).splitlines():
        if (found := _LINE.fullmatch(line)) is not None:
            name, labels, value = found.groups()
            assert float(value) == 0
            told.setdefault(name, []).append(dict(re.findall(r'(\w+)="([^"]*)"', labels or "")))
    asked = [(rule["alert"], *found) for rule in rules() for found in _ROSE.findall(rule["expr"])]
    untold = [
        (alarm, name, wanted)
        for alarm, name, matchers in asked
        for wanted in wanted_labels(matchers)
        if not any(wanted.items() <= labels.items() for labels in told.get(name, []))
    ]

    assert len(asked) > 20
    assert untold == []


def wanted_labels(matchers: str) -> list[dict[str, str]]:
    """What `label="a"` and `label=~"a|b"` ask for, each once; what is only left out asks for nothing."""
    found = re.findall(r'(\w+)=~?"([^"]*)"', re.sub(r'\w+!=~?"[^"]*"', "", matchers))
    return [{name: one} for name, many in found for one in many.split("|")] or [{}]


@judged
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.alarm)
async def test_an_alarm_comes_and_goes(story: Story, tmp_path: Path) -> None:
    ticks = QUIET + ticks_in(story.goes) + 1
    world = await told_by(story.happens, ticks_in(story.lasts) or 1, ticks, story.ends)

    judge(
        world.series(ticks),
        {
            QUIET - 1: set(),
            QUIET + ticks_in(story.comes): {story.alarm, *story.beside},
            QUIET + ticks_in(story.goes): set(),
        },
        tmp_path,
    )


@judged
@pytest.mark.parametrize("happens", HARMLESS.values(), ids=HARMLESS)
async def test_no_alarm_comes_of(happens: Happening, tmp_path: Path) -> None:
    ticks = QUIET + ticks_in(20)
    world = await told_by(happens, 1, ticks)

    judge(world.series(ticks), {tick: set() for tick in range(0, ticks, 4)}, tmp_path)


async def told_by(happens: Happening, lasts: int, ticks: int, ends: Happening | None = None) -> World:
    """What the processes tell while something happens for so many looks, and after that."""
    world = World()
    for tick in range(ticks):
        world.clock.set(NOW + timedelta(seconds=tick * SECONDS))
        world.all_is_well()
        since = tick - QUIET
        doing = happens if 0 <= since < lasts else ends if since == lasts else None
        if doing is not None and (done := doing(world, since)) is not None:
            await done
        await world.scrape(tick)
    return world


def ticks_in(minutes: float) -> int:
    return round(minutes * 60 / SECONDS)


def judge(series: list[dict[str, str]], firing: dict[int, set[str]], folder: Path) -> None:
    """Let promtool see whether these alarms, and no other, have come by these looks."""
    fired = [
        {
            "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
            "eval_time": f"{tick * SECONDS}s",
            "exp_samples": [{"labels": f'{{alertname="{alarm}"}}', "value": 1} for alarm in sorted(alarms)],
        }
        for tick, alarms in firing.items()
    ]
    story = {"interval": f"{SECONDS}s", "input_series": series, "promql_expr_test": fired}
    every = {"rule_files": ["alerts.yaml"], "evaluation_interval": f"{SECONDS}s", "tests": [story]}
    shutil.copy(RULES, folder / "alerts.yaml")
    (folder / "story.yaml").write_text(json.dumps(every), encoding="utf-8")

    command = [PROMTOOL or "", "test", "rules", "story.yaml"]
    judgement = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    assert judgement.returncode == 0, judgement.stdout + judgement.stderr
