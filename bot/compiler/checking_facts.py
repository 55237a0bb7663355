"""What is true outside: still valid, still checked, sure enough to be told, and a number within everybody's reach."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from bot.compiler.draft import BotDraft, Draft, Kind, Mention, TopicDraft
from bot.compiler.problems import Place
from bot.compiler.shaping_topics import EMERGENCY
from bot.dialogue.script import TopicId
from bot.facts import Amount, Caller, Confidence, Directory, Evidence, Fact, FactId, HotlineId, Telling, Wanted

_CHECKED_AT: Final = time(12, tzinfo=ZoneInfo("Asia/Bangkok"))


def check_facts(draft: Draft, today: date) -> None:
    """Write down what may not be told any more, or not surely enough."""
    for fact_id, fact in draft.facts.items():
        _check_review(fact.evidence, draft.stood[Kind.FACT, fact_id], today, draft)
    for hotline_id, hotline in draft.hotlines.items():
        _check_review(hotline.evidence, draft.stood[Kind.HOTLINE, hotline_id], today, draft)
    for place in draft.places.values():
        _check_review(place.evidence, draft.stood[Kind.PLACE, place.id], today, draft)
    for topic in draft.topics.values():
        for variant in topic.variants:
            if variant.checked > today:
                draft.notebook.error(variant.place, f"'checked: {variant.checked}' lies in the future")
            elif variant.review_by < today:
                draft.notebook.warning(variant.place, f"this answer should have been reviewed by {variant.review_by}")
    for mention in draft.mentions:
        if mention.kind is Kind.FACT:
            _check_told_fact(mention, today, draft)
        elif mention.kind is Kind.HOTLINE:
            _check_told_hotline(mention, draft)
    _check_formulas(draft)
    _check_reach(draft, today)


def finds_the_same_errors(facts: Iterable[Fact], checked: date, today: date) -> bool:
    """Whether content that had no errors on an earlier day has none today: beside the content they depend on which
    facts are told at all, and on which with their date, which makes a screen longer.
    """
    return checked <= today and all(fact.evidence.telling(checked) is fact.evidence.telling(today) for fact in facts)


def _check_review(evidence: Evidence, place: Place, today: date, draft: Draft) -> None:
    if evidence.checked > today:
        draft.notebook.error(place, f"'checked: {evidence.checked}' lies in the future")
    elif evidence.review_by < today:
        draft.notebook.warning(place, f"this should have been reviewed by {evidence.review_by}")


def _check_told_fact(mention: Mention, today: date, draft: Draft) -> None:
    fact = draft.facts.get(FactId(mention.word))
    if fact is None:
        return
    if fact.evidence.confidence is Confidence.LOW:
        words = f"the fact '{fact.id}' is not sure enough to be told; take it out or have it confirmed"
        draft.notebook.error(mention.place, words)
    elif fact.evidence.telling(today) is Telling.WITHHELD:
        words = f"the fact '{fact.id}' was last checked on {fact.evidence.checked} and is told no more"
        draft.notebook.error(mention.place, words)
    elif not fact.holds(today):
        draft.notebook.warning(mention.place, f"the fact '{fact.id}' does not hold today")


def _check_told_hotline(mention: Mention, draft: Draft) -> None:
    hotline = draft.hotlines.get(HotlineId(mention.word))
    if hotline is not None and hotline.evidence.confidence is Confidence.LOW:
        words = f"the hotline '{hotline.id}' is not sure enough to be shown; it is left out until somebody confirms it"
        draft.notebook.warning(mention.place, words)


def _check_formulas(draft: Draft) -> None:
    for mention in draft.counted_with:
        fact = draft.facts.get(FactId(mention.word))
        if fact is not None and not isinstance(fact.value, Amount):
            draft.notebook.error(mention.place, f"nothing can be worked out with '{fact.id}': it is no single number")


def _check_reach(draft: Draft, today: date) -> None:
    """Whoever is in danger gets a number, from wherever they are."""
    bot = draft.bot
    if bot is None:
        return
    directory = Directory(draft.hotlines.values(), bot.holidays)
    noon = datetime.combine(today, _CHECKED_AT)
    for danger, kinds in bot.emergency.items():
        place = draft.stood.get((Kind.PHRASE, f"danger-{danger}"), bot.place)
        if (topic := draft.topics.get(TopicId(danger))) is not None and topic.hotlines is not None:
            continue
        missed = list(_missed(Wanted(kinds=kinds), directory, noon, bot))
        if missed:
            draft.notebook.warning(place, f"no number of the kinds for '{danger}' works from {', '.join(missed)}")
    for topic in draft.topics.values():
        if topic.urgency != EMERGENCY:
            continue
        if topic.hotlines is None:
            draft.notebook.error(topic.place, f"'{topic.id}' is an emergency and needs 'hotlines:'")
        else:
            _check_topic_reach(topic, list(_missed(topic.hotlines, directory, noon, bot)), draft)


def _check_topic_reach(topic: TopicDraft, missed: list[str], draft: Draft) -> None:
    told = {country.words for country in topic.no_number_in}
    if untold := [where for where in missed if where not in told]:
        words = f"none of its hotlines works from {', '.join(untold)}; name one that does, or say so: 'no_number_in:'"
        draft.notebook.warning(topic.place, words)
    for country in topic.no_number_in:
        if country.words not in missed:
            draft.notebook.warning(country.place, f"one of its hotlines works from {country.words}; take this out")


def _missed(wanted: Wanted, directory: Directory, noon: datetime, bot: BotDraft) -> Iterator[str]:
    origins = bot.profile.get("origin", ())
    for here in bot.profile.get("here", ()):
        without = [
            origin
            for origin in origins
            if not any(listing.dials for listing in directory.choose(wanted, Caller(origin, here, "en"), noon))
        ]
        if len(without) == len(origins):
            yield here
        elif without:
            yield f"{here} (for people from {' and '.join(without)})"
