from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.compiler import ContentError, compile_content
from bot.compiler.shaping_facts import read_shift
from bot.dialogue.conditions import ALWAYS, All, AnyOf, Between, Not, OneOf, Told
from bot.dialogue.nodes import flow_token, node_token, screen_token
from bot.dialogue.phrasebook import FactSlot, TextId, ValueSlot
from bot.dialogue.script import Script, Special, Spot, Topic, TopicId, Variant
from bot.dialogue.steps import (
    Call,
    Choose,
    Flow,
    FlowId,
    Go,
    ListHotlines,
    Option,
    Patience,
    Reminder,
    Say,
    Screen,
    ScreenId,
    ToBack,
    ToFlow,
    ToHome,
    ToScreen,
    Way,
)
from bot.facts import Amount, AmountRange, Availability, Day, FactId, HotlineId, Rule, Wanted
from bot.messages import Language
from tests.compiler.content_builder import EXAMPLES, FACT, HOME, ORIGIN, TODAY, TOPIC, write_content

ORIGIN_FLOW = FlowId("origin")


def compiled(folder: Path, files: dict[str, str] | None = None) -> Script:
    return compile_content(write_content(folder, files), TODAY).script


def test_a_flow_becomes_screens_of_steps(tmp_path: Path) -> None:
    script = compiled(tmp_path)

    node = node_token("home", "menu", "choose")
    menu = Screen(
        ScreenId("menu"),
        (
            Say(TextId("home.menu.say")),
            Choose(
                node,
                (
                    Option("where", TextId("home.menu.choose.where"), to=ToFlow(ORIGIN_FLOW)),
                    Option("again", TextId("home.menu.choose.again")),
                ),
            ),
        ),
    )
    assert script.flows[FlowId("home")] == Flow(
        FlowId("home"), TextId("home.title"), ScreenId("menu"), {ScreenId("menu"): menu}
    )
    assert script.spots[node] == Spot(FlowId("home"), ScreenId("menu"), 1)
    assert script.screens[screen_token("home", "menu")] == ("home", "menu")
    assert script.beginnings[flow_token("home")] == "home"


def test_the_whole_of_bot_yaml_is_in_the_script(tmp_path: Path) -> None:
    script = compiled(tmp_path)

    home = FlowId("home")
    assert script.special == Special(home, home, home, home, home, ask_profile={"origin": ORIGIN_FLOW})
    assert script.profile == {"origin": ("kh", "la", "mm")}
    assert [(tongue.code, tongue.name, tongue.fallbacks) for tongue in script.tongues.values()] == [
        ("km", "ខ្មែរ", ("en",)),
        ("lo", "ລາວ", ("en",)),
        ("en", "English", ()),
    ]


def steps_of(folder: Path, *lines: str) -> tuple[object, ...]:
    """The steps that these lines become, in the home flow behind its first menu."""
    more = "".join(f"    {line}\n" for step in lines for line in step.splitlines())
    script = compiled(folder, {"flows/home.yaml": HOME + more})
    return script.flows[FlowId("home")].screens[ScreenId("menu")].steps[2:]


def test_each_target_is_what_it_says(tmp_path: Path) -> None:
    (step,) = steps_of(
        tmp_path,
        "- go: [{to: flow:origin, if: {origin: kh}}, {to: topic:minimum-wage, if: {origin: la}},"
        " {to: back, if: {origin: mm}}, {to: home, if: {origin: unknown}}, {to: menu}]",
    )

    def only(country: str) -> OneOf:
        return OneOf("origin", frozenset({country}))

    assert step == Go(
        (
            Way(ToFlow(ORIGIN_FLOW), only("kh")),
            Way(ToFlow(FlowId("topic.minimum-wage")), only("la")),
            Way(ToBack(), only("mm")),
            Way(ToHome(), Told("origin", known=False)),
            Way(ToScreen(ScreenId("menu"))),
        )
    )


