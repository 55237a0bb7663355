"""The tables of what authors may write, one for each kind of file.

They say which keys there are and what stands behind each; `shapes.py` checks files against them, and the schemas for
editors are made from them, so that nothing is said twice.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.compiler.shapes import (
    NAME,
    Action,
    Condition,
    Either,
    Field,
    Kinds,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shape,
    Words,
    Written,
)
from bot.desk.helplines import Mode
from bot.desk.ticket import Stage, Urgency
from bot.dialogue.events import SharedKind, Wish
from bot.dialogue.playing import HelplineDoes
from bot.dialogue.steps import Act, AnswerKind
from bot.facts import Confidence

STAGES: Final = ("before", "journey", "work", "trouble", "home", "help")
URGENCIES: Final = ("emergency", "high", "normal")
COUNTRIES: Final = ("kh", "la", "mm", "th", "int")
HOTLINE_KINDS: Final = (
    *("police", "medical", "emergency", "labour", "immigration", "trafficking", "violence", "women", "children"),
    *("mental-health", "embassy", "ngo", "legal", "union", "scam", "border"),
)
ZONES: Final = ("Asia/Bangkok", "Asia/Phnom_Penh", "Asia/Vientiane", "Asia/Yangon", "UTC")
SPECIAL_FLOWS: Final = ("welcome", "home", "language", "person", "cover")
TICKET_FLOWS: Final = ("talk", "referral", "ended", "secret")
"""Needed where there are helplines."""
ACTIONS: Final = (
    *("hotlines", "topics", "nearest", "checklist", "handoff", "remind", "forget", "about"),
    *("call-helpline", "ticket"),
)
HELPLINE_DOES: Final = tuple(HelplineDoes)

YES: Final = ("yes", "true")


def _is_date(words: str) -> bool:
    try:
        date.fromisoformat(words)
    except ValueError:
        return False
    return True


def _is_moment(words: str) -> bool:
    return read_moment(words) is not None


def read_moment(words: str) -> datetime | None:
    """A day, a clock and a time zone; nothing where it is no such moment."""
    day, _, rest = words.partition(" ")
    clock, _, zone = rest.partition(" ")
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError):
        return None


ID: Final = Written("id", re.compile(r"[a-z0-9][a-z0-9-]{0,49}"), "passport-get")
TEXT_ID: Final = Written("text id", re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){1,4}"), "offer-check.q1.say")
PHRASE_ID: Final = Written("id", re.compile(r"[a-z0-9][A-Za-z0-9-]{0,49}"), "choose-please")
DAY: Final = Written("date", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "2026-11-23", _is_date)
NUMBER: Final = Written("number", re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?"), "15")
WHOLE: Final = Written("whole number", re.compile(r"[0-9]{1,3}"), "3")
VALUE: Final = Written(
    "value",
    re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?(\.\.-?[0-9]{1,12}(\.[0-9]{1,6})?)?|[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "400, 337..400 or 2025-07-01",
)
DURATION: Final = Written("duration", re.compile(r"[1-9][0-9]{0,3} ?(min|h|hours?|days?|d|weeks?|w)"), "2h or 3 days")
LANGUAGE: Final = Written("language code", re.compile(r"[a-z]{2}"), "km")
SPOKEN: Final = Written("language code", re.compile(r"[a-z]{2,3}"), "km")
HASH: Final = Written("hash", re.compile(r"[0-9a-f]{8}"), "3f9a2c1b, or leave it out")
E164: Final = Written("international number", re.compile(r"\+[1-9][0-9]{6,14}"), "+6621419889")
DIAL: Final = Written("number to dial", re.compile(r"[0-9*#+][0-9*# +()-]{1,24}"), "1300 or 02-141-9889")
DEGREES: Final = Written("position in degrees", re.compile(r"-?[0-9]{1,3}\.[0-9]{1,8}"), "13.7563")
TARGET: Final = Written(
    "place to go", re.compile(r"((flow|topic):)?[a-z0-9][a-z0-9-]{0,49}"), "a screen, flow:my-papers, home or back"
)
_DAYS: Final = "(mon|tue|wed|thu|fri|sat|sun)"
_TIME: Final = "([01][0-9]|2[0-4]):[0-5][0-9]"
SHIFT: Final = Written(
    "shift",
    re.compile(rf"(daily|{_DAYS}(-{_DAYS})?(,{_DAYS}(-{_DAYS})?)*) {_TIME}-{_TIME}"),
    "mon-fri 08:30-16:30",
)
HOURS: Final = Written(
    "hours", re.compile(f"always|unknown|{SHIFT.pattern.pattern}"), 'always or ["mon-fri 08:30-16:30"]'
)
MEDIA: Final = Written("name of a picture", re.compile(r"[a-z0-9][a-z0-9-]{0,49}"), "passport-page")

YESNO: Final = OneOf((*YES, "no", "false"))
COUNTRY: Final = OneOf(COUNTRIES)
CONDITION: Final = Condition()


def _one_or_more(item: Words | Written | OneOf) -> Either:
    return Either(words=item, items=ListOf(item, at_least=1))


_IF: Final = Field("if", CONDITION, about="Only when this holds, such as {origin: [kh, la], risk: 4+}")
_ID: Final = Field("id", ID, about="Fixes the id of the text, so that it stays when steps move")
_SAVE: Final = Field("save", NAME, about="Keep the answer under this name, or in this field of the profile")
_ASIS: Final = Field("untranslated", YESNO, about="The same words in all languages, such as names of languages")
_TRIES: Final = Field(
    "tries",
    Record((Field("after", WHOLE, required=True), Field("go", TARGET, required=True))),
    about="After so many answers that do not fit, go elsewhere",
)
_AFTER: Final = Field(
    "after",
    Record((Field("wait", DURATION, required=True), Field("go", TARGET, required=True))),
    about="When no answer has come after this time, go elsewhere",
)
_LABEL: Final = Either(words=Words(), entries=Record((Field("phrase", PHRASE_ID, required=True),)))
OPTION: Final = Record(
    (
        Field("label", _LABEL, about="The words on the button, or {phrase: yes}"),
        Field("icon", Words()),
        Field("go", TARGET),
        Field("topic", ID, about="Opens this topic; without a label the button shows its title"),
        Field("add", MapOf(NAME, NUMBER), about="Adds to a score"),
        Field("set", MapOf(NAME, Words()), about="Keeps a word under a name"),
        _IF,
    )
)
_WAY: Final = Record((Field("to", TARGET, required=True), _IF))

ACTION_FORMS: Final = {
    "hotlines": Record(
        (
            Field("topic", ID, about="The hotlines of this topic"),
            Field("kinds", _one_or_more(OneOf(HOTLINE_KINDS))),
            Field("ids", _one_or_more(ID)),
            Field("where", _one_or_more(OneOf(("here", "origin", *COUNTRIES)))),
            Field("open_first", YESNO),
            Field("at_most", WHOLE),
            Field("inline", YESNO, about="In the same message instead of one of its own that stays"),
        )
    ),
    "topics": Record((Field("stage", OneOf(STAGES), required=True),)),
    "nearest": Record((Field("kind", ID, required=True), Field("at_most", WHOLE))),
    "checklist": Record(
        (
            Field("items", MapOf(ID, _LABEL, at_least=1), required=True),
            Field("save", NAME, required=True, about="The field of the profile that keeps what is ticked"),
        )
    ),
    "handoff": Record(()),
    "remind": Record((Field("in", DURATION, required=True), Field("flow", ID, required=True))),
    "forget": Record(()),
    "about": Record(()),
    "call-helpline": Record(
        (
            Field("topic", ID, about="What it is about; else the topic they came from"),
            Field("urgency", OneOf(tuple(Urgency))),
        )
    ),
    "ticket": Record((Field("act", OneOf(tuple(Act)), required=True),)),
}
DO: Final = Action(
    Record(
        (
            Field("do", OneOf(ACTIONS), required=True),
            Field("with", MapOf(NAME, Either(Words(), ListOf(Words()), MapOf(ID, _LABEL)))),
            _IF,
            _ID,
        )
    ),
    selector="do",
    details="with",
    forms=ACTION_FORMS,
)
STEP_KINDS: Final[dict[str, Record | Action]] = {
    "say": Record((Field("say", Words(), required=True), _IF, _ID, _ASIS)),
    "show": Record((Field("show", MEDIA, required=True), _IF)),
    "choose": Record(
        (
            Field("choose", MapOf(ID, Either(words=Words(), entries=OPTION), at_least=1), required=True),
            Field("columns", OneOf(("1", "2", "3"))),
            Field("talk", YESNO, about="What is written or sent meanwhile goes to the person's helpline"),
            *(_SAVE, _TRIES, _AFTER, _IF, _ID, _ASIS),
        )
    ),
    "ask": Record(
        (
            Field(
                "ask",
                Record(
                    (
                        Field("text", Words(), required=True),
                        Field("as", OneOf(tuple(AnswerKind)), required=True),
                        Field("min", NUMBER),
                        Field("max", NUMBER),
                        Field("hint", Words()),
                    )
                ),
                required=True,
            ),
            *(_SAVE, _TRIES, _AFTER, _IF, _ID),
        )
    ),
    "set": Record((Field("set", MapOf(NAME, Words(), at_least=1), required=True), _IF)),
    "call": Record((Field("call", ID, required=True), _SAVE, _IF, _ID)),
    "go": Record((Field("go", Either(words=TARGET, items=ListOf(_WAY, at_least=1)), required=True), _IF)),
    "do": DO,
    "end": Record((Field("end", Words(), required=True), _IF)),
}
STEP: Final = Kinds(STEP_KINDS, mere=("end",))
_WAS: Final = Field("was", _one_or_more(ID), about="Former ids, so that people who stand there are led here")
SCREEN: Final = Either(
    items=ListOf(STEP, at_least=1),
    entries=Record((Field("steps", ListOf(STEP, at_least=1), required=True), _WAS)),
)
FLOW_FILE: Final = Record(
    (
        Field("flow", ID, required=True, about="The id of the flow, which is also the name of its file"),
        Field("title", Words(), required=True),
        Field("start", ID, about="The first screen; without it the one that stands first"),
        Field("sensitive", YESNO, about="The quick exit stands first"),
        _WAS,
        Field("screens", MapOf(ID, SCREEN, at_least=1), required=True),
    )
)

VARIANT: Final = Record(
    (
        Field("when", CONDITION, about="For whom; the first that holds is shown, the last one may have none"),
        Field("id", ID),
        Field("text", Words(), required=True),
        Field("sources", ListOf(Words()), about="Ids of the entries of the dossier that were used"),
        Field("checked", DAY, required=True),
        Field("review_by", DAY, required=True),
    )
)
TOPIC_HOTLINES: Final = Either(
    items=ListOf(ID, at_least=1),
    entries=Record((Field("kinds", _one_or_more(OneOf(HOTLINE_KINDS)), required=True), Field("at_most", WHOLE))),
)
TOPIC: Final = Record(
    (
        Field("topic", ID, required=True),
        Field("title", Words(), required=True),
        Field("icon", Words()),
        Field("urgency", OneOf(URGENCIES), required=True),
        Field("ask", ListOf(Words()), about="How people ask for it in English"),
        Field("answer", ListOf(VARIANT, at_least=1), required=True),
        Field("hotlines", TOPIC_HOTLINES),
        Field("no_number_in", _one_or_more(COUNTRY), about="Where no number is known, and the answer says so"),
        Field("flow", ID, about="A flow that is offered as 'Check step by step'"),
        Field("next", ListOf(ID, at_most=3)),
        _WAS,
    )
)
TOPICS_FILE: Final = ListOf(TOPIC, at_least=1)

_SOURCE: Final = Record((Field("title", Words(), required=True), Field("url", Words()), Field("date", Words())))
_EVIDENCE: Final = (
    Field("source", _SOURCE, required=True),
    Field("dossier", Words()),
    Field("dossier_path", Words()),
    Field("checked", DAY, required=True),
    Field("review_by", DAY, required=True),
    Field("confidence", OneOf(tuple(Confidence)), required=True),
)
FACT: Final = Record(
    (
        Field("fact", ID, required=True),
        Field("about", Words(), required=True, about="For authors: what the value is"),
        Field("value", VALUE),
        Field("unit", Written("unit", re.compile("[A-Za-z]{2,10}"), "THB, day or percent")),
        Field("per", Written("unit", re.compile("[a-z-]{2,20}"), "day, month or person")),
        Field("text", Words(), about="A rule in words, instead of a value"),
        Field("valid_from", DAY),
        Field("valid_to", DAY),
        *_EVIDENCE,
    )
)
FACTS_FILE: Final = ListOf(FACT)

_FOR: Final = Field(
    "for", Record((Field("origin", _one_or_more(COUNTRY), required=True),)), about="Only for people from there"
)
HOTLINE: Final = Record(
    (
        Field("hotline", ID, required=True),
        Field("name", Words(), required=True),
        Field("what", Words(), required=True),
        Field("kind", _one_or_more(OneOf(HOTLINE_KINDS)), required=True),
        Field(
            "numbers",
            ListOf(
                Record(
                    (
                        Field("dial", DIAL, required=True),
                        Field("e164", E164),
                        Field("from", _one_or_more(OneOf((*COUNTRIES[:4], "anywhere"))), required=True),
                        Field("confidence", OneOf(tuple(Confidence))),
                    )
                ),
            ),
            required=True,
        ),
        Field("hours", Either(words=HOURS, items=ListOf(SHIFT, at_least=1)), required=True),
        Field("closed_on", _one_or_more(ID)),
        Field("zone", OneOf(ZONES), required=True),
        Field("languages", Either(words=SPOKEN, items=ListOf(SPOKEN)), required=True),
        Field("interpreter", OneOf(("yes", "not guaranteed"))),
        Field("cost", OneOf(("free", "normal", "unknown"))),
        _FOR,
        Field("government", YESNO),
        Field("caution", Words(), about="Is shown before the number"),
        Field("chat", MapOf(OneOf(("line", "telegram", "facebook", "web", "email", "whatsapp", "viber")), Words())),
        Field("address", Words()),
        *_EVIDENCE,
    )
)
HOTLINES_FILE: Final = ListOf(HOTLINE)

PLACE: Final = Record(
    (
        Field("place", ID, required=True),
        Field("name", Words(), required=True),
        Field("kind", ID, required=True),
        Field("country", COUNTRY, required=True),
        Field("address", Words(), required=True),
        Field("lat", DEGREES),
        Field("lon", DEGREES),
        Field("hotline", ID),
        _FOR,
        *_EVIDENCE,
    )
)
PLACES_FILE: Final = ListOf(PLACE)

PHRASES_FILE: Final = Record((Field("phrases", MapOf(PHRASE_ID, Words()), required=True),))

_WISHES: Final = OneOf(tuple(Wish))
_SPECIAL: Final = Record(
    (
        *(Field(name, ID, required=True) for name in SPECIAL_FLOWS),
        *(Field(name, ID, about="Needed where there are helplines") for name in TICKET_FLOWS),
    )
)
BOT_FILE: Final = Record(
    (
        Field("name", Words(), required=True),
        Field("description", Words(), required=True, about="Shown before anyone has written; at most 512 characters"),
        Field("short_description", Words(), required=True, about="At most 120 characters"),
        Field(
            "languages",
            MapOf(LANGUAGE, Record((Field("name", Words(), required=True), Field("fallback", ListOf(LANGUAGE)))), 1),
            required=True,
        ),
        Field(
            "profile",
            MapOf(NAME, Record((Field("values", ListOf(ID, at_least=1), required=True), Field("ask", ID)))),
            required=True,
        ),
        Field("special", _SPECIAL, required=True),
        Field("emergency", MapOf(ID, ListOf(OneOf(HOTLINE_KINDS), at_least=1)), required=True),
        Field("commands", MapOf(Written("command", re.compile("[a-z_]{1,32}"), "help"), Words())),
        Field("keywords", MapOf(_WISHES, MapOf(LANGUAGE, ListOf(Words(), at_least=1))), required=True),
        Field("holidays", MapOf(ID, ListOf(DAY)), about="Days on which hotlines with `closed_on` do not answer"),
        Field(
            "preview_words",
            MapOf(LANGUAGE, ListOf(Words())),
            about="Words that may not stand where somebody else could read them",
        ),
    )
)

_TRANSLATION: Final = Record(
    (
        Field("text", Words(), required=True),
        Field("from", HASH, about="First 8 hexadecimal digits of the SHA-256 of the English; a tool writes it"),
        Field("status", OneOf(("draft", "reviewed"))),
        Field("by", Words(), about="Who reviewed it"),
        Field("on", DAY, about="The day on which they did"),
    )
)
TEXTS_FILE: Final = Record(
    (
        Field("language", LANGUAGE, required=True),
        Field("status", OneOf(("draft", "reviewed")), required=True),
        Field("by", Words()),
        Field("texts", MapOf(TEXT_ID, _TRANSLATION)),
        Field("ask", MapOf(ID, ListOf(Words())), about="How people ask in this language, by topic"),
    )
)

GLOSSARY_FILE: Final = ListOf(
    Record(
        (
            Field("term", Words(), required=True),
            Field("also", ListOf(Words()), about="Its other forms in English"),
            Field("note", Words(), about="What it means here, for translators"),
            Field("words", MapOf(LANGUAGE, ListOf(Words(), at_least=1)), required=True, about="Any of them will do"),
        )
    )
)

RECORDINGS_FILE: Final = Record(
    (
        Field(
            "recordings",
            MapOf(
                TEXT_ID,
                Record(
                    (
                        Field("file", Words(), required=True, about="The file beside this one in which it is read out"),
                        Field("from", HASH, about="The hash of the words that were read; the check says it"),
                        Field("by", Words(), about="Who listened and found it right"),
                    )
                ),
            ),
            required=True,
        ),
    )
)

_HOTLINES_EXPECTED: Final = Record(
    (
        Field("includes", _one_or_more(ID)),
        Field("excludes", _one_or_more(ID)),
        Field("open", _one_or_more(ID), about="Are shown, and somebody picks up there at that moment"),
        Field("at_least", WHOLE),
        Field("each", Record((Field("open", YESNO, required=True),)), about="open: somebody picks up at that moment"),
    )
)
_EXPECTED: Final = Record(
    (
        Field("topic", ID, about="The person stands at this topic"),
        Field("flow", ID),
        Field("screen", Written("screen", re.compile(r"[a-z0-9-]+\.[a-z0-9-]+"), "offer-check.q1")),
        Field("offers", _one_or_more(ID), about="Buttons by their values, topics, ways out or phrases"),
        Field(
            "says",
            _one_or_more(Words()),
            about="Text ids whose words are shown; figures are looked for in every language, other words in English",
        ),
        Field("hotlines", Either(items=ListOf(ID, at_least=1), entries=_HOTLINES_EXPECTED)),
        Field("profile", MapOf(NAME, ID), about="What is known by now; `unknown` for what is not"),
        Field("language", Written("language code", re.compile("[a-z]{2}|unknown"), "km")),
        Field("covered", YESNO, about="A harmless screen stands in place of what was there"),
        Field("calls", OneOf((*Urgency, "no")), about="How urgently a helpline is called by that very tap"),
        Field("ticket", OneOf(("none", *Stage)), about="How it stands with their call"),
        Field("held", WHOLE, about="How much of what the helpline wrote waits to be looked at"),
    )
)
TAPPED: Final = Written("button", re.compile(rf"=|{ID.pattern.pattern}"), "yes, a topic, home or done")
TALK_KINDS: Final[dict[str, Record | Action]] = {
    "open": Record((Field("open", ID, required=True, about="Comes by a link to this flow"),)),
    "me": Record((Field("me", Words(), required=True, about="Writes this"),)),
    "tap": Record((Field("tap", TAPPED, required=True, about="Presses the button with this value"),)),
    "wish": Record((Field("wish", _WISHES, required=True, about="Wants out by a command of the messenger"),)),
    "send": Record((Field("send", OneOf(tuple(SharedKind)), required=True, about="Sends what is not words"),)),
    "later": Record((Field("later", DURATION, required=True, about="Lets this time pass"),)),
    "helpline": Record((Field("helpline", OneOf(HELPLINE_DOES), required=True, about="What the helpline does"),)),
    "bot": Record((Field("bot", _EXPECTED, required=True, about="What must have happened"),)),
}
REHEARSAL: Final = Record(
    (
        Field("test", Words(), required=True, about="One sentence that says what holds"),
        Field("as", MapOf(NAME, ID), about="The language and the profile at the start"),
        Field(
            "at",
            Written(
                "moment",
                re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} [A-Za-z]+(/[A-Za-z_]+)?"),
                "2026-04-14 21:30 Asia/Bangkok",
                _is_moment,
            ),
        ),
        Field("desk", _one_or_more(ID), about="Helplines that can take a call meanwhile"),
        Field("talk", ListOf(Kinds(TALK_KINDS), at_least=1), required=True),
        Field("every_language", YESNO),
    )
)
TESTS_FILE: Final = Either(items=ListOf(REHEARSAL), entries=REHEARSAL)

HELPLINES_FILE: Final = Record(
    (
        Field(
            "helplines",
            ListOf(
                Record(
                    (
                        Field("id", ID, required=True),
                        Field("name", Words(), required=True, about="As people see it"),
                        Field(
                            "about", Words(), required=True, about="Who reads there, and whether it is a state office"
                        ),
                        Field(
                            "languages", _one_or_more(LANGUAGE), required=True, about="What the staff speak, best first"
                        ),
                        Field("works_in", LANGUAGE, required=True, about="The language of its group and console"),
                        Field("countries", _one_or_more(COUNTRY), about="Where the people are whom it helps"),
                        Field("origins", _one_or_more(COUNTRY), about="Where the people come from whom it helps"),
                        Field("topics", _one_or_more(ID), about="What it helps with; all topics unless said"),
                        Field("hours", _one_or_more(HOURS), required=True),
                        Field("zone", OneOf(ZONES), required=True),
                        Field("closed_on", _one_or_more(ID)),
                        Field("capacity", WHOLE, about="How many open cases it can hold well"),
                        Field("fallback", _one_or_more(ID), about="Which helplines are called when nobody answers"),
                        Field("government", YESNO),
                        Field("mode", OneOf(tuple(Mode)), about="alert: work in the console; relay: in the group"),
                        Field("kept", DURATION, about="How long the group's topic stays after a case is closed"),
                        Field("canned", MapOf(ID, Words()), about="Ready replies"),
                        Field("example", YESNO, about="Not a real helpline; nobody can be linked to it"),
                    )
                )
            ),
            required=True,
        ),
    )
)
CARDS_FILE: Final = Record(
    (
        Field("groups", MapOf(ID, Words(), at_least=1), required=True),
        Field(
            "cards",
            ListOf(
                Record(
                    (
                        Field("id", ID, required=True),
                        Field("group", ID, required=True),
                        Field("say", Words(), required=True),
                        Field("answers", MapOf(ID, Words(), at_least=2)),
                        Field("slot", NAME, about="What staff fill in before it is sent"),
                    )
                )
            ),
            required=True,
        ),
    )
)

FILES: Final[dict[str, Shape]] = {
    "bot": BOT_FILE,
    "phrases": PHRASES_FILE,
    "flow": FLOW_FILE,
    "topics": TOPICS_FILE,
    "facts": FACTS_FILE,
    "hotlines": HOTLINES_FILE,
    "places": PLACES_FILE,
    "helplines": HELPLINES_FILE,
    "cards": CARDS_FILE,
    "glossary": GLOSSARY_FILE,
    "texts": TEXTS_FILE,
    "recordings": RECORDINGS_FILE,
    "tests": TESTS_FILE,
}


def read_decimal(words: str) -> Decimal | None:
    """A number of the content, or nothing where it is none."""
    return Decimal(words) if NUMBER.pattern.fullmatch(words) else None
