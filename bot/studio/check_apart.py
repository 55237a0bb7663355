"""`python -m bot.studio.check_apart FOLDER DAY LEARNED LENDER`: the whole check in a process of its own.

`examining` begins it. What it finds goes to its output, as JSON and bounded. It ends by itself when the one that began
it is gone, however that ended: nobody ever writes to its input, which the system closes in that moment. That holds on
every system and for every way to end, which a signal at the death of the parent does not.
"""

import contextlib
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Final

import msgspec

from bot import logbook
from bot.compiler.folder import Folder, lent_by
from bot.compiler.problems import Severity
from bot.compiler.teaching import teach_in
from bot.studio.checking import SHOWN_AS, Checked, Finding, check_whole

MOST_BYTES: Final = 4 * 1024 * 1024
"""Findings beyond are not told: whoever has put the first ones right finds them then."""

LONGEST_WORDS: Final = 4_000
MOST_SECONDS: Final = 120
"""Of processor time, ten times what the content that ships needs: others wait for this one to end."""

_MOST_MEMORY: Final = 900 * 1024**2
"""Of addresses: twice what the content that ships needs, and with the bot itself less than the deployments give."""

_FIRST_TO_GO: Final = "900"


def main(arguments: Sequence[str]) -> int:
    """Check, and say what was found."""
    folder, today, learned, lender = arguments
    Thread(target=_end_with_parent, daemon=True).start()
    _stand_apart()
    _stay_small()
    logbook.open_logbook()
    try:
        content = Folder(Path(folder), SHOWN_AS, lender=lent_by(Path(lender)))
        checked = check_whole(content, date.fromisoformat(today), teach_in(Path(learned)))
        answer = msgspec.json.encode(bounded(checked))
    except Exception as error:  # noqa: BLE001  # an error's own words may hold those of a draft
        logbook.note_error("check_failed", error)
        return 1
    sys.stdout.buffer.write(answer)
    return 0


def bounded(checked: Checked) -> Checked:
    """The same in no more than so many bytes, errors before warnings: what has one keeps one."""
    left = MOST_BYTES
    kept = set[int]()
    cut = [_cut(finding) for finding in checked.findings]
    for number in sorted(range(len(cut)), key=lambda number: cut[number].severity is not Severity.ERROR):
        left -= len(msgspec.json.encode(cut[number])) + 1
        if left < 0:
            break
        kept.add(number)
    return Checked(tuple(finding for number, finding in enumerate(cut) if number in kept), checked.conversations)


def _cut(finding: Finding) -> Finding:
    if len(finding.words) <= LONGEST_WORDS:
        return finding
    return replace(finding, words=f"{finding.words[:LONGEST_WORDS]}…")


def _end_with_parent() -> None:
    with contextlib.suppress(OSError):
        os.read(sys.stdin.fileno(), 1)
    os._exit(2)


def _stand_apart() -> None:
    """Ctrl-C is for the bot, which then ends this in order.

    In a session of its own, though, it would count as somebody else, whom Linux gives as much of the processor as the
    bot, whatever its priority.
    """
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)


def _stay_small() -> None:
    """Where memory is short, this process is to go and not the one that answers people."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, "ascii")
    # With one second between them it is told first why it has to end.
    seconds, memory = (MOST_SECONDS, MOST_SECONDS + 1), (_MOST_MEMORY, _MOST_MEMORY)
    for what, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory)):
        # Some systems know no such limit, or have set a lower one.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, most)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
