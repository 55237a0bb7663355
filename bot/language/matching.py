"""Which topic a free text asks about, learned from the example questions of all languages together.

It is trained when content is compiled. How sure it must be is derived then as well: a fifth of the examples is held
back, and the thresholds are set where those questions and the off-topic lines part best. Off-topic lines are a class
of their own.
"""

import io
import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zipfile import BadZipFile

import numpy as np

from bot.language.features import KINDS, SHARE_OF_KIND, Features, Heard
from bot.language.lexicon import Lexicon, Typed
from bot.language.normal import readings
from bot.language.regression import Floats, Integers, Lesson, Rows, chances, train
from bot.language.scripts import language_of
from bot.language.understood import Matching, Mode

NOTHING: Final = ""
MOST_TOPICS: Final = 5
MOST_REASONS: Final = 12
CLEARLY_FIRST: Final = 1.35
# Of the questions held back at most this share may be refused, and answers should be right this often.
MOST_REFUSED: Final = 0.09
RIGHT_ANSWERS: Final = 0.86
_HELD_BACK: Final = 5
# In another language than that of the chat a text in Latin letters must have so many words, and such a share of all.
MANY_WORDS: Final = 3
MOST_WORDS: Final = 0.6
# What a topic gains that belongs to where the person stands in the journey, or is: enough to tip the scales.
_FITTING_STAGE: Final = 0.2
_FITTING_PLACE: Final = 0.15
_STAGES_ABROAD: Final = frozenset({"work"})
_STAGES_AT_HOME: Final = frozenset({"before", "home"})
_ABROAD: Final = "th"
_FORMAT: Final = 2
# Log odds for a text of which nothing is known.
NO_ALARM: Final = -10.0
# A run of letters that only one example has teaches nothing about the next question.
SEEN_AT_LEAST: Final = 2
ENOUGH_IDEAS: Final = 3
# Topics with many examples (the emergencies) may not shout down those with few.
CROWD: Final = 0.85