def test_conditions_nest_and_know_ranges(tmp_path: Path) -> None:
    _, saying = steps_of(
        tmp_path,
        "- ask: {text: How many?, as: number}\n  save: months",
        "- say: Hi.\n  if: {months: [4+, ..1, 2..2.5], not: {origin: [kh, la]}, any: [{origin: known}, {months: 3}]}",
    )

    assert isinstance(saying, Say)
    assert saying.when == All(
        (
            AnyOf(
                (
                    Between("months", Decimal(4), None),
                    Between("months", None, Decimal(1)),
                    Between("months", Decimal(2), Decimal("2.5")),
                )
            ),
            Not(OneOf("origin", frozenset({"kh", "la"}))),
            AnyOf((Told("origin", known=True), OneOf("months", frozenset({"3"})))),
        )
    )


def test_a_choice_adds_sets_saves_waits_and_loses_patience(tmp_path: Path) -> None:
    (step,) = steps_of(
        tmp_path,
        "- choose:\n    a: {label: A, icon: ✅, add: {risk: 2.5}, set: {origin: kh}}\n    b: {topic: minimum-wage}\n"
        "  save: paid\n  columns: 2\n  tries: {after: 3, go: home}\n  after: {wait: 30 min, go: menu}",
    )

    assert step == Choose(
        node=node_token("home", "menu", "choose-2"),
        options=(
            Option(
                "a",
                TextId("home.menu.choose-2.a"),
                "✅",
                adds=(("risk", Decimal("2.5")),),
                sets=(("origin", "kh"),),
            ),
            Option("b", TextId("topic.minimum-wage.title"), opens=FlowId("topic.minimum-wage")),
        ),
        save="paid",
        columns=2,
        tries=Patience(3, ToHome()),
        after=Reminder(step.after.wait, ToScreen(ScreenId("menu")))
        if isinstance(step, Choose) and step.after
        else None,
    )
    assert isinstance(step, Choose)
    assert step.after is not None
    assert step.after.wait.total_seconds() == 1800


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("2h", 7200), ("3 days", 259_200), ("1 day", 86_400), ("45 min", 2700), ("2 weeks", 1_209_600)],
)
def test_durations_are_read(words: str, seconds: int, tmp_path: Path) -> None:
    (step,) = steps_of(tmp_path, f"- choose: {{a: A}}\n  after: {{wait: {words}, go: home}}")

    assert isinstance(step, Choose)
    assert step.after is not None
    assert step.after.wait.total_seconds() == seconds


def test_hotlines_of_a_topic_are_found_at_compile_time(tmp_path: Path) -> None:
    (step,) = steps_of(
        tmp_path, "- do: hotlines\n  with: {topic: minimum-wage, where: [here, origin], at_most: 2, open_first: no}"
    )

    assert step == ListHotlines(
        Wanted(ids=(HotlineId("th-1506"),), at_most=2, open_first=False), where=("here", "origin")
    )


def test_a_handoff_calls_the_flow_that_leads_to_a_person(tmp_path: Path) -> None:
    (step,) = steps_of(tmp_path, "- do: handoff")

    assert step == Call(node_token("home", "menu", "do"), FlowId("home"))


