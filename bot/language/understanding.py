"""All that one text tells: the word that steers the chat, danger, the topic, the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.language.danger import DangerLexicon, Kind
from bot.language.documents import Concepts, Safety, lexicon_from
from bot.language.features import Heard
from bot.language.keywords import WishTable, find_wish
from bot.language.matching import Alarms, Example, Explanation, Matcher
from bot.language.normal import readings
from bot.language.understood import Danger, Understood

_DANGERS = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Understanding:
    """Built once from content; understands one text after the other and remembers none."""

    wishes: WishTable
    matcher: Matcher
    danger: DangerLexicon

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
        matcher = (
            Matcher.build(
                [*examples, *safety.examples], lexicon, concepts.off_topic, stages, Alarms(_DANGERS, safety.calm)
            )
            if stored is None
            else Matcher.from_bytes(stored, lexicon)
        )
        return cls(wishes or WishTable.build({}), matcher, DangerLexicon(lexicon, safety.signs, safety.together))

    def understand(
        self, text: str, language: str | None = None, profile: Mapping[str, str] | None = None
    ) -> Understood:
        """Language is that of the chat; profile what the person told (stage), which only tips the scales."""
        read = readings(text)
        heard = [Heard.of(reading, self.matcher.concepts) for reading in read]
        opinion = self.matcher.judge(heard, language, profile)
        danger = self.danger.check(heard, opinion)
        return Understood(read[0], opinion.matching.language, find_wish(text, self.wishes), danger, opinion.matching)

    def explain(self, text: str, profile: Mapping[str, str] | None = None) -> tuple[Explanation, Danger]:
        """Why a text is understood as it is: for authors, on their own examples."""
        return self.matcher.explain(text, profile), self.understand(text, None, profile).danger
