"""Forms over the entries of content files: all fields as somebody typed them, so that a wrong one comes back as it was.

A form says everything that editors change in one entry. What it does not know stays as it stands in the file. Names of
fields are the places in the entry (see `fields`): an `<input name="source.url">` fills `FactForm.source.url`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class EvidenceForm:
    """`source.title`, `source.url`, `source.date`, `checked`, `review_by`, `confidence`."""

    title: str = ""
    url: str = ""
    date: str = ""
    checked: str = ""
    review_by: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class FactForm:
    """A fact: `value` with `unit` and `per`, or `text`."""

    id: str
    about: str = ""
    value: str = ""
    unit: str = ""
    per: str = ""
    text: str = ""
    valid_from: str = ""
    valid_to: str = ""
    evidence: EvidenceForm = field(default_factory=EvidenceForm)


@dataclass(frozen=True, slots=True)
class ShiftForm:
    """`hours.0.days` (several of mon … sun), `hours.0.opens`, `hours.0.closes` (24:00 is midnight; may be past it)."""

    days: tuple[str, ...] = ()
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class HoursForm:
    """`hours.when` is `always`, `unknown` or `shifts`; `closed_on` are lists of holidays of `bot.yaml`."""

    when: str = "unknown"
    shifts: tuple[ShiftForm, ...] = ()
    closed_on: tuple[str, ...] = ()
    zone: str = ""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """`numbers.0.dial`, `.e164`, `.from` (several), `.confidence`."""

    dial: str = ""
    e164: str = ""
    works_from: tuple[str, ...] = ()
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class HotlineForm:
    """A hotline; `chat` are pairs of channel and address, `chat.line` and so on; `origins` is `for.origin`."""

    id: str
    name: str = ""
    what: str = ""
    caution: str = ""
    kinds: tuple[str, ...] = ()
    numbers: tuple[NumberForm, ...] = ()
    hours: HoursForm = field(default_factory=HoursForm)
    languages: tuple[str, ...] = ()
    interpreter: str = ""
    cost: str = ""
    origins: tuple[str, ...] = ()
    government: str = ""
    chat: tuple[tuple[str, str], ...] = ()
    address: str = ""
    evidence: EvidenceForm = field(default_factory=EvidenceForm)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """`answer.0.text` and the others; `origin`, `here`, `stage` are of its `when`, `more` the rest of it as one line.

    `key` is the part of its text id, by which translations know it: it stays when its `when` changes.
    """

    origin: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    more: str = ""
    text: str = ""
    sources: tuple[str, ...] = ()
    checked: str = ""
    review_by: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class TopicForm:
    """A topic; its numbers are `hotlines`, or `hotlines.kinds` with `hotlines.at_most`."""

    id: str
    title: str = ""
    icon: str = ""
    urgency: str = "normal"
    ask: tuple[str, ...] = ()
    answers: tuple[AnswerForm, ...] = ()
    hotlines: tuple[str, ...] = ()
    hotline_kinds: tuple[str, ...] = ()
    at_most: str = ""
    no_number_in: tuple[str, ...] = ()
    flow: str = ""
    next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HelplineForm:
    """A helpline; `canned` are pairs of id and words, `canned.received` and so on."""

    id: str
    name: str = ""
    about: str = ""
    languages: tuple[str, ...] = ()
    works_in: str = ""
    countries: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    hours: HoursForm = field(default_factory=HoursForm)
    capacity: str = ""
    fallback: tuple[str, ...] = ()
    government: str = ""
    mode: str = ""
    kept: str = ""
    canned: tuple[tuple[str, str], ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class PhraseForm:
    """One of the bot's own sentences: `text`."""

    id: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class CardForm:
    """A sentence that staff send; `answers` are pairs of value and words, `answers.yes` and so on."""

    id: str
    group: str = ""
    say: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    slot: str = ""


@dataclass(frozen=True, slots=True)
class DangerForm:
    """An idea that sounds like danger (or is calm, without a kind); `words` by language, `romanised` among them.

    `words.km` is one phrase a line. An idea without words is that of `concepts.yaml`.
    """

    id: str
    danger: str = ""
    points: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OptionForm:
    """`steps.1.options.0.label` and so on. `phrase` is the id of a shared label, instead of words of its own.

    `condition` is one line such as `origin: [kh, la], risk: 4+`; so are `adds` (`risk: 3`) and `sets`.
    """

    value: str = ""
    label: str = ""
    phrase: str = ""
    icon: str = ""
    go: str = ""
    topic: str = ""
    adds: str = ""
    sets: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class WayForm:
    """`steps.2.ways.0.to` and `.condition`."""

    to: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class StepForm:
    """One step, `steps.0.does` and so on: its kind is say, show, choose, ask, set, call, go, do or end.

    `words`: what is said, asked or ended with; the name of a picture, a flow or an action. In a new step, which has no
    rows yet, its further lines are the labels of `choose`, the target of `go`, and `name: value` of `do` and `set`.
    `details`: of `do` (`with`) and `set`. `key` is the part of its text ids: it stays when steps move.
    """

    does: str
    words: str = ""
    condition: str = ""
    save: str = ""
    options: tuple[OptionForm, ...] = ()
    columns: str = ""
    answer_as: str = ""
    low: str = ""
    high: str = ""
    hint: str = ""
    ways: tuple[WayForm, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    tries_after: str = ""
    tries_go: str = ""
    after_wait: str = ""
    after_go: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class ScreenForm:
    """One screen of a dialogue; its id is `flow.screen`."""

    id: str
    steps: tuple[StepForm, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowForm:
    """A dialogue without what stands in its screens; `screens` are their names in order, only to be read."""

    id: str
    title: str = ""
    start: str = ""
    sensitive: str = ""
    screens: tuple[str, ...] = ()


Form: TypeAlias = (
    FactForm | HotlineForm | TopicForm | HelplineForm | PhraseForm | CardForm | DangerForm | ScreenForm | FlowForm
)
