"""Yes or no, and phone numbers: the short answers that a dialogue asks for."""

import re
from typing import Final

from bot.language.normal import ascii_digits, normal, readable

LONGEST_ANSWER: Final = 200
_WORD: Final = re.compile(r"[a-z]+")
_PHONE: Final = re.compile(r"(?<!\d)\+?\d(?:[ ().-]{0,2}\d){6,14}(?!\d)")
_PHONE_GLUE: Final = re.compile(r"[ ().-]")
_YES_SIGNS: Final = "👍✅✔☑"
_NO_SIGNS: Final = "👎❌✖🚫"
_LONGEST_YES_NO: Final = 40
_YES_WORDS: Final = {
    "en": "yes y yeah yea yep yup ok okay sure right correct true|of course|i do|i did|i have|yes please",
    "km": "បាទ ចាស ចា ច៎ា បាទបាទ មែន មែនហើយ ហ្នឹងហើយ ត្រូវហើយ បាន មាន ធ្លាប់ យល់ព្រម ព្រម bat baat chas jas jah men meanhery",
    "lo": "ແມ່ນ ແມ່ນແລ້ວ ເຈົ້າ ໂດຍ ເອີ ອືມ ມີ ໄດ້ ຖືກຕ້ອງ ຕົກລົງ ເຄີຍ men maen chao doy er mi dai",
    "my": "ဟုတ် ဟုတ်ကဲ့ ဟုတ်တယ် ဟုတ်ပါတယ် ဟုတ်ပါ အင်း အေး ရှိတယ် ရှိပါတယ် ရတယ် ကောင်းပြီ သေချာတယ် မှန်တယ် အိုကေ "
    "hote hoke hotkae hotekae hotkel inn|shi tal",
    "th": "ใช่ ใช่ครับ ใช่ค่ะ ค่ะ คะ ครับ ครับผม จ้า จ้ะ อือ มี ได้ ถูกต้อง ตกลง เคย เคยครับ โอเค chai ka khrap mee dai|chai khrap",
}
_NO_WORDS: Final = {
    "en": "no n nope nah never not none|no thanks|not really|i dont|i did not|i didnt|i have not|dont",
    "km": "ទេ អត់ អត់ទេ មិនមែន មិនមែនទេ គ្មាន គ្មានទេ មិនទាន់ មិនបាន ot otte te ort minmen|ot te|men te",
    "lo": "ບໍ່ ບໍ ບໍ່ແມ່ນ ບໍ່ມີ ບໍ່ໄດ້ ບໍ່ເຄີຍ ຍັງ bo bor bomen bomi|bo men|bo mi",
    "my": "မဟုတ် မဟုတ်ဘူး မဟုတ်ပါ မဟုတ်ပါဘူး ဟင့်အင်း မရှိ မရှိဘူး မရှိပါဘူး မရဘူး မလုပ်ဘူး mahote mahoke|ma hote|ma hote bu|ma shi bu",
    "th": "ไม่ ไม่ใช่ ไม่ครับ ไม่ค่ะ ไม่มี ไม่ได้ ไม่เคย เปล่า ยัง ยังไม่ mai maichai plao|mai chai|mai mee",
}
# Single words, then whole phrases after a bar each.
_YES_NO: Final = {
    language: {
        normal(said): meaning
        for meaning, words in ((True, _YES_WORDS[language]), (False, _NO_WORDS[language]))
        for said in (*words.split("|")[0].split(), *words.split("|")[1:])
    }
    for language in _YES_WORDS
}
_NATIVE_NO: Final = {
    "km": ("មិន", "អត់", "គ្មាន"),
    "lo": ("ບໍ່", "ຍັງບໍ່"),
    "my": ("မဟုတ်", "မရှိ", "ဟင့်အင်း"),
    "th": ("ไม่", "เปล่า", "ยังไม่"),
}
_NATIVE_YES: Final = {
    "km": ("បាទ", "ចាស", "មែន", "មាន", "បាន"),
    "lo": ("ແມ່ນ", "ເຈົ້າ", "ມີ", "ໄດ້"),
    "my": ("ဟုတ်", "ရှိ", "အင်း"),
    "th": ("ใช่", "มี", "ได้", "เคย"),
}
_QUESTION_WORDS: Final = "ไหม มั้ย หรือ ຫຍັງ ໃສ ແນວໃດ လား သလဲ ဘာ ម៉េច អ្វី ណា อะไร ยังไง"
_QUESTIONS: Final = tuple(map(normal, _QUESTION_WORDS.split()))


def read_yes_no(text: str, language: str) -> bool | None:
    """Yes or no in the language of the chat, in English or in Latin letters; None when it says neither or
    both.
    """
    if len(text) > LONGEST_ANSWER:
        return None
    if any(sign in text for sign in _YES_SIGNS):
        return True
    if any(sign in text for sign in _NO_SIGNS):
        return False
    said = normal(readable(text))
    if not said or len(said) > _LONGEST_YES_NO:
        return None
    for words in (_YES_NO.get(language, {}), *(_YES_NO[other] for other in _YES_NO if other != language)):
        if said in words:
            return words[said]
    first = said.split()[0]
    opening = {**_YES_NO["en"], **_YES_NO.get(language, {})}
    if first in opening and _WORD.fullmatch(first):
        return opening[first]
    return _native_yes_no(said, language)


def read_phone(text: str) -> str | None:
    """The one phone number in the text as people dial it, digits only, with its leading plus sign if it has
    one.
    """
    plain = ascii_digits(readable(text[:LONGEST_ANSWER]))
    found = [_PHONE_GLUE.sub("", match.group()) for match in _PHONE.finditer(plain)]
    numbers = {
        f"+{number[2:]}" if number.startswith("00") else number
        for number in found
        if 7 <= len(number.lstrip("+")) <= 15
    }
    return numbers.pop() if len(numbers) == 1 else None


def _native_yes_no(said: str, language: str) -> bool | None:
    """A short sentence that opens with the yes or no of its language; a question is neither."""
    if any(word in said for word in _QUESTIONS):
        return None
    if said.startswith(tuple(normal(word) for word in _NATIVE_NO.get(language, ()))):
        return False
    if language == "km" and said.endswith("ទេ"):
        return False
    if language == "my" and said.startswith("မ") and said.endswith(("ဘူး", "ပါ")):
        return False
    return True if said.startswith(tuple(normal(word) for word in _NATIVE_YES.get(language, ()))) else None
