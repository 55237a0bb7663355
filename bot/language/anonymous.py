"""Which words of a person may be shown to editors, should many people say the same: `shareable(text, known)`.

Nobody can list all names, so it is asked the other way round: a text passes only if every bit of it stands in the
content as well. Latin words must be words of the content. Khmer, Lao, Burmese and Thai are written without spaces, and
any name is made of clusters that other words have, too; so each run of a few clusters must be one of the content, and a
name breaks the runs at both its ends. What introduces a name keeps the whole text back.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import Final, Protocol

import numpy as np

from bot.language.normal import LONGEST, normal, tokens
from bot.language.scripts import scripts_of

SHORTEST: Final = 3
LONGEST_SHARED: Final = 80
RUN: Final = 4
"""So many clusters in a row must stand so in the content: of three, a few names that are words as well got through."""

_SHORT: Final = " "
"""Stands before what is shorter than a run, which must be known as a whole."""

_LENGTH_BYTES: Final = 8
_STORED: Final = "<i8"

_LATIN: Final = re.compile(r"[a-z]+")
_LATIN_WORDS: Final = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_ADDRESS: Final = re.compile(r"[@_#\\/]|www|\w[.:]\w", re.IGNORECASE)

_INTRODUCING: Final = """
    name names named naam called mr mrs ms miss mister madam daw ko ma saya sayama ajarn khun nai nang naang
    thao lok neak chmos chmuos chhmous chmouh chue cheu namae nammee namyi nanmae facebook telegram id username email
    gmail
"""
_NAMING_LATIN: Final = frozenset(_INTRODUCING.split())
"""Words that a name or an address follows."""

_COMMON_NAMES: Final = """
    sok chan dara sophea sophy srey bopha chea heng kim lim ly meas nary nimol phal pich pisey ratha rith rithy sam
    samnang sann sao seng sim sopheap sothea sovann thida vanna vichea vuthy noy kham khamla bounmy keo som sone thong
    vong xay bee aung aye hla htay htun khin kyaw kyi lwin maung min moe mya myint myo naing ni nu nwe nyein oo san
    sanda soe su thant theingi tin tun win yu zaw zin cho ei phyo thu wai lin zar somchai somsak malee nok lek noi ploy
    may rose grace joy mary john david peter anna ali hope faith
"""
_NAMES_LATIN: Final = frozenset(_COMMON_NAMES.split())
"""Words that are names as well, should the content have them."""

_NAMING: Final = tuple(
    normal(words)
    for words in (
        *("ឈ្មោះ", "នាមត្រកូល", "លោក", "អ្នកស្រី", "កញ្ញា"),
        *("ຊື່", "ທ້າວ", "ທ່ານ", "ນາງ", "ນາຍ", "ນາມສະກຸນ"),
        *("နာမည်", "အမည်", "ဦး", "ဒေါ်", "ခေါ်တဲ့"),
        *("ชื่อ", "นามสกุล", "นาย", "นาง", "คุณ", "น้อง", "พี่"),
    )
)
_NOT_NAMING: Final = tuple(
    normal(words) for words in ("นายจ้าง", "นายหน้า", "เจ้านาย", "ນາຍຈ້າງ", "ນາຍໜ້າ", "ເຈົ້ານາຍ", "ເຈົ້າຂອງ")
)
"""Employer, broker, boss: words with one of the above inside."""


class Known(Protocol):
    """The vocabulary of the content."""

    def word(self, latin: str) -> bool:
        """Whether this Latin word is one of the content."""
        ...

    def run(self, clusters: str) -> bool:
        """Whether these clusters stand in the content in this order."""
        ...


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that the content itself says: its Latin words, and its runs of clusters by their hashes, for want of room."""

    words: frozenset[str]
    runs: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """From all texts of the content that are written as people write."""
        words: set[str] = set()
        runs: set[int] = set()
        for text in dict.fromkeys(texts):
            pieces = tokens(normal(text))
            words.update(piece for piece in pieces if _LATIN.fullmatch(piece))
            runs.update(_number_of(run) for run in _runs(pieces))
        return cls(frozenset(words), np.array(sorted(runs), dtype=np.int64))

    def to_bytes(self) -> bytes:
        """All of it, to be read by `from_bytes`."""
        words = "\n".join(sorted(self.words)).encode()
        return len(words).to_bytes(_LENGTH_BYTES, "big") + words + self.runs.astype(_STORED).tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Vocabulary":
        """What `to_bytes` gave; raise ValueError for anything else."""
        end = _LENGTH_BYTES + int.from_bytes(stored[:_LENGTH_BYTES], "big")
        words = stored[_LENGTH_BYTES:end].decode("ascii").split("\n")
        return cls(frozenset(words), np.frombuffer(stored[end:], dtype=_STORED).astype(np.int64))

    def word(self, latin: str) -> bool:
        return latin in self.words

    def run(self, clusters: str) -> bool:
        wanted = _number_of(clusters)
        place = int(np.searchsorted(self.runs, wanted))
        return place < len(self.runs) and int(self.runs[place]) == wanted


def shareable(text: str, known: Known) -> str | None:
    """The normal text if it may ever be shown to editors, since nothing in it seems to point at anybody; else None."""
    if len(text) > LONGEST or not _is_harmless(text):
        return None
    folded = normal(text)
    if not SHORTEST <= len(folded) <= LONGEST_SHARED or _introduces_a_name(folded):
        return None
    pieces = tokens(folded)
    latin = [piece for piece in pieces if piece.isascii()]
    if not all(known.word(word) and word not in _NAMES_LATIN for word in latin):
        return None
    if latin and any(run.startswith(_SHORT) for run in _runs(pieces)):
        # A single word in a sentence of Latin letters may be a name, whatever else it means.
        return None
    return folded if all(known.run(run) for run in _runs(pieces)) else None


def _number_of(run: str) -> int:
    """The same number for the same run on every machine."""
    return int.from_bytes(blake2b(run.encode(), digest_size=8).digest(), "big", signed=True)


def _is_harmless(text: str) -> bool:
    """Neither digits nor addresses, letters of our scripts only, and no capital but at the very beginning."""
    for letter in text:
        kind = unicodedata.category(letter)
        if kind[0] == "N" or (kind[0] == "L" and not scripts_of(letter)):
            return False
    if _ADDRESS.search(text):
        return False
    beginning = len(text) - len(text.lstrip())
    words = ((found.start(), found.group()) for found in _LATIN_WORDS.finditer(text))
    return all(start == beginning or not word[0].isupper() or word == "I" for start, word in words)


def _introduces_a_name(folded: str) -> bool:
    if not _NAMING_LATIN.isdisjoint(folded.split()):
        return True
    for words in _NOT_NAMING:
        folded = folded.replace(words, " ")
    return any(words in folded for words in _NAMING)


def _runs(pieces: Iterable[str]) -> Iterator[str]:
    """Each run of RUN clusters, and what is shorter than that as a whole."""
    for is_latin, group in groupby(pieces, str.isascii):
        clusters = () if is_latin else tuple(group)
        if 0 < len(clusters) < RUN:
            yield _SHORT + "".join(clusters)
        for start in range(len(clusters) - RUN + 1):
            yield "".join(clusters[start : start + RUN])
