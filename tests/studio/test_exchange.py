"""Texts go out to translators and come back the same, in each form; what is broken or not ours is refused or told."""

import csv
import io
import time
from datetime import date
from types import ModuleType

import pytest

from bot.compiler import Notebook, check_content
from bot.compiler.assembling import Assembled
from bot.dialogue.phrasebook import TextId
from bot.messages import Language
from bot.studio.exchange import ExchangeError, po, spreadsheet, xliff
from bot.studio.exchange.errors import Fault
from bot.studio.units import Fate, Incoming, State, Unit, judge, units_of
from tests.whole.running_bot import CONTENT

FORMS = (spreadsheet, xliff, po)
LANGUAGES = ("km", "lo", "my", "th")
KHMER = Language("km")
NESTED = b'<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" trgLang="km">' + b"<unit>" * 5_000 + b"</unit>" * 5_000
NESTED += b"</xliff>"
DAY = date(2026, 11, 26)


@pytest.fixture(scope="module")
def assembled() -> Assembled:
    found = check_content(CONTENT, DAY, Notebook())
    assert found is not None
    return found


def _fates(incoming: list[Incoming], assembled: Assembled) -> list[Fate]:
    judged = judge(incoming, units_of(assembled, KHMER), KHMER, assembled.draft.texts)
    return [one.fate for one in judged]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_the_content_comes_back_as_it_went_out(form: ModuleType, language: str, assembled: Assembled) -> None:
    tongue = Language(language)
    units = units_of(assembled, tongue)

    back = form.read(form.write(units, tongue), tongue)

    stale = {unit.id for unit in units if form is po and unit.state is State.STALE}
    assert {one.id: one.words for one in back} == {unit.id: "" if unit.id in stale else unit.words for unit in units}
    fates = {one.fate for one in judge(back, units, tongue, assembled.draft.texts)}
    assert fates <= {Fate.SAME, Fate.EMPTY}
    assert len(back) > 1000


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "words",
    [
        '=HYPERLINK("x")',
        "'=1",
        "''-",
        "-",
        "+855",
        "@me",
        "a\n\nb\n",
        " a ",
        'say "x", {fact:a-b} <b>&amp; ]]> \\n \\',
        "{profile.x}{hotline:kh-1288}{hotline:kh-1288}",
        "ក\u200bខ\u200cគ\u200dឃ",
    ],
)
def test_no_word_is_changed_on_the_way(form: ModuleType, words: str) -> None:
    unit = Unit(
        _id("topic.x.title"), words, "0a1b2c3d", words, State.DRAFT, "topics/before.yaml", "texts/km/topics/before.yaml"
    )

    (back,) = form.read(form.write([unit], KHMER), KHMER)

    assert (back.id, back.english, back.words) == (unit.id, words, words)


