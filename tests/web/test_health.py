"""What machines ask of us."""

from bot.figures import Figures
from handlers.web.health import figures_text
from tests.web.house import House, Phone


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


async def test_people_who_come_through_a_proxy_are_told_no_figures(phone: Phone) -> None:
    assert (await phone.get("/metrics", X_Forwarded_For="203.0.113.7")).status == 404


def test_what_people_were_told_about_is_added_up() -> None:
    figures = Figures()
    figures.add("danger", "violence")
    figures.add("danger", "suicide", by=2)
    figures.add("odd name", 'a"b\\c\nd')

    assert figures_text(figures) == (
        "# TYPE waymark_danger_total counter\n"
        "waymark_danger_total 3\n"
        "# TYPE waymark_odd_name_total counter\n"
        'waymark_odd_name_total{label="a\\"b\\\\c\\nd"} 1\n'
    )


def test_how_long_something_takes_is_told_by_steps() -> None:
    figures = Figures()
    for seconds in (0.0005, 0.001, 0.02, 60.0):
        figures.took("commit", seconds, "web")

    lines = figures_text(figures).splitlines()

    assert lines[0] == "# TYPE waymark_commit_seconds histogram"
    assert 'waymark_commit_seconds_bucket{label="web",le="0.001"} 2' in lines
    assert 'waymark_commit_seconds_bucket{label="web",le="0.025"} 3' in lines
    assert 'waymark_commit_seconds_bucket{label="web",le="10.0"} 3' in lines
    assert 'waymark_commit_seconds_bucket{label="web",le="+Inf"} 4' in lines
    assert lines[-2:] == [
        'waymark_commit_seconds_sum{label="web"} 60.021500',
        'waymark_commit_seconds_count{label="web"} 4',
    ]
