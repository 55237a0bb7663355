"""Processes that get only a share of a core, as the kernel's control groups hold them to it.

So what several processes do can be compared with what one does on a machine that has no core for each.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_GROUPS: Final = Path("/sys/fs/cgroup")
_PERIOD: Final = 10_000
"""Microseconds in which a share is used up, at most; short, so that nobody stands still for long."""


class NoSharesError(Exception):
    """This machine does not let us hold processes to a share."""


@contextmanager
def held_to(share: float, processes: Sequence[int]) -> Iterator[None]:
    """Give each of these processes no more than a share of a core while the block runs.

    Raise NoSharesError where that is not for us to decide: it takes root, and a control group of ours to write in.
    """
    kinds = ((_GROUPS / "cpu", "cpu.cfs_quota_us", "{quota}"), (_GROUPS, "cpu.max", "{quota} {period}"))
    parent, name, words = next((kind for kind in kinds if _has_limits(kind[0], kind[1])), (None, "", ""))
    if parent is None:
        raise NoSharesError("control groups cannot be made here (it takes root), so nobody can be held to a share")
    groups = [parent / f"waymark-bench-{os.getpid()}-{process}" for process in processes]
    try:
        for group, process in zip(groups, processes, strict=True):
            group.mkdir()
            if (period := group / "cpu.cfs_period_us").exists():
                period.write_text(str(_PERIOD))
            (group / name).write_text(words.format(quota=round(share * _PERIOD), period=_PERIOD))
            (group / "cgroup.procs").write_text(str(process))
        yield
    finally:
        for group, process in zip(groups, processes, strict=True):
            if group.exists():
                (parent / "cgroup.procs").write_text(str(process))
                group.rmdir()


def _has_limits(parent: Path, name: str) -> bool:
    probe = parent / f"waymark-bench-{os.getpid()}"
    try:
        probe.mkdir()
    except OSError:
        return False
    has_them = (probe / name).exists()
    probe.rmdir()
    return has_them
