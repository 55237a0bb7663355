"""Which letters a text has."""

import pytest

from bot.language.scripts import Script, clusters, foreign_letters, language_of, main_script


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ខ្ញុំចង់ទៅធ្វើការ", "km"),
        ("ຂ້ອຍຢາກໄປເຮັດວຽກ", "lo"),
        ("အလုပ်လုပ်ချင်တယ်", "my"),
        ("อยากไปทำงาน", "th"),
        ("i want work", None),
        ("knhom jong tver ka", None),
        ("visa ຂອງຂ້ອຍ will expire soon", "lo"),
        ("12345 🙏", None),
        ("", None),
    ],
)
def test_a_native_script_tells_the_language_even_between_latin_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_shan_mon_and_karen_count_as_the_myanmar_script() -> None:
    assert main_script("မႂ်ႇသုင်ၶႃႈ") == main_script("အမ်တောံမံၚ်ကျာ") == main_script("ကညီကျိာ်") == Script.MYANMAR


@pytest.mark.parametrize(
    ("text", "language", "foreign"),
    [
        ("ຂໍທ່ານ ขอ MOU", "lo", "ข"),
        ("ຂໍທ່ານ MOU 1,500 – ✅ 🇱🇦 ❤️", "lo", ""),
        ("Passport ៛", "en", ""),
        ("Call ក now", "en", "ក"),
        ("ทำงาน ทํางาน", "th", ""),
        ("привет", "th", "привет"),
        ("លិខិត\u200bឆ្លងដែន", "km", ""),
    ],
)
def test_letters_of_another_script_are_found(text: str, language: str, foreign: str) -> None:
    assert foreign_letters(text, language)[: len(foreign) or None] == foreign


def test_a_cluster_is_what_people_see_as_one_letter() -> None:
    assert clusters("ខ្ញុំ") == ["ខ្ញុំ"]
    assert clusters("เดินทาง") == ["เดิ", "น", "ทา", "ง"]
    assert clusters("ນ້ຳ") == ["ນ້ຳ"]
    assert clusters("လုပ်ငန်း") == ["လုပ်", "ငန်း"]
    assert clusters("work permit") == ["work", " ", "permit"]


@pytest.mark.parametrize("text", ["ကျွန်တော်", "ລາວນອນຢູ່ພື້ນ", "่่่กก", "\u17d2\u17d2", "မင်္ဂလာပါ x🙂"])
def test_clusters_lose_no_letter(text: str) -> None:
    assert "".join(clusters(text)) == text
