"""A form as the browser sent it → its values."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bot.studio.fields import Posted
from bot.studio.forms.evidence import SHIFTS
from bot.studio.forms.values import (
    AnswerForm,
    CardForm,
    DangerForm,
    EvidenceForm,
    FactForm,
    FlowForm,
    Form,
    HelplineForm,
    HotlineForm,
    HoursForm,
    NumberForm,
    OptionForm,
    PhraseForm,
    ScreenForm,
    ShiftForm,
    StepForm,
    TopicForm,
    WayForm,
)
from bot.studio.kinds import Kind

MOST_ROWS: Final = 1_000
"""More rows than anybody fills in are not read."""

Row = TypeVar("Row")


class _Fields:
    """Fields below a name: `numbers.0` has `dial` and `from`."""

    __slots__ = ("_below", "_posted")

    def __init__(self, posted: Posted, below: str = "") -> None:
        self._posted = posted
        self._below = below

    def one(self, name: str) -> str:
        """What was filled in; several are joined by lines."""
        return "\n".join(self._posted.get(self._below + name, ())).replace("\r\n", "\n").strip()

    def has(self, name: str) -> bool:
        """Whether the form has such a field at all."""
        return self._below + name in self._posted

    def lines(self, name: str) -> tuple[str, ...]:
        """Each line of several."""
        told = (line.strip() for each in self._posted.get(self._below + name, ()) for line in each.splitlines())
        return tuple(line for line in told if line)

    def words(self, name: str) -> tuple[str, ...]:
        """Each word of several, however they were parted: in fields of their own, by spaces or by commas."""
        told = self._posted.get(self._below + name, ())
        return tuple(word for each in told for word in each.replace(",", " ").split())

    def names(self, name: str) -> list[str]:
        """What stands behind a name, up to the next dot, in the order of the form."""
        start = f"{self._below}{name}."
        found = (each.removeprefix(start).partition(".")[0] for each in self._posted if each.startswith(start))
        return list(dict.fromkeys(found))

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Names with what was filled in behind each."""
        told = ((each, self.one(f"{name}.{each}")) for each in self.names(name))
        return tuple((each, words) for each, words in told if words)

    def rows(self, name: str, read: "Callable[[_Fields], Row]", empty: Sequence[Row]) -> tuple[Row, ...]:
        """Rows in the order of their numbers, without those that are empty."""
        numbers = sorted(int(each) for each in self.names(name) if each.isascii() and each.isdigit() and len(each) < 5)
        rows = [read(_Fields(self._posted, f"{self._below}{name}.{number}.")) for number in numbers[:MOST_ROWS]]
        return tuple(row for row in rows if row not in empty)


def posted_form(kind: Kind, entry_id: str, posted: Posted) -> Form | None:
    """A form as the browser sent it. Rows without anything in them are left out; `row.2` comes before `row.10`."""
    fields = _Fields(posted)
    match kind:
        case Kind.FACT:
            return _fact(entry_id, fields)
        case Kind.HOTLINE:
            return _hotline(entry_id, fields)
        case Kind.TOPIC:
            return _topic(entry_id, fields)
        case Kind.HELPLINE:
            return _helpline(entry_id, fields)
        case Kind.PHRASE:
            return PhraseForm(entry_id, fields.one("text"))
        case Kind.CARD:
            answers = fields.pairs("answers")
            return CardForm(entry_id, fields.one("group"), fields.one("say"), answers, fields.one("slot"))
        case Kind.DANGER:
            words = {language: fields.lines(f"words.{language}") for language in fields.names("words")}
            return DangerForm(entry_id, fields.one("kind"), fields.one("points"), words)
        case Kind.FLOW:
            return FlowForm(entry_id, fields.one("title"), fields.one("start"), fields.one("sensitive"))
        case Kind.SCREEN:
            return ScreenForm(entry_id, fields.rows("steps", _step, [StepForm("")]))
        case Kind.PLACE:
            return None


def _evidence(fields: _Fields) -> EvidenceForm:
    return EvidenceForm(
        title=fields.one("source.title"),
        url=fields.one("source.url"),
        date=fields.one("source.date"),
        checked=fields.one("checked"),
        review_by=fields.one("review_by"),
        confidence=fields.one("confidence"),
    )


def _hours(fields: _Fields) -> HoursForm:
    shifts = fields.rows("hours", _shift, [ShiftForm()])
    when = fields.one("hours.when") or (SHIFTS if shifts else "")
    return HoursForm(when, shifts, fields.words("closed_on"), fields.one("zone"))


def _shift(fields: _Fields) -> ShiftForm:
    return ShiftForm(fields.words("days"), _clock(fields.one("opens")), _clock(fields.one("closes")))