def test_a_topic_becomes_a_flow_with_one_screen(tmp_path: Path) -> None:
    second = TOPIC.replace("minimum-wage", "wage-unpaid").replace("title:", 'icon: "💸"\n  title:')
    script = compiled(tmp_path, {"topics/work.yaml": TOPIC + "  flow: origin\n  next: [wage-unpaid]\n" + second})

    flow = FlowId("topic.minimum-wage")
    title = TextId("topic.minimum-wage.title")
    answer = TextId("topic.minimum-wage.answer.default")
    assert script.flows[flow].screens[ScreenId("answer")].steps == (
        Say(title, heading=True),
        Say(answer),
        ListHotlines(Wanted(ids=(HotlineId("th-1506"),)), inline=True),
        Choose(
            node_token("topic.minimum-wage", "answer", "choose"),
            (
                Option("flow", TextId("phrase.check-step-by-step"), "👣", opens=ORIGIN_FLOW),
                Option("wage-unpaid", TextId("topic.wage-unpaid.title"), "💸", opens=FlowId("topic.wage-unpaid")),
            ),
        ),
    )
    assert script.topics[TopicId("minimum-wage")] == Topic(
        id=TopicId("minimum-wage"),
        stage="work",
        urgency="normal",
        title=title,
        icon="",
        variants=(Variant("default", answer, ALWAYS, {}, (), date(2026, 11, 23), date(2027, 5, 23)),),
        next=(TopicId("wage-unpaid"),),
    )


VARIANTS = f"""\
- topic: passport
  title: Passport
  urgency: normal
  ask: {EXAMPLES}
  answer:
    - {{when: {{origin: kh}}, text: For Cambodia., checked: 2026-11-23, review_by: 2027-05-23}}
    - {{when: {{origin: [la, mm]}}, text: For others., checked: 2026-11-23, review_by: 2027-05-23}}
"""


def test_a_topic_without_an_answer_for_all_asks_first(tmp_path: Path) -> None:
    script = compiled(tmp_path, {"topics/before.yaml": VARIANTS})

    kh, others = OneOf("origin", frozenset({"kh"})), OneOf("origin", frozenset({"la", "mm"}))
    assert script.flows[FlowId("topic.passport")].screens[ScreenId("answer")].steps == (
        Call(node_token("topic.passport", "answer", "call-origin"), ORIGIN_FLOW, when=Told("origin", known=False)),
        Say(TextId("topic.passport.title"), heading=True),
        Say(TextId("topic.passport.answer.kh"), kh),
        Say(TextId("topic.passport.answer.la-mm"), All((others, Not(kh)))),
    )


def test_topics_stand_in_the_order_of_a_migrants_way(tmp_path: Path) -> None:
    help_topic = TOPIC.replace("minimum-wage", "data")
    script = compiled(tmp_path, {"topics/before.yaml": VARIANTS, "topics/help.yaml": help_topic})

    assert list(script.topics) == ["passport", "minimum-wage", "data"]


def test_a_variant_has_slots_of_facts_and_of_what_was_told(tmp_path: Path) -> None:
    script = compiled(
        tmp_path,
        {"flows/home.yaml": HOME.replace("What do you want", "From {profile.origin} with {fact:th-wage}. What")},
    )

    phrase, language = script.phrasebook.find(TextId("home.menu.say"), Language("km"))
    assert phrase == ("From ", ValueSlot("origin"), " with ", FactSlot(FactId("th-wage")), ". What to know?")
    assert language == "en"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("value: 400\n  unit: THB\n  per: day", Amount(Decimal(400), "THB", "day")),
        ("value: 1.5\n  unit: THB", Amount(Decimal("1.5"), "THB")),
        ("value: 337..400\n  unit: THB", AmountRange(Decimal(337), Decimal(400), "THB")),
        ("value: 2025-07-01", Day(date(2025, 7, 1))),
        ("text: Nobody may take a fee.", Rule()),
    ],
)
def test_a_fact_is_an_amount_a_range_a_day_or_a_rule(value: str, expected: object, tmp_path: Path) -> None:
    fact = FACT.replace("value: 400\n  unit: THB\n  per: day", value)
    script = compiled(tmp_path, {"facts/thailand.yaml": fact})

    assert script.facts[FactId("th-wage")].value == expected


