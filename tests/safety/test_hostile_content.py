"""Files that somebody hides in the content: each is refused by the whole compiler at once, with file and line.

What the reader of YAML refuses is listed with its tests; here every one of those files stands in a whole folder of
content, beside what looks like proper content and is none.
"""

import re
import sys
import time
from pathlib import Path
from typing import Final

from bot.compiler import Notebook, check_content
from bot.compiler.problems import errors
from tests.compiler.content_builder import BOT, HOME, TODAY, write_content
from tests.compiler.test_reading import HOSTILE

IN: Final = "flows/home.yaml"
PLACE: Final = re.compile(r"content/\S+:\d+:\d+: .+")


def _step(step: str) -> dict[str, bytes]:
    return {IN: HOME.replace("    - choose:", f"    - {step}\n    - choose:", 1).encode()}


def _says(words: str) -> dict[str, bytes]:
    return _step(f"say: {words}")


def _formula(formula: str) -> dict[str, bytes]:
    return _step(f"set: {{pay: '{formula}'}}")


_BOMB: Final = b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 123))
_CYCLE: Final = b"flow: %s\ntitle: Round\nscreens:\n  s:\n    - go: [{to: 'flow:%s'}]\n"

FOLDERS: Final[dict[str, dict[str, bytes]]] = {
    # Formulas
    "a formula that runs a program": _formula('__import__("os").system("ls")'),
    "a formula that opens a file": _formula('open("/etc/passwd").read()'),
    "a formula with an attribute": _formula("days.__class__.__mro__"),
    "a formula that grows": _formula("9 ** 9 ** 9 ** 9"),
    "a formula that shifts": _formula("1 << 999999999"),
    "a formula with a lambda": _formula("(lambda: 1)()"),
    "a formula that builds a list": _formula("[x for x in range(999999999)]"),
    "a formula that repeats words": _formula('"a" * 999999999'),
    "a formula that nests": _formula("(" * 500 + "1" + ")" * 500),
    "a formula with a giant number": _formula("9" * 100_000),
    "a formula with infinity": _formula("1e999999999"),
    "a formula that walks": _formula("(x := 1)"),
    "a formula with f-words": _formula('f"{days}"'),
    # Words
    "a slot with an attribute": _says("'{0.__class__}'"),
    "a slot with an index": _says("'{origin[0]}'"),
    "a slot with a format": _says("'{origin:>99999999}'"),
    "a slot of nothing": _says("'{}'"),
    "an open slot": _says("'a { b'"),
    "a number of its own": _says("'Call +66 81 234 5678 now'"),
    "a link of its own": _says("'See https://evil.example/x'"),
    "a script in a link": _says("'javascript:alert(document.cookie)'"),
    "an address without a scheme": _says("'Ask at evil-agents.com for work'"),
    "somebody's name in a messenger": _says("'Write to @cheap_visa_agent'"),
    "a turned text": _says("'a\u202eb'"),
    "an isolated text": _says("'a\u2066b\u2069'"),
    "a turned text by an escape": _says('"a\\u202eb"'),
    "a NUL by an escape": _says('"a\\0b"'),
    "a mark inside": _says("'a\ufeffb'"),
    "a giant scalar": _says("'" + "x" * 990_000 + "'"),
    "words without end": _says("'" + "ខ្" * 4000 + "'"),
    # Names
    "a picture by a path": _step("show: ../../../../etc/passwd"),
    "a picture by an address": _step("show: https://evil.example/a.png"),
    "a picture by a root": _step("show: /etc/passwd"),
    "a picture by NUL": _step('show: "door\\0.png"'),
    "a picture by backslashes": _step("show: '..\\\\..\\\\secret'"),
    "a flow by a path": _step("go: 'flow:../../bot'"),
    "a flow that is called by a path": _step("call: ../home"),
    "a step of Python": _step("python: print(1)"),
    "an action of nobody": _step("do: shell"),
    "a topic by a path": _step("do: call-helpline\n      with: {topic: ../x}"),
    "a giant wait": _step("do: remind\n      with: {in: 99999999999999 days, flow: origin}"),
    "a giant count": _step("do: hotlines\n      with: {at_most: " + "9" * 5000 + "}"),
    "a giant limit": _step("ask: {text: How many?, as: number, min: 1, max: 1e99999, hint: x}\n      save: d"),
    "a flow with another name": {IN: HOME.replace("flow: home", "flow: ../home").encode()},
    "a condition that calls": _step("say: x\n      if: {origin: \"__import__('os')\"}"),
    "a condition with a number without end": _step("say: x\n      if: {days: " + "9" * 50_000 + "+}"),
    # Cycles
    "two flows that send each other round": {
        "flows/one.yaml": _CYCLE % (b"one", b"two"),
        "flows/two.yaml": _CYCLE % (b"two", b"one"),
        IN: HOME.replace("flow:origin", "flow:one").encode(),
    },
    "a flow that calls itself": {"flows/origin.yaml": b"flow: origin\ntitle: O\nscreens:\n  s:\n    - call: origin\n"},
    "a screen that goes to itself": _step("go: [{to: menu}]"),
    # Files
    "a bomb of names": {"hotlines.yaml": _BOMB},
    "a bomb in phrases": {"phrases.yaml": _BOMB},
    "a bomb in translations": {"texts/km/flows/home.yaml": _BOMB},
    "a list that is deep": {"phrases.yaml": b"[" * 5000 + b"]" * 5000},
    "a map that is deep": {"phrases.yaml": b"{a: " * 5000 + b"}" * 5000},
    "indents that are deep": {"phrases.yaml": b"".join(b" " * n + b"a:\n" for n in range(600))},
    "a file with NULs": {"phrases.yaml": b"phrases:\n  a: x\0y\n"},
    "a file of another encoding": {"phrases.yaml": "phrases:\n  a: ខ្មែរ\n".encode("utf-16")},
    "a file of Latin letters": {"phrases.yaml": "phrases:\n  a: café\n".encode("latin-1")},
    "overlong letters": {"phrases.yaml": b"phrases:\n  a: \xc0\xaf\xc0\xae\n"},
    "half of a pair": {"phrases.yaml": b"phrases:\n  a: \xed\xa0\x80\n"},
    "a file too large": {"phrases.yaml": b"# " + b"x" * 1_000_001},
    "an object of Python": {"phrases.yaml": b"phrases: !!python/object/new:os.system [ls]\n"},
    "a merge": {"phrases.yaml": b"phrases:\n  <<: {a: b}\n"},
    "a language by a path": {"bot.yaml": BOT.replace("  km:", "  ../km:").encode()},
    "a translation of a language by a path": {"texts/km/flows/home.yaml": b"language: ../../en\ntexts: {}\n"},
    "a script in a drawing": {"media/door.svg": b"<svg><script>alert(1)</script></svg>"},
    "a drawing called a picture": {"media/door.png": b"<svg onload='alert(1)'/>"},
    "a page called a picture": {"media/door.jpg": b"<html><script>alert(1)</script>"},
    "a program called a recording": {"media/km/door.mp3": b"\x7fELF"},
    "a recording by a path": {
        "media/km/recordings.yaml": b"recordings:\n  home.menu.say: {file: ../../bot.yaml, from: a}\n"
    },
    "a picture called by two dots": {"media/door...png": b"\x89PNG\r\n\x1a\n"},
}