def _clock(words: str) -> str:
    """A time as people type it: 8:30, 8.30 and 08:30 are the same."""
    hour, colon, minute = words.replace(".", ":").partition(":")
    return f"{hour:0>2}:{minute or '00'}" if hour.isdigit() and (colon or words.isdigit()) else words


def _fact(entry_id: str, fields: _Fields) -> FactForm:
    return FactForm(
        id=entry_id,
        about=fields.one("about"),
        value=fields.one("value"),
        unit=fields.one("unit"),
        per=fields.one("per"),
        text=fields.one("text"),
        valid_from=fields.one("valid_from"),
        valid_to=fields.one("valid_to"),
        evidence=_evidence(fields),
    )


def _hotline(entry_id: str, fields: _Fields) -> HotlineForm:
    return HotlineForm(
        id=entry_id,
        name=fields.one("name"),
        what=fields.one("what"),
        caution=fields.one("caution"),
        kinds=fields.words("kind"),
        numbers=fields.rows("numbers", _number, [NumberForm()]),
        hours=_hours(fields),
        languages=fields.words("languages"),
        interpreter=fields.one("interpreter"),
        cost=fields.one("cost"),
        origins=fields.words("for.origin"),
        government=fields.one("government"),
        chat=fields.pairs("chat"),
        address=fields.one("address"),
        evidence=_evidence(fields),
    )


def _number(fields: _Fields) -> NumberForm:
    return NumberForm(fields.one("dial"), fields.one("e164"), fields.words("from"), fields.one("confidence"))


def _topic(entry_id: str, fields: _Fields) -> TopicForm:
    return TopicForm(
        id=entry_id,
        title=fields.one("title"),
        icon=fields.one("icon"),
        urgency=fields.one("urgency"),
        ask=fields.lines("ask"),
        answers=tuple(answer for answer in fields.rows("answer", _answer, ()) if _is_filled(answer)),
        hotlines=fields.words("hotlines"),
        hotline_kinds=fields.words("hotlines.kinds"),
        at_most=fields.one("hotlines.at_most"),
        no_number_in=fields.words("no_number_in"),
        flow=fields.one("flow"),
        next=fields.words("next"),
    )


def _answer(fields: _Fields) -> AnswerForm:
    return AnswerForm(
        origin=fields.words("origin"),
        here=fields.words("here"),
        stage=fields.words("stage"),
        more=fields.one("more"),
        text=fields.one("text"),
        sources=fields.lines("sources"),
        checked=fields.one("checked"),
        review_by=fields.one("review_by"),
        key=fields.one("key"),
    )


def _is_filled(answer: AnswerForm) -> bool:
    """An answer without words and days is one that was taken out, or a row that nobody used."""
    return any((answer.text, answer.checked, answer.review_by, answer.more, answer.sources))


def _helpline(entry_id: str, fields: _Fields) -> HelplineForm:
    return HelplineForm(
        id=entry_id,
        name=fields.one("name"),
        about=fields.one("about"),
        languages=fields.words("languages"),
        works_in=fields.one("works_in"),
        countries=fields.words("countries"),
        origins=fields.words("origins"),
        topics=fields.words("topics"),
        hours=_hours(fields),
        capacity=fields.one("capacity"),
        fallback=fields.words("fallback"),
        government=fields.one("government"),
        mode=fields.one("mode"),
        kept=fields.one("kept"),
        canned=fields.pairs("canned"),
        example=fields.one("example"),
    )


def _step(fields: _Fields) -> StepForm:
    if not fields.one("does") and fields.has("key"):
        # It stood there, and somebody chose that it does nothing any more.
        return StepForm("")
    return StepForm(
        does=fields.one("does"),
        words=fields.one("words"),
        condition=fields.one("condition"),
        save=fields.one("save"),
        options=fields.rows("options", _option, [OptionForm()]),
        columns=fields.one("columns"),
        answer_as=fields.one("answer_as"),
        low=fields.one("low"),
        high=fields.one("high"),
        hint=fields.one("hint"),
        ways=fields.rows("ways", _way, [WayForm()]),
        details=fields.pairs("details"),
        tries_after=fields.one("tries_after"),
        tries_go=fields.one("tries_go"),
        after_wait=fields.one("after_wait"),
        after_go=fields.one("after_go"),
        key=fields.one("key"),
    )


def _option(fields: _Fields) -> OptionForm:
    return OptionForm(
        value=fields.one("value"),
        label=fields.one("label"),
        phrase=fields.one("phrase"),
        icon=fields.one("icon"),
        go=fields.one("go"),
        topic=fields.one("topic"),
        adds=fields.one("adds"),
        sets=fields.one("sets"),
        condition=fields.one("condition"),
    )


def _way(fields: _Fields) -> WayForm:
    return WayForm(fields.one("to"), fields.one("condition"))
