"""All that one text tells: the word that steers the chat, danger, the topic, the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.language.anonymous import Vocabulary, shareable
from bot.language.danger import DangerLexicon, Kind
from bot.language.documents import Concepts, Safety, lexicon_from
from bot.language.features import Heard
from bot.language.keywords import WishTable, find_wish
from bot.language.matching import Alarms, Example, Explanation, Matcher
from bot.language.normal import readings
from bot.language.understood import Danger, Level, Mode, Understood

_LENGTH_BYTES = 8
_DANGERS = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Understanding:
    """Built once from content; understands one text after the other and remembers none."""

    wishes: WishTable
    matcher: Matcher
    danger: DangerLexicon
    known: Vocabulary

    @classmethod
    def build(
        cls,
        examples: Sequence[Example],
        concepts: Concepts,
        safety: Safety,
        *,
        stages: Mapping[str, str] | None = None,
        wishes: WishTable | None = None,
        stored: bytes | None = None,
    ) -> "Understanding":
        """Learn from the examples of content and of the safety document; or take what `stored` learned from them."""
        lexicon = lexicon_from(concepts, safety)
        if stored is None:
            alarms = Alarms(_DANGERS, safety.calm)
            matcher = Matcher.build([*examples, *safety.examples], lexicon, concepts.off_topic, stages, alarms)
            sentences = (*examples, *concepts.off_topic, *safety.examples, *safety.calm)
            listed = (*concepts.words.values(), *safety.words.values())
            known = Vocabulary.of((*(line.text for line in sentences), *(word for words in listed for word in words)))
        else:
            end = _LENGTH_BYTES + int.from_bytes(stored[:_LENGTH_BYTES], "big")
            matcher = Matcher.from_bytes(stored[_LENGTH_BYTES:end], lexicon)
            known = Vocabulary.from_bytes(stored[end:])
        dangers = DangerLexicon(lexicon, safety.signs, safety.together)
        return cls(wishes or WishTable.build({}), matcher, dangers, known)

    def to_bytes(self) -> bytes:
        """Everything learned, to be handed to `build` as `stored` with the content it was learned from."""
        learned = self.matcher.to_bytes()
        return len(learned).to_bytes(_LENGTH_BYTES, "big") + learned + self.known.to_bytes()

    def understand(
        self, text: str, language: str | None = None, profile: Mapping[str, str] | None = None
    ) -> Understood:
        """Language is that of the chat; profile what the person told (stage), which only tips the scales."""
        read = readings(text)
        heard = [Heard.of(reading, self.matcher.concepts) for reading in read]
        opinion = self.matcher.judge(heard, language, profile)
        danger = self.danger.check(heard, opinion)
        wish, matching = find_wish(text, self.wishes), opinion.matching
        unanswered = wish is None and matching.mode is Mode.NONE and danger.level is Level.NONE
        # What can be read in two ways might hold a name in one of them.
        shared = shareable(text, self.known) if unanswered and len(read) == 1 and read[0] == text.strip() else None
        return Understood(read[0], matching.language, wish, danger, matching, shared)

    def explain(self, text: str, profile: Mapping[str, str] | None = None) -> tuple[Explanation, Danger]:
        """Why a text is understood as it is: for authors, on their own examples."""
        return self.matcher.explain(text, profile), self.understand(text, None, profile).danger
