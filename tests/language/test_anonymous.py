"""What editors may be shown: no name, number, address or id gets through, in any of the languages."""

import csv
from functools import cache
from random import Random

import pytest

from bot.language import clusters, normal
from bot.language.anonymous import LONGEST_SHARED, Vocabulary, shareable
from tests.language.content import DATA, examples, understanding

NAMES = {
    "km": "សុខា ដារ៉ា ចាន់ថា វណ្ណា ស្រីមុំ បូផា រតនា សុភាព ចន្ទ្រា មករា ពិសិដ្ឋ ហេង ស៊ុន គឹម ធីតា សុភ័ក្រ សំណាង វិចិត្រ ផល្លា ស៊ីណា មុន្នី រិទ្ធី",
    "lo": "ສົມໄຊ ບຸນມີ ແກ້ວ ສີສະຫວັດ ພອນ ຈັນ ມະນີວັນ ສົມສັກ ບຸນທັນ ວຽງໄຊ ດາວ ພູວົງ ມະໄລ ໄພວັນ ສຸກ ຄຳ",
    "my": "အောင်အောင် သန်းသန်းအေး ကျော်ဇော မောင်မောင် စန္ဒာ သီတာ ခိုင် မြင့် နီလာ လှလှ ဇော်ဝင်း ဖြူဖြူ ခင်မာ အေးအေး သူဇာ ဝင်းမြင့်",
    "th": "สมชาย สมศักดิ์ มาลี แก้ว สุดา วันดี นิด เอก สมหญิง ประเสริฐ สมบัติ วิชัย ปราณี นภา กานดา อ้อย ต้น",
    "en": "sokha somchai aung dara win lin rose john noy kham sok chan thida Sophea Khin Bounmy Malee may",
}
TAKEN_OUT = {
    "a telephone number": ["call 0812345678", "โทร 081 234 5678", "ໂທ ໐໒໐ ໕໕໕", "ဖုန်း ၀၉၄၅၆", "លេខ ០១២៣៤៥"],
    "one figure": ["can i take 2 children", "พาลูกไป ๒ คน", "កូន ២ នាក់", "ကလေး ၂ ယောက်", "ລູກ ໒ ຄົນ"],
    "figures of other kinds": [
        "can i take ② children",
        "section Ⅳ of the law",
        "can i take ２ children",
        "½ of my wage",
    ],
    "an id": ["my passport n1234567", "visa ab123456", "งาน พาสปอร์ต AA1234567"],
    "an address": [
        "write to work@work.work",
        "is work.work good",
        "is www work good",
        "look at t.me/work",
        "what is @work",
        "what is https://work",
        "what is work_work",
        "#work",
        "ทำงาน line: work",
    ],
    "a capital inside": ["my boss Work took my passport", "what is the Law", "my boss took MY passport"],
    "an introduced name": [
        "my name is good",
        "a man called good",
        "mr good is my boss",
        "ผมชื่อดี",
        "นายดีเป็นนายจ้าง",
        "នាយចាងឈ្មោះល្អ",
        "ຂ້ອຍຊື່ດີ",
        "ကျွန်တော့်နာမည်ကောင်း",
        "ဒေါ်လှ",
        "khun di yut passport",
        "knhom chmos la",
    ],
    "a word the content does not know": ["can i keep zebra", "xqzt", "sokunthea took my passport"],
    "letters of another script": ["我的 passport", "мой passport", "𝓼𝓸𝓴𝓱𝓪 passport", "passport ひろし"],
    "too short": ["", "?", "ok", "ก", "   a   "],
    "too long": ["passport " * 30, "passport" * 2_000],
}


@cache
def known() -> Vocabulary:
    return understanding().known


@pytest.mark.parametrize("reason", TAKEN_OUT)
def test_what_could_point_at_somebody_is_kept_back(reason: str) -> None:
    assert [text for text in TAKEN_OUT[reason] if shareable(text, known()) is not None] == []


@pytest.mark.parametrize(
    "text",
    [
        "can i bring my children",
        "Can I bring my children?",
        "I want my passport and I want my money",
        "my employer is good but the work is hard",
    ],
)
def test_plain_words_of_the_content_pass_in_the_spelling_that_is_compared(text: str) -> None:
    assert shareable(text, known()) == normal(text)


@pytest.mark.parametrize("language", NAMES)
def test_what_the_content_asks_itself_mostly_passes_and_hardly_ever_with_a_name_in_it(language: str) -> None:
    """The hardest case: every other bit of the sentence is known."""
    chance = Random(f"names in {language}")
    names = NAMES[language].split()
    own = [line.text for line in examples() if line.language == language]
    passing = [text for text in own if shareable(text, known()) is not None]
    assert len(passing) > len(own) / 3
    tried, leaked = 0, []
    for text in chance.sample(passing, min(400, len(passing))):
        parts = text.split() if language == "en" or text.isascii() else clusters(text)
        joint = " " if language == "en" or text.isascii() else ""
        for name in chance.sample(names, 4):
            place = chance.randrange(len(parts) + 1)
            told = joint.join([*parts[:place], name, *parts[place:]])
            tried += 1
            if shareable(told, known()) is not None:
                leaked.append(told)

    assert tried > 600
    # A name that is a word as well may happen to fall where the content has that word.
    assert len(leaked) <= tried // 1000, leaked


@pytest.mark.parametrize("language", NAMES)
def test_a_name_alone_is_kept_back(language: str) -> None:
    assert [name for name in NAMES[language].split() if shareable(name, known()) is not None] == []


def test_some_real_questions_of_each_language_pass() -> None:
    with (DATA / "heldout-b-questions.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for language in NAMES:
        own = [row["text"] for row in rows if row["lang"] == language]
        passed = [shared for text in own if (shared := shareable(text, known())) is not None]
        assert len(passed) >= 5
        assert max(map(len, passed)) <= LONGEST_SHARED


def test_only_what_is_not_understood_and_not_dangerous_is_shared() -> None:
    unknown = "is the weather good for children"
    heard = understanding().understand(unknown, "en")
    assert heard.matching.mode == "none"
    assert heard.shareable == unknown

    for text in ("my boss took my passport", "help me they beat me", "help"):
        assert understanding().understand(text, "en").shareable is None


def test_a_text_that_is_changed_to_be_readable_is_not_shared() -> None:
    assert understanding().understand("is the weather\u202e good for children", "en").shareable is None


def test_a_vocabulary_is_the_same_after_it_was_kept() -> None:
    vocabulary = Vocabulary.of(["my boss took it", "ថៅកែយកលិខិត", "နာမည်"])
    kept = Vocabulary.from_bytes(vocabulary.to_bytes())

    assert kept.words == vocabulary.words
    assert kept.runs.tolist() == vocabulary.runs.tolist()
    assert kept.run("ថៅកែយក") == vocabulary.run("ថៅកែយក")
