"""The only door to the two libraries that know Zawgyi, the older way of writing Burmese on Unicode's code
points.

A Unicode text that goes through the converter is ruined, so callers convert only what is surely Zawgyi.
"""

import re
import warnings
from functools import cache
from typing import Final

from myanmartools import ZawgyiDetector
from para.convert import zg_to_unicode

SURE: Final = 0.98
# At this length the detector is right in more than 99.5 % of the cases; below it a middling value means
# nothing.
LONG_ENOUGH: Final = 9

_MYANMAR: Final = re.compile(r"[\u1000-\u109F]")


def zawgyi_probability(text: str) -> float:
    """How likely the text is Zawgyi, from 0 to 1; 0 when it holds no letter of the Myanmar script."""
    if _MYANMAR.search(text) is None:
        return 0.0
    return max(0.0, float(_detector().get_zawgyi_probability(text)))


def to_unicode(zawgyi: str) -> str:
    """The same words in Unicode; the caller is sure that they are Zawgyi."""
    return str(zg_to_unicode(zawgyi, force=True))


@cache
def _detector() -> ZawgyiDetector:
    with warnings.catch_warnings():
        # The library opens its model with a function that Python 3.11 calls old and 3.13 took back.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()
