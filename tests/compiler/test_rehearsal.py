from pathlib import Path

import pytest

from bot.compiler import Notebook, compile_content
from bot.compiler.commands import check
from bot.compiler.rehearsal import rehearse_all
from tests.compiler.content_builder import BOT, HOME, HOTLINE, PHRASES, TODAY, TOPIC, write_content

# A person who knows no country is asked for none here, so that a conversation is as short as its test.
HERE = "here: {values: [kh, la, mm, th]}\nspecial:"
FILES = {
    "bot.yaml": BOT.replace("special:", f"  {HERE}"),
    "phrases.yaml": PHRASES,
    "flows/home.yaml": HOME
    + "      after: {wait: 2h, go: late}\n"
    + "    - call: country\n"
    + "    - do: hotlines\n      with: {kinds: [labour], inline: yes}\n"
    + "    - choose: {done: Done, topic: {topic: minimum-wage}}\n"
    + "  late:\n    - say: It is late.\n    - choose: {fine: Fine}\n",
    "flows/country.yaml": "flow: country\ntitle: Country\nscreens:\n  ask:\n    - say: Where are you now?\n"
    "    - choose: {th: Thailand, kh: Cambodia}\n      save: here\n",
    "hotlines/thailand.yaml": HOTLINE.replace("hours: always", 'hours: ["mon-fri 08:30-16:30"]'),
}


def rehearse(folder: Path, *lines: str, head: str = "as: {language: en, here: th}") -> tuple[int, list[str]]:
    """How many conversations were walked through, and what came out otherwise."""
    talk = "".join(f"    - {line}\n" for line in lines)
    test = f"- test: it holds\n  {head}\n  talk:\n{talk}"
    content = write_content(folder, {**FILES, "tests/some.yaml": test})
    script = compile_content(content, TODAY).script
    notebook = Notebook()
    return rehearse_all(script, content, notebook), [str(problem) for problem in notebook.problems()]


def test_a_conversation_that_comes_out_as_written_has_no_problems(tmp_path: Path) -> None:
    assert rehearse(
        tmp_path,
        "open: home",
        "bot: {screen: home.menu, flow: home, offers: [where, again], language: en, says: [home.menu.say, you want]}",
        "tap: again",
        "bot: {screen: country.ask, profile: {here: th, origin: unknown}}",
        "tap: kh",
        "bot: {screen: home.menu, profile: {here: kh}, offers: done, hotlines: {excludes: [th-1506]}}",
        "tap: minimum-wage",
        "bot: {says: topic.minimum-wage.answer.default}",
        "wish: exit",
        "bot: {flow: home, covered: yes}",
        "me: home",
        "bot: {screen: home.menu, covered: no}",
    ) == (1, [])


def test_hotlines_are_known_by_what_is_shown_and_whether_somebody_picks_up(tmp_path: Path) -> None:
    lines = (
        "open: home",
        "tap: again",
        "tap: th",
        "bot: {hotlines: {includes: [th-1506], at_least: 1, each: {open: true}}}",
        "bot: {hotlines: {open: th-1506}}",
        "bot: {hotlines: [th-1506]}",
    )

    head = 'as: {language: en, here: th}\n  at: "2026-04-14 %s Asia/Bangkok"'
    assert rehearse(tmp_path / "day", *lines, head=head % "10:00") == (1, [])
    assert rehearse(tmp_path / "night", *lines, head=head % "21:30") == (
        1,
        [
            "content/tests/some.yaml:8:64: 'it holds' (en): nobody is known to pick up at the hotline 'th-1506' now",
            "content/tests/some.yaml:9:30: 'it holds' (en): nobody is known to pick up at the hotline 'th-1506' now",
        ],
    )


def test_time_can_pass(tmp_path: Path) -> None:
    assert rehearse(
        tmp_path,
        "open: home",
        "later: 1h",
        "bot: {screen: home.menu}",
        "later: 1h",
        "bot: {screen: home.late}",
    ) == (1, [])


def test_what_is_not_words_can_be_sent(tmp_path: Path) -> None:
    assert rehearse(tmp_path, "open: home", "send: photo", "bot: {screen: home.menu, says: phrase.cannot-read}") == (
        1,
        [],
    )


def test_one_conversation_serves_all_languages(tmp_path: Path) -> None:
    count, problems = rehearse(
        tmp_path,
        "open: home",
        "tap: again",
        "bot: {screen: country.aks}",
        head="as: {here: th}\n  every_language: true",
    )

    assert count == 3
    assert problems == [
        f"content/tests/some.yaml:7:21: 'it holds' ({language}): the person stands at country.ask, not country.aks"
        for language in ("en", "km", "lo")
    ]


