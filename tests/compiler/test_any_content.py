"""Whatever authors write or break, they are told; nothing they write makes the compiler fall over."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.compiler import Notebook, check_content
from bot.compiler.problems import errors
from bot.compiler.reading import read_yaml
from tests.compiler.content_builder import TODAY, WHOLE, write_content

FILES = {
    **WHOLE,
    "flows/home.yaml": WHOLE["flows/home.yaml"]
    + "    - ask: {text: How many days?, as: number, min: 1, max: 31, hint: a number}\n      save: days\n"
    "    - set: {pay: \"days * fact('th-wage')\"}\n"
    '    - say: "Perhaps {pay} or {hotline:th-1506}."\n      if: {days: 2+, not: {origin: [kh, unknown]}}\n'
    "    - do: hotlines\n      with: {kinds: [labour], where: [here, origin], at_most: 2}\n"
    "    - do: remind\n      with: {in: 3 days, flow: origin}\n"
    "    - call: origin\n      save: x\n"
    "    - go: [{to: back, if: {any: [{origin: kh}, {days: ..5}]}}, {to: home}]\n",
    "texts/km/flows/home.yaml": 'language: km\nstatus: draft\ntexts:\n  home.title: {text: "ទំព័រដើម"}\n',
    "places/thailand.yaml": "- {place: x, name: X, kind: office, country: th, address: A, hotline: th-1506,"
    " source: {title: A}, checked: 2026-11-23, review_by: 2027-02-23, confidence: high}\n",
}
PIECES = st.sampled_from(
    [
        *(
            "",
            " ",
            "\n",
            "  ",
            "- ",
            ": ",
            "{",
            "}",
            "[",
            "]",
            '"',
            "'",
            "#",
            "&a",
            "*a",
            "!x",
            "|",
            ">",
            "~",
            "<<",
            "---\n",
        ),
        *(
            "x",
            "0",
            "4+",
            "..5",
            "2..",
            "unknown",
            "yes",
            "home",
            "flow:home",
            "topic:",
            "{fact:x}",
            "{",
            "ក",
            "\u202e",
            "\t",
        ),
        *(
            "if: {origin: kh}",
            "- end\n",
            "- go: menu\n",
            "say: Hi",
            "{a: {b: {c: d}}}",
            "[[], {}]",
            "-1",
            "1e9",
            "2026-02-30",
        ),
    ]
)


@given(name=st.sampled_from(sorted(FILES)), where=st.integers(0, 2000), cut=st.integers(0, 60), piece=PIECES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_broken_file_is_told_and_breaks_nothing(name: str, where: int, cut: int, piece: str) -> None:
    whole = FILES[name]
    at = where % (len(whole) + 1)
    broken = whole[:at] + piece + whole[at + cut :]
    notebook = Notebook()

    with TemporaryDirectory() as folder:
        assembled = check_content(write_content(Path(folder), {**FILES, name: broken}), TODAY, notebook)

    assert assembled is not None
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in notebook.problems())


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    notebook = Notebook()

    node = read_yaml(source, "f.yaml", notebook)

    assert node is None or node.place.file == "f.yaml"
    assert all(problem.place.file == "f.yaml" for problem in notebook.problems())


@given(st.text(st.sampled_from("ab:-?[]{},'\"|>&*!#~<\n \\x0u"), max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_signs_are_read_or_refused(words: str) -> None:
    notebook = Notebook()

    read_yaml(words.encode(), "f.yaml", notebook)

    assert all(problem.place.line <= words.count("\n") + 2 for problem in errors(notebook.problems()))