def test_every_hostile_folder_is_refused_at_once_with_file_and_line(quick_folder: Path) -> None:
    cases = {**{f"read: {name}": {"phrases.yaml": source} for name, (source, _) in HOSTILE.items()}, **FOLDERS}
    # The small content without any of it is fine, so it is these files that are refused.
    assert _refused(quick_folder / "fine", {})[0] == []

    slowest, wrong = 0.0, {}
    for number, (name, files) in enumerate(cases.items()):
        told, seconds = _refused(quick_folder / str(number), files)
        slowest = max(slowest, seconds)
        stems = tuple(f"content/{file}:" for file in files)
        if not any(PLACE.fullmatch(one) and one.startswith(stems) for one in told) or seconds >= 1:
            wrong[name] = (round(seconds, 2), told[:3])

    sys.stdout.write(
        f"{len(cases)} hostile content files: {len(cases) - len(wrong)} refused with file:line, "
        f"the slowest in {slowest:.2f} s\n"
    )
    assert wrong == {}
    assert len(FOLDERS) >= 60


def _refused(folder: Path, files: dict[str, bytes]) -> tuple[list[str], float]:
    """What the compiler says of the small content with these files, and how long it takes."""
    content = write_content(folder)
    for name, source in files.items():
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source)
    notebook = Notebook()
    started = time.process_time()
    check_content(content, TODAY, notebook)
    return [str(one) for one in errors(notebook.problems())], time.process_time() - started