def test_a_spreadsheet_takes_nothing_for_a_formula() -> None:
    unit = Unit(
        _id("topic.x.title"),
        "=1+1",
        "0a1b2c3d",
        "@SUM(A1)",
        State.DRAFT,
        "topics/before.yaml",
        "texts/km/topics/before.yaml",
    )

    rows = list(csv.reader(io.StringIO(spreadsheet.write([unit], KHMER).decode("utf-8-sig"))))

    assert rows[1][1:3] == ["'=1+1", "'@SUM(A1)"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_as_spreadsheets_save_it(delimiter: str, encoding: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(
        [["State", "ID", "Translation km", "From"], ["reviewed", "a", "ខ", "0a1b2c3d"]]
    )

    assert spreadsheet.read(out.getvalue().encode(encoding), KHMER) == (
        Incoming("a", "ខ", 2, "", "0a1b2c3d", is_reviewed=True),
    )


def test_a_text_that_a_tool_cut_into_sentences_is_put_together_again() -> None:
    file = (
        '<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="km"><file id="f">'
        '<unit id="a"><originalData><data id="d1">{fact:x}</data></originalData>'
        '<segment state="final"><source>One. </source><target>ក <mrk id="m1">ខ</mrk></target></segment>'
        "<ignorable><source> - </source></ignorable>"
        '<segment state="reviewed"><source>Two <ph id="1" dataRef="d1"/></source>'
        '<target>គ<ph id="1" dataRef="d1"/></target></segment></unit></file></xliff>'
    )

    assert xliff.read(file.encode(), KHMER) == (
        Incoming("a", "ក ខ - គ{fact:x}", 1, "One.  - Two {fact:x}", "", is_reviewed=True),
    )


def test_a_slot_that_is_named_again_and_again_does_not_grow_beyond_bounds() -> None:
    file = (
        '<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="km"><file id="f">'
        f'<unit id="a"><originalData><data id="d1">{"x" * 100_000}</data></originalData>'
        '<segment><source>One</source><target><ph dataRef="d1"/></target></segment>'
        "</unit></file></xliff>"
    )

    (back,) = xliff.read(file.encode(), KHMER)

    assert len(back.words) < 1_000


@pytest.mark.parametrize(
    ("form", "content", "fault"),
    [
        (spreadsheet, b"\xff\xff\xff", Fault.NOT_TEXT),
        (spreadsheet, b"PK\x03\x04\0\0", Fault.NOT_THIS_FORM),
        (spreadsheet, b"", Fault.NO_COLUMNS),
        (spreadsheet, b"id,words\na,b\n", Fault.NO_COLUMNS),
        (spreadsheet, b"id,translation\na,b\n", Fault.NO_COLUMNS),
        (spreadsheet, b"id,translation lo,from\na,b,c\n", Fault.WRONG_LANGUAGE),
        (spreadsheet, b'id,translation,from\na,"' + b"x" * 100_000, Fault.NOT_THIS_FORM),
        (spreadsheet, b"x" * 8_000_001, Fault.TOO_LARGE),
        (po, b"/etc/passwd", Fault.NOT_THIS_FORM),
        (po, b'msgid "a"\nsomething else\n', Fault.NOT_THIS_FORM),
        (po, b'msgid ""\nmsgstr "Language: lo\\n"\n\nmsgid "a"\nmsgstr "b"\n', Fault.WRONG_LANGUAGE),
        (xliff, b"not xml", Fault.NOT_THIS_FORM),
        (xliff, b"<a/>", Fault.NOT_THIS_FORM),
        (xliff, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Fault.NOT_THIS_FORM),
        (xliff, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', Fault.NOT_THIS_FORM),
        (xliff, b'<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" trgLang="lo"/>', Fault.WRONG_LANGUAGE),
        (xliff, b"<a>" * 200_000, Fault.NOT_THIS_FORM),
        (xliff, NESTED, Fault.NOT_THIS_FORM),
        (po, b'msgid "a"\nmsgstr ""\n' + b'"x"\n' * 100_000, Fault.NOT_THIS_FORM),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(form: ModuleType, content: bytes, fault: Fault) -> None:
    with pytest.raises(ExchangeError) as caught:
        form.read(content, KHMER)

    assert caught.value.fault is fault


@pytest.mark.parametrize(
    "remark", ["#. of a tool", "# of a translator", '#| msgid ""\n#| "before"', '#~ msgid ""\n#~ "obsolete"', "#: a:1"]
)
def test_remarks_in_a_po_file_are_not_read_however_many_there_are(remark: str) -> None:
    content = 'msgid "a"\nmsgstr "b"\n\n' + f"{remark}\n" * 150_000
    started = time.process_time()

    # The library would add each to all before it, which takes minutes.
    assert po.read(content.encode(), KHMER) == (Incoming("", "b", 1, "a"),)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("line", ['\n"x"', '# so\n"x"', '"x\u2028"', '"x\x0b"'])
def test_no_line_of_a_po_file_hides_how_long_a_text_is(line: str) -> None:
    content = 'msgid "a"\nmsgstr ""\n' + f"{line}\n" * 20_000

    with pytest.raises(ExchangeError, match=Fault.NOT_THIS_FORM):
        po.read(content.encode(), KHMER)


def test_lines_of_a_po_file_are_counted_with_its_remarks() -> None:
    content = b'msgid ""\nmsgstr ""\n# three\n#: four\nmsgctxt "a"\nmsgid "b"\nmsgstr "c"\n\n#, fuzzy\nmsgctxt "d"\nmsgid "e"\nmsgstr "f"\n'

    assert po.read(content, KHMER) == (Incoming("a", "c", 5, "b"), Incoming("d", "", 9, "e"))


def test_what_cannot_be_taken_is_told(assembled: Assembled) -> None:
    unit = next(one for one in units_of(assembled, KHMER) if "{fact:" in one.english and one.words)
    plain = next(one for one in units_of(assembled, KHMER) if "{" not in one.english and one.words)

    def told(id_: str, words: str, hash_: str) -> Incoming:
        return Incoming(id_, words, 2, "", hash_)

    assert _fates(
        [
            told("no.such.text", "ក", ""),
            told(plain.id, "ក", "00000000"),
            told(plain.id, "ក", plain.hash),
        ],
        assembled,
    ) == [Fate.UNKNOWN, Fate.ENGLISH_CHANGED, Fate.TWICE]
    assert _fates([told(plain.id, "ក", plain.hash)], assembled) == [Fate.TAKEN]
    assert _fates([told(plain.id, " ", plain.hash)], assembled) == [Fate.EMPTY]
    assert _fates([told(plain.id, plain.words, plain.hash)], assembled) == [Fate.SAME]
    assert _fates([told(unit.id, "ក", unit.hash)], assembled) == [Fate.SLOTS]
    assert _fates([told(plain.id, "ข้อความไทย", plain.hash)], assembled) == [Fate.REFUSED]
    assert _fates([told(plain.id, "ក 12", plain.hash)], assembled) == [Fate.REFUSED]
    assert _fates([told(plain.id, "ក\u202e", plain.hash)], assembled) == [Fate.REFUSED]
    assert _fates([told(plain.id, "ក{", plain.hash)], assembled) == [Fate.REFUSED]


def _id(words: str) -> TextId:
    return TextId(words)