@pytest.mark.parametrize(
    ("words", "moment", "expected"),
    [
        ("mon-fri 08:30-16:30", "2026-11-25T08:30", Availability.OPEN),
        ("mon-fri 08:30-16:30", "2026-11-25T16:30", Availability.CLOSED),
        ("mon-fri 08:30-16:30", "2026-11-28T10:00", Availability.CLOSED),
        ("daily 08:00-20:00", "2026-11-28T10:00", Availability.OPEN),
        ("fri 20:00-04:00", "2026-11-28T03:59", Availability.OPEN),
        ("fri 20:00-04:00", "2026-11-27T03:59", Availability.CLOSED),
        ("sat-mon,wed 09:00-24:00", "2026-11-30T23:59", Availability.OPEN),
        ("sat-mon,wed 09:00-24:00", "2026-12-01T10:00", Availability.CLOSED),
    ],
)
def test_shifts_are_read(words: str, moment: str, expected: Availability) -> None:
    shift = read_shift(words)

    assert shift is not None
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Bangkok"))
    assert shift.covers(local, frozenset()) == (expected is Availability.OPEN)


@pytest.mark.parametrize("words", ["", "mon", "mon 8-9", "xyz 08:00-09:00", "mon 25:00-26:00"])
def test_what_is_no_shift_is_none(words: str) -> None:
    assert read_shift(words) is None


def test_a_renamed_screen_and_flow_lead_their_people_to_the_new_one(tmp_path: Path) -> None:
    moved = ORIGIN.replace("flow: origin", "flow: country\nwas: [origin, where]").replace(
        "  ask:\n", "  question:\n    was: ask\n    steps:\n"
    )
    moved = moved.replace("    - ", "      - ").replace("        kh:", "          kh:")
    for value in ("la:", "mm:", "unsaid:"):
        moved = moved.replace(f"        {value}", f"          {value}")
    moved = moved.replace("      save: origin", "        save: origin")
    files = {"flows/origin.yaml": "", "flows/country.yaml": moved}
    files["flows/home.yaml"] = HOME.replace("flow:origin", "flow:country")
    files["bot.yaml"] = (
        (write_content(tmp_path / "old") / "bot.yaml").read_text().replace("ask: origin", "ask: country")
    )

    script = compiled(tmp_path / "new", files)

    today = node_token("country", "question", "choose")
    assert {
        node_token("origin", "ask", "choose"): today,
        node_token("origin", "question", "choose"): today,
        node_token("where", "ask", "choose"): today,
        node_token("where", "question", "choose"): today,
        node_token("country", "ask", "choose"): today,
    } == script.renamed
    assert script.beginnings[flow_token("where")] == "country"
    assert script.screens[screen_token("origin", "ask")] == ("country", "question")


def test_the_version_changes_with_any_file_but_not_with_tests(tmp_path: Path) -> None:
    one = compiled(tmp_path / "a")
    same = compiled(tmp_path / "b", {"tests/x.yaml": "- {test: nothing, talk: [{me: hello}]}\n"})
    other = compiled(tmp_path / "c", {"flows/home.yaml": HOME.replace("What", "Which")})

    assert one.version == same.version
    assert one.version != other.version


def test_content_with_an_error_makes_no_script(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"no fact is called 'th-wages'; did you mean 'th-wage'\?"):
        compiled(tmp_path, {"topics/work.yaml": TOPIC.replace("fact:th-wage", "fact:th-wages")})


def test_a_link_to_a_file_outside_is_not_followed(tmp_path: Path) -> None:
    content = write_content(tmp_path)
    secret = tmp_path / "secret.yaml"
    secret.write_text("flow: secret\ntitle: Secret\nscreens:\n  a: [end]\n")
    (content / "flows" / "secret.yaml").symlink_to(secret)

    assert FlowId("secret") not in compile_content(content, TODAY).script.flows


def test_a_folder_that_is_a_link_is_not_walked_into(tmp_path: Path) -> None:
    content = write_content(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.yaml").write_text("flow: secret\ntitle: Secret\nscreens:\n  a: [end]\n")
    (content / "flows" / "more").symlink_to(tmp_path / "elsewhere")

    assert compile_content(content, TODAY).problems == ()
