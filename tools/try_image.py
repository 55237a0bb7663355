# ruff: noqa: INP001, T201 - a script of its own that tells what it does
"""Does by hand what the Dockerfile says, where there is no container engine: `python tools/try_image.py`.
With arguments of its ARG lines: `python tools/try_image.py LOCK=requirements-traces.lock`.

The steps of its first stage run in an empty folder with only the files that .dockerignore lets in; /opt/waymark and
/build become folders in it. Then the bot is started as its second stage would: with its environment, on a folder that
it cannot write to, as a user of that number where we are root, until its health check says that it is well.

What this cannot show: that the two images named by FROM exist and hold what we think, and that the kernel keeps a
container in its bounds.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 180.0


@dataclass(frozen=True)
class Stage:
    """What one FROM holds, in order."""

    image: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, kind: str) -> list[str]:
        return [words for name, words in self.steps if name == kind]


def read_dockerfile(text: str) -> list[Stage]:
    """Its stages; lines that end with a backslash go on."""
    joined = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[Stage] = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        kind, _, words = line.partition(" ")
        if kind == "FROM":
            stages.append(Stage(words.split()[0]))
        else:
            stages[-1].steps.append((kind, " ".join(words.split()) if kind != "HEALTHCHECK" else words))
    return stages


def let_in(dockerignore: str) -> list[str]:
    """The names that a .dockerignore of the kind "nothing but these" lets in."""
    lines = [line for line in dockerignore.splitlines() if line and not line.startswith("#")]
    if lines[0] != "*":
        raise SystemExit(".dockerignore should begin with * and name what is let in")
    return [line[1:] for line in lines if line.startswith("!")]


def build(stage: Stage, folder: Path, arguments: dict[str, str]) -> None:
    """Run the first stage."""
    known = dict(words.split("=", 1) for words in stage.of("ARG"))
    if arguments.keys() - known.keys():
        raise SystemExit(f"the Dockerfile has no ARG {', '.join(sorted(arguments.keys() - known.keys()))}")
    known |= arguments
    work = folder / "build"
    work.mkdir()
    allowed = let_in((ROOT / ".dockerignore").read_text("utf-8"))
    for kind, words in stage.steps:
        if kind == "COPY":
            *sources, target = words.split()
            for source in sources:
                if source not in allowed:
                    raise SystemExit(f".dockerignore keeps {source} out, which the Dockerfile copies")
                _copy(ROOT / source, _place(target, folder, work))
        elif kind == "RUN":
            began = time.monotonic()
            command = shlex.split(_filled(words, known).replace("/opt/waymark", f"{folder}/opt/waymark"))
            if command[0] == "python":
                command[0] = os.environ.get("PYTHON", sys.executable)
            subprocess.run(command, cwd=work, check=True, env={"PATH": os.environ["PATH"], **_proxy()})
            print(f"{time.monotonic() - began:5.1f} s  {words}", flush=True)


def run(stage: Stage, folder: Path) -> None:
    """Start the bot as the second stage says, and ask its health check."""
    environment = _environment(stage, folder)
    programs = folder / "opt/waymark/bin"
    data = Path(environment["WAYMARK_DATA_DIR"])
    data.mkdir(mode=0o700)
    for parent in (folder, folder / "opt"):
        parent.chmod(0o755)
    user = _user(int(stage.of("USER")[-1].partition(":")[0]), programs / "python")
    if user is not None:
        os.chown(data, user, user)
    program = [*json.loads(stage.of("ENTRYPOINT")[-1]), *json.loads(stage.of("CMD")[-1])]
    health = json.loads(re.sub(r"^.*?CMD\s*", "", stage.of("HEALTHCHECK")[-1]))
    program[0], health[0] = str(programs / program[0]), str(programs / health[0])
    began, clock = time.time(), time.monotonic()
    groups = None if user is None else []
    bot = subprocess.Popen(program, cwd=data, env=environment, user=user, group=user, extra_groups=groups)
    try:
        while subprocess.run(health, env=environment, stderr=subprocess.DEVNULL, check=False).returncode:
            if bot.poll() is not None or time.monotonic() - clock > PATIENCE:
                raise SystemExit("the bot did not become healthy")
            time.sleep(0.2)
        print(f"{time.monotonic() - clock:5.1f} s  until the health check says that it is well", flush=True)
    finally:
        bot.terminate()
        ended = bot.wait(30)
    if ended:
        raise SystemExit(f"the bot ended with {ended} when it was asked to stop")
    written = [path for path in (folder / "opt").rglob("*") if path.lstat().st_mtime > began]
    if written:
        raise SystemExit(f"the bot wrote outside of its data folder: {written[:5]}")


def _user(number: int, python: Path) -> int | None:
    """The number to run as, where we may choose and where this Python can be reached by others."""
    if os.geteuid() != 0:
        return None
    try:
        subprocess.run([python, "-c", ""], user=number, group=number, extra_groups=[], check=True)
    except (OSError, subprocess.CalledProcessError):
        print(f"        not run as user {number}: this Python lies where others cannot go; try PYTHON=/usr/bin/python3")
        return None
    print(f"        run as user {number}")
    return number


def _environment(stage: Stage, folder: Path) -> dict[str, str]:
    environment = {"LC_ALL": "C.UTF-8"}
    for words in stage.of("ENV"):
        environment |= dict(pair.split("=", 1) for pair in words.split())
    environment = {name: value.replace("/opt/waymark", f"{folder}/opt/waymark") for name, value in environment.items()}
    environment["PATH"] = environment["PATH"].replace("$PATH", os.environ["PATH"])
    environment["WAYMARK_DATA_DIR"] = f"{folder}/data"
    environment["WAYMARK_HTTP_PORT"] = str(_free_port())
    return environment


def _filled(words: str, arguments: dict[str, str]) -> str:
    for name, value in arguments.items():
        words = words.replace(f"${{{name}}}", value)
    return words


def _place(target: str, folder: Path, work: Path) -> Path:
    return folder / target.lstrip("/") if target.startswith("/") else work / target


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target / source.name if target.is_dir() else target)


def _proxy() -> dict[str, str]:
    """How packages are reached from here is this machine's affair."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "HOME")) or "proxy" in name.lower()
    }


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def main() -> None:
    """Build and run."""
    first, second = read_dockerfile((ROOT / "Dockerfile").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="waymark-image-") as name:
        folder = Path(name)
        (folder / "opt").mkdir()
        build(first, folder, dict(word.split("=", 1) for word in sys.argv[1:]))
        run(second, folder)
    print("The Dockerfile's steps work; no container engine was asked.")


if __name__ == "__main__":
    main()
