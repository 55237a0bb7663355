"""What machines ask of us."""

from datetime import timedelta

from bot.dialogue.script import Script
from bot.figures import Figures
from bot.turns.turns import ALERTS
from handlers.web.health import figures_text
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.web.house import House, Phone

GAUGES = ("waymark_wait", "waymark_off", "waymark_none")


async def test_ready_means_that_the_store_answers(house: House, phone: Phone) -> None:
    assert (await phone.get("/readyz")).status == 200

    house.store.is_down = True
    assert (await phone.get("/readyz")).status == 503
    assert (await phone.get("/healthz")).status == 200


async def test_who_asks_all_the_time_does_not_make_it_write_each_time(house: House, phone: Phone) -> None:
    for _ in range(20):
        assert (await phone.get("/readyz")).status == 200

    assert house.store.pings == 1


async def test_a_store_that_does_not_answer_in_time_is_not_ready(house: House, phone: Phone) -> None:
    house.store.is_stuck = True

    assert (await phone.get("/readyz")).status == 503


async def test_who_is_about_to_stop_is_not_ready(house: House, phone: Phone) -> None:
    house.is_leaving = True

    assert (await phone.get("/readyz")).status == 503


async def test_figures_are_told_as_prometheus_reads_them(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on")

    answer = await phone.get("/metrics")

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert '# TYPE waymark_turns_total counter\nwaymark_turns_total{label="web"} 3\n' in answer.text


async def test_what_waits_to_be_sent_is_told_and_for_how_long(house: House, phone: Phone) -> None:
    answer = await phone.get("/metrics")

    assert "# TYPE waymark_outbox_conversations gauge\nwaymark_outbox_conversations 0\n" in answer.text
    assert "# TYPE waymark_outbox_overdue_seconds gauge\nwaymark_outbox_overdue_seconds 0.000\n" in answer.text


async def test_whether_the_store_takes_what_people_write_is_told_without_anybody_writing(
    house: House, phone: Phone
) -> None:
    assert "# TYPE waymark_store_takes gauge\nwaymark_store_takes 1\n" in (await phone.get("/metrics")).text

    house.store.is_down = True
    away = (await phone.get("/metrics")).text
    house.store.is_down = False

    assert "waymark_store_takes 0\n" in away
    assert "waymark_outbox_overdue_seconds" not in away
    assert "waymark_store_takes 1\n" in (await phone.get("/metrics")).text


async def test_a_store_that_can_be_read_and_not_written_takes_nothing(house: House, phone: Phone) -> None:
    house.store.is_full = True

    told = (await phone.get("/metrics")).text

    assert "waymark_store_takes 0\n" in told
    assert "waymark_outbox_overdue_seconds 0.000\n" in told


async def test_a_store_that_is_stuck_does_not_hold_up_the_figures(house: House, phone: Phone) -> None:
    house.store.is_stuck = True

    assert "waymark_store_takes 0\n" in (await phone.get("/metrics")).text


async def test_each_process_tells_how_long_nobody_has_called_helplines(page_script: Script) -> None:
    clock = ManualClock(NOW)
    house = House(page_script, clock=clock)
    async with house.open() as base, Phone(base) as phone:

        async def age() -> str:
            lines = (await phone.get("/metrics")).text.splitlines()
            return next(line for line in lines if line.startswith("waymark_alerts_age_seconds "))

        clock.set(NOW + timedelta(seconds=70))
        assert await age() == "waymark_alerts_age_seconds 70", "nobody has since it began"

        await house.store.beat(ALERTS, NOW + timedelta(seconds=65), timedelta(days=1))
        assert await age() == "waymark_alerts_age_seconds 5"

        house.store.is_down = True
        clock.set(NOW + timedelta(seconds=100))
        assert await age() == "waymark_alerts_age_seconds 35", "nobody can, while the store is away"


async def test_people_who_come_through_a_proxy_are_told_no_figures(phone: Phone) -> None:
    assert (await phone.get("/metrics", X_Forwarded_For="203.0.113.7")).status == 404


def test_what_people_were_told_about_is_added_up() -> None:
    figures = Figures()
    figures.add("danger", "violence")
    figures.add("danger", "suicide", by=2)
    figures.add("odd name", 'a"b\\c\nd')

    told = figures_text(figures)

    assert "# TYPE waymark_danger_total counter\nwaymark_danger_total 3\n" in told
    assert '# TYPE waymark_odd_name_total counter\nwaymark_odd_name_total{label="a\\"b\\\\c\\nd"} 1\n' in told
    assert "violence" not in told


def test_what_an_alarm_looks_at_is_told_before_it_happens_and_once_it_has() -> None:
    figures = Figures()
    nothing = figures_text(figures)
    figures.add("due_mended")
    figures.add("record_unreadable", "SealError")
    figures.add("told_not_kept", "KeyFileError")
    something = figures_text(figures)

    for name in ("due_mended_total", 'record_unreadable_total{label="SealError"}', "told_not_kept_total"):
        assert f"\nwaymark_{name} 0\n" in nothing
        assert f"\nwaymark_{name} 1\n" in something
    assert len(nothing.splitlines()) == len(something.splitlines())


def test_levels_are_told_as_exactly_as_somebody_can_use_them() -> None:
    figures = Figures()
    figures.levels |= {"wait": 86_400.0, "off": 2.25, "none": 0.0}

    assert {line for line in figures_text(figures).splitlines() if line.split()[0] in GAUGES} == {
        "waymark_wait 86400",
        "waymark_off 2.25",
        "waymark_none 0",
    }


def test_how_long_something_takes_is_told_by_steps() -> None:
    figures = Figures()
    for seconds in (0.0005, 0.001, 0.02, 60.0):
        figures.took("commit", seconds, "web")

    lines = figures_text(figures).splitlines()

    assert lines.count("# TYPE waymark_commit_seconds histogram") == 1
    assert 'waymark_commit_seconds_bucket{label="web",le="0.001"} 2' in lines
    assert 'waymark_commit_seconds_bucket{label="web",le="0.025"} 3' in lines
    assert 'waymark_commit_seconds_bucket{label="web",le="10.0"} 3' in lines
    assert 'waymark_commit_seconds_bucket{label="web",le="+Inf"} 4' in lines
    assert 'waymark_commit_seconds_sum{label="web"} 60.021500' in lines
    assert 'waymark_commit_seconds_count{label="web"} 4' in lines
    assert "waymark_commit_seconds_count 0" in lines, "so that the first one can be seen to come"