@dataclass(frozen=True, slots=True)
class Example:
    """A question as somebody types it; weight is how much it counts next to the others."""

    topic: str
    language: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    refuse_below: float
    answer_from: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the examples say of a text. `alarm`: the log odds that somebody is in danger; `known`: by how many features
    of the text it was judged.
    """

    matching: Matching
    alarm: float
    known: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the matcher is to be alarmed by, and lines that teach it nothing but to keep calm."""

    topics: Collection[str] = ()
    calm: Sequence[Example] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text is understood as it is. `reasons`: the features that spoke for the first topic, or against it;
    `alarm`: the log odds of danger by the examples, and `alarming` the features that spoke for it.
    """

    normal: str
    ideas: tuple[str, ...]
    reasons: tuple[tuple[str, float], ...]
    topics: tuple[tuple[str, float], ...]
    mode: Mode
    alarm: float
    alarming: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Matcher:
    concepts: Lexicon
    topics: tuple[str, ...]
    stages: Mapping[str, str]
    columns: Mapping[str, int]
    rarity: Floats
    table: Floats
    latin_words: Mapping[str, str]
    thresholds: Thresholds

    @classmethod
    def build(
        cls,
        examples: Sequence[Example],
        concepts: Lexicon,
        negatives: Sequence[Example],
        stages: Mapping[str, str] | None = None,
        alarms: Alarms | None = None,
    ) -> "Matcher":
        """Learn the topics of the examples, and to tell the alarming ones from all others. Negatives are lines that no
        topic answers, their topic is ignored.
        """
        alarms = alarms or Alarms()
        everything = [
            *examples,
            *(Example(NOTHING, line.language, line.text, line.weight) for line in negatives),
            *(Example(NOTHING, line.language, line.text, 0.0) for line in alarms.calm),
        ]
        topics = tuple(sorted({example.topic for example in everything}))
        number = {topic: place for place, topic in enumerate(topics)}
        # The examples are spelt well.
        heard = [Heard.of(readings(example.text)[0], concepts, forgiving=False) for example in everything]
        columns, rarity, rows = _vectors([Features.of(one) for one in heard])
        labels = np.array([number[example.topic] for example in everything], dtype=np.int64)
        crowd = Counter(example.topic for example in everything if example.weight)
        importance = np.array(
            [line.weight / max(1, crowd[line.topic]) ** CROWD for line in everything], dtype=np.float32
        )
        alarming = np.array([line.topic in alarms.topics for line in everything], dtype=np.bool_)
        lesson = Lesson(labels, len(topics), importance, alarming, np.ones(len(everything), dtype=np.bool_))
        thresholds, table = _learn(everything, topics, rows, lesson)
        return cls(
            concepts,
            topics,
            dict(stages or {}),
            columns,
            rarity,
            table,
            _latin_words(everything, heard),
            thresholds,
        )

    def match(self, text: str, language: str | None = None, profile: Mapping[str, str] | None = None) -> Matching:
        """The topics of a text; language is that of the chat, profile what the person told about
        themselves.
        """
        return self.judge([Heard.of(reading, self.concepts) for reading in readings(text)], language, profile).matching

    def judge(
        self, readings_heard: Sequence[Heard], language: str | None = None, profile: Mapping[str, str] | None = None
    ) -> Opinion:
        """The topics of a text that can be read in one way or two, and whether it is alarming."""
        best, opinion = -1.0, Opinion(Matching(), NO_ALARM, 0)
        for heard in readings_heard:
            found, alarm, known = self._judge(heard, profile or {})
            ranked = self._ranked(found)
            first = ranked[0][1] if ranked else 0.0
            if first > best:
                best = first
                matching = Matching(ranked, self._mode(ranked, found), self.language(heard.typed, language))
                opinion = Opinion(matching, alarm, known)
        return opinion

    def explain(self, text: str, profile: Mapping[str, str] | None = None) -> Explanation:
        """Why a text is matched as it is: for authors."""
        heard = Heard.of(readings(text)[0], self.concepts)
        features = Features.of(heard)
        found, alarm, _ = self._judge(heard, profile or {})
        ranked = self._ranked(found)
        winner = self.topics.index(ranked[0][0]) if ranked else 0
        places, values = self._vector(features)
        names = [feature for kind in KINDS for feature in features.of_kind(kind) if feature in self.columns]

        def spoke(column: int) -> tuple[tuple[str, float], ...]:
            said = zip(names, (values * self.table[places, column]).tolist(), strict=True)
            return tuple(sorted(said, key=lambda reason: -abs(reason[1]))[:MOST_REASONS])

        return Explanation(
            heard.typed.normal,
            tuple(idea[1:] for idea in features.ideas),
            spoke(winner),
            ranked,
            self._mode(ranked, found),
            alarm,
            spoke(-1),
        )

    def language(self, typed: Typed, language: str | None) -> str | None:
        """By the script; for Latin letters by whose words these are, if it is plain, and else that of the chat.

        In Latin letters all five languages are typed, with English words among them: nobody is taken out of the
        language of their chat for a few words.
        """
        by_script = language_of(typed.normal)
        if by_script is not None:
            return by_script
        words = [word for word in typed.tokens if word.isalpha() and len(word) > 1]
        ranked = Counter(self.latin_words[word] for word in words if word in self.latin_words).most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return language
        (first, votes), own = ranked[0], sum(self.latin_words.get(word) == language for word in words)
        if language is None or first == language:
            return first
        plain = own == 0 and votes >= MANY_WORDS and votes >= MOST_WORDS * len(words)
        return first if plain else language

    def to_bytes(self) -> bytes:
        """Everything learned, without the concepts: they come from the same content. No pickle in it."""
        head = {
            "format": _FORMAT,
            "topics": self.topics,
            "stages": dict(self.stages),
            "columns": list(self.columns),
            "latin": dict(self.latin_words),
            "thresholds": [self.thresholds.refuse_below, self.thresholds.answer_from],
        }
        file = io.BytesIO()
        np.savez(
            file,
            head=np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), dtype=np.uint8),
            rarity=self.rarity,
            table=self.table,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes, concepts: Lexicon) -> "Matcher":
        """What `to_bytes` gave; raise ValueError for anything else."""
        try:
            with np.load(io.BytesIO(stored), allow_pickle=False) as file:
                head, rarity, table = json.loads(file["head"].tobytes()), file["rarity"], file["table"]
            if head["format"] != _FORMAT:
                raise KeyError(_FORMAT)
            topics = tuple(str(topic) for topic in head["topics"])
            columns = {str(feature): place for place, feature in enumerate(head["columns"])}
            thresholds = Thresholds(float(head["thresholds"][0]), float(head["thresholds"][1]))
            stages, latin = dict(head["stages"]), dict(head["latin"])
        except (KeyError, OSError, EOFError, TypeError, IndexError, ValueError, BadZipFile) as error:
            raise ValueError("the stored matcher is broken or of another version; build it again") from error
        return cls(concepts, topics, stages, columns, rarity, table, latin, thresholds)

    def _judge(self, heard: Heard, profile: Mapping[str, str]) -> tuple[Floats, float, int]:
        places, values = self._vector(Features.of(heard))
        weighed: Floats = values @ self.table[places]
        alarm = float(weighed[-1]) if len(places) else NO_ALARM
        scores = weighed[:-1] if len(places) else self._no_scores()
        if self.stages and profile:
            scores = scores + self._leaning(profile.get("stage", NOTHING), profile.get("here", NOTHING))
        return chances(scores), alarm, len(places)

    def _leaning(self, stage: str, here: str) -> Floats:
        """What is likelier to be asked at this stage and in this place."""
        likely = (_STAGES_ABROAD if here == _ABROAD else _STAGES_AT_HOME) if here else frozenset()
        stages = [self.stages.get(topic, NOTHING) for topic in self.topics]
        gained = [_FITTING_STAGE * (own == stage != NOTHING) + _FITTING_PLACE * (own in likely) for own in stages]
        return np.array(gained, dtype=np.float32)

    def _no_scores(self) -> Floats:
        """Nothing in the text is known: it is as good as off-topic."""
        return np.array([4.0 if topic == NOTHING else 0.0 for topic in self.topics], dtype=np.float32)

    def _vector(self, features: Features) -> tuple[Integers, Floats]:
        places: list[int] = []
        values: list[Floats] = []
        for kind in KINDS:
            found = features.of_kind(kind)
            known = [self.columns[feature] for feature in found if feature in self.columns]
            places.extend(known)
            values.append(_scaled(self.rarity[known], _length(kind, len(known), len(found))))
        return np.array(places, dtype=np.int64), np.concatenate(values)

    def _ranked(self, found: Floats) -> tuple[tuple[str, float], ...]:
        order = [place for place in np.argsort(-found, kind="stable").tolist() if self.topics[place] != NOTHING]
        return tuple((self.topics[place], float(found[place])) for place in order[:MOST_TOPICS])

    def _mode(self, ranked: tuple[tuple[str, float], ...], found: Floats) -> Mode:
        if not ranked:
            return Mode.NONE
        nothing = float(found[self.topics.index(NOTHING)]) if NOTHING in self.topics else 0.0
        first = ranked[0][1]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        if first < self.thresholds.refuse_below or nothing > first:
            return Mode.NONE
        if first < self.thresholds.answer_from or first < CLEARLY_FIRST * second:
            return Mode.CHOOSE
        return Mode.ANSWER


def _scaled(values: Floats, length: float) -> Floats:
    own = float(np.sqrt((values * values).sum()))
    scaled: Floats = values * np.float32(length / own) if own else values
    return scaled


def _length(kind: str, known: int, found: int) -> float:
    """How long the part of one kind is: a lone idea says less than three, letters never seen before say
    nothing.
    """
    if not known:
        return 0.0
    share = SHARE_OF_KIND[kind]
    if kind == "ideas":
        return share * math.sqrt(min(known, ENOUGH_IDEAS) / ENOUGH_IDEAS)
    return share * known / found if kind == "letters" else share


def _vectors(texts: Sequence[Features]) -> tuple[dict[str, int], Floats, Rows]:
    """Number the features, weigh them by rarity, and scale every text to length one."""
    columns: dict[str, int] = {}
    often = Counter(feature for text in texts for kind in KINDS for feature in text.of_kind(kind))
    for feature, times in often.items():
        if times >= SEEN_AT_LEAST:
            columns[feature] = len(columns)
    numbered = [
        [
            np.array([columns[feature] for feature in text.of_kind(kind) if feature in columns], dtype=np.int64)
            for kind in KINDS
        ]
        for text in texts
    ]
    seen = np.bincount(np.concatenate([part for parts in numbered for part in parts]), minlength=len(columns))
    rarity = (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)
    values = [
        np.concatenate(
            [
                _scaled(rarity[part], _length(kind, len(part), len(part)))
                for kind, part in zip(KINDS, parts, strict=True)
            ]
        )
        for parts in numbered
    ]
    starts = np.concatenate([[0], np.cumsum([len(own) for own in values])]).astype(np.int64)
    joined = np.concatenate([part for parts in numbered for part in parts])
    return columns, rarity, Rows(starts, joined, np.concatenate(values), len(columns))


def _learn(lines: Sequence[Example], topics: tuple[str, ...], rows: Rows, lesson: Lesson) -> tuple[Thresholds, Floats]:
    """Learn while a part is held back, set the thresholds by that part, then learn it as well."""
    turn: Counter[tuple[str, str]] = Counter()
    held = []
    for place, line in enumerate(lines):
        turn[line.topic, line.language] += 1
        if line.topic != NOTHING and line.weight and turn[line.topic, line.language] % _HELD_BACK == 0:
            held.append(place)
    if not held:
        return Thresholds(0.0, 0.0), train(rows, lesson)
    table = train(rows, lesson.without(held))
    found = np.stack([chances((values @ table[columns])[:-1]) for columns, values in map(rows.row, held)])
    if NOTHING in topics:
        found[:, topics.index(NOTHING)] = 0
    best = found.max(axis=1)
    refuse = float(np.quantile(best, MOST_REFUSED))
    answer = max(refuse, _answer_from(best, found.argmax(axis=1) == lesson.labels[held]))
    return Thresholds(refuse, answer), train(rows, lesson, table)


def _answer_from(best: Floats, right: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> float:
    """The lowest chance from which on answers are right often enough."""
    order = np.argsort(-best, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= RIGHT_ANSWERS)
    return float(best[order][enough[-1]]) if len(enough) else 1.0


def _latin_words(lines: Iterable[Example], heard: Iterable[Heard]) -> dict[str, str]:
    """Words of Latin letters that only one language uses: they tell romanised Khmer from English."""
    users: dict[str, Counter[str]] = {}
    for line, one in zip(lines, heard, strict=True):
        for word in one.typed.tokens:
            if word.isascii() and word.isalpha() and len(word) > 1:
                users.setdefault(word, Counter())[line.language] += 1
    mostly = {word: used.most_common(1)[0] for word, used in users.items()}
    return {
        word: language for word, (language, times) in mostly.items() if times >= 0.8 * math.fsum(users[word].values())
    }