def test_figures_are_looked_for_in_every_language_and_words_in_english(tmp_path: Path) -> None:
    _, problems = rehearse(
        tmp_path,
        "open: home",
        'bot: {says: ["8,000", goodbye]}',
        head="as: {here: th}\n  every_language: true",
    )

    assert problems == [
        "content/tests/some.yaml:6:20: 'it holds' (en): '8,000' is not said",
        "content/tests/some.yaml:6:20: 'it holds' (km): '8,000' is not said",
        "content/tests/some.yaml:6:20: 'it holds' (lo): '8,000' is not said",
        "content/tests/some.yaml:6:29: 'it holds' (en): 'goodbye' is not said",
    ]


WRONG = {
    "bot: {topic: minimum-wage}": "5:20: 'it holds' (en): the person stands at home, not minimum-wage",
    "bot: {flow: origin}": "5:19: 'it holds' (en): the person stands in home, not origin",
    "bot: {language: km}": "5:23: 'it holds' (en): the language is en, not km",
    "bot: {profile: {here: kh}}": "5:29: 'it holds' (en): here is th, not kh",
    "bot: {profile: {here: unknown}}": "5:29: 'it holds' (en): here is th, not unknown",
    "bot: {offers: nothing}": "5:21: 'it holds' (en): 'nothing' is not offered, but again, exit, language, person, where",
    "bot: {says: goodbye}": "5:19: 'it holds' (en): 'goodbye' is not said",
    "bot: {says: country.ask.say}": "5:19: 'it holds' (en): the text 'country.ask.say' is not shown",
    "bot: {hotlines: [th-1506]}": "5:23: 'it holds' (en): too few hotlines are shown: none",
    "bot: {hotlines: {open: th-1506}}": "5:30: 'it holds' (en): the hotline 'th-1506' is not shown, but none",
    "bot: {hotlines: {at_least: 2}}": "5:23: 'it holds' (en): too few hotlines are shown: none",
    "bot: {covered: yes}": "5:22: 'it holds' (en): the screen is not covered",
    "tap: nothing": "5:12: 'it holds' (en): there is no button 'nothing', but again, exit, language, person, where",
    "bot: {screen: home}": "5:21: 'home' is no screen; write for example offer-check.q1",
    "bott: {screen: home.menu}": ("5:7: no step is called 'bott'; did you mean 'bot'?"),
    "later: soon": "5:14: 'soon' is no duration; write for example 2h or 3 days",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_comes_out_otherwise_is_told_with_its_place(line: str, tmp_path: Path) -> None:
    _, problems = rehearse(tmp_path, "open: home", line)

    assert f"content/tests/some.yaml:{WRONG[line]}" in problems


def test_after_a_missing_button_nothing_more_is_told(tmp_path: Path) -> None:
    _, problems = rehearse(tmp_path, "open: home", "tap: nothing", "bot: {flow: nowhere}")

    assert len(problems) == 1


def test_a_single_conversation_needs_no_list(tmp_path: Path) -> None:
    files = {**FILES, "tests/one.yaml": "test: it holds\nas: {language: en, here: th}\ntalk: [{open: home}]\n"}

    report = check(write_content(tmp_path, files), TODAY)

    assert ("conversations", 1) in report.counts


def test_a_new_person_comes_in_by_the_front_door(tmp_path: Path) -> None:
    assert rehearse(tmp_path, "open: home", "bot: {screen: home.menu, language: unknown}", head="as: {}") == (1, [])


def test_check_walks_through_conversations_only_when_nothing_else_is_wrong(tmp_path: Path) -> None:
    test = "- {test: it fails, as: {language: en, here: th}, talk: [{open: home}, {bot: {flow: x}}]}\n"
    sound = check(write_content(tmp_path / "a", {**FILES, "tests/t.yaml": test}), TODAY)
    broken = check(
        write_content(
            tmp_path / "b", {**FILES, "tests/t.yaml": test, "topics/work.yaml": TOPIC.replace("th-1506", "x")}
        ),
        TODAY,
    )

    assert [problem.words for problem in sound.problems] == ["'it fails' (en): the person stands in home, not x"]
    assert [problem.words for problem in broken.problems] == ["no hotline is called 'x'"]
    assert not sound.is_well(strict=False)
