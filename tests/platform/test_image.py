"""The Dockerfile copies what .dockerignore lets in; `python tools/try_image.py` does all of its steps, in two minutes."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "try_image.py"))
STAGES = TOOL["read_dockerfile"]((ROOT / "Dockerfile").read_text("utf-8"))


def test_what_is_copied_is_let_in_and_nothing_else_is() -> None:
    copied = {source for words in STAGES[0].of("COPY") for source in words.split()[:-1]}

    assert copied == set(TOOL["let_in"]((ROOT / ".dockerignore").read_text("utf-8")))
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_nothing_is_installed_or_compiled_where_the_bot_runs() -> None:
    assert len(STAGES) == 2
    assert [step for step in STAGES[1].of("RUN") if "pip" in step or "apt" in step] == []
    assert [words for words in STAGES[1].of("COPY") if not words.startswith("--from=build")] == []


def test_only_what_was_locked_with_hashes_comes_from_outside() -> None:
    installs = [step for step in STAGES[0].of("RUN") if "pip install" in step]

    assert [("--require-hashes" in step, "--no-index" in step) for step in installs] == [(True, False), (False, True)]


def test_what_sends_traces_can_be_built_in_and_is_not_unless_asked_for() -> None:
    (asked,) = STAGES[0].of("ARG")
    (install,) = [step for step in STAGES[0].of("RUN") if "--require-hashes" in step]
    copied = " ".join(STAGES[0].of("COPY")).split()

    assert asked == "LOCK=requirements.lock"
    assert install.endswith(" -r ${LOCK}")
    assert {"requirements.lock", "requirements-traces.lock"} <= set(copied)
    assert 'args: {LOCK: "${LOCK:-requirements.lock}"}' in (ROOT / "deploy/compose.yaml").read_text("utf-8")
