"""Files of topics → questions and answers, with variants by who asks."""

from bot.compiler.draft import ENGLISH, Draft, Kind, Role, TopicDraft, VariantDraft
from bot.compiler.forms import STAGES, TOPICS_FILE
from bot.compiler.leaves import (
    at,
    day_or_none,
    entries_of,
    many_at,
    maps_of,
    text_at,
    texts_at,
    texts_of,
    whole_at,
    words_at,
)
from bot.compiler.reading import ListNode, MapNode, Node
from bot.compiler.shapes import inspect
from bot.compiler.shaping_conditions import shape_condition
from bot.compiler.shaping_steps import MOST_HOTLINES
from bot.dialogue.script import TopicId
from bot.dialogue.steps import FlowId
from bot.facts import HotlineId, Wanted

EMERGENCY = "emergency"


def shape_topics(node: Node, stage: str, draft: Draft) -> None:
    """Take the topics of one file, which is called like their stage, into the content."""
    inspect(node, TOPICS_FILE, draft.notebook)
    if stage not in STAGES:
        draft.notebook.error(node.place, f"a file of topics is called like a stage: {', '.join(STAGES)}")
    for entry in maps_of(node):
        name = text_at(entry, "topic")
        if name is None or not draft.introduce(Kind.TOPIC, name):
            continue
        topic = TopicId(name.words)
        urgency = words_at(entry, "urgency", "normal")
        vital = urgency == EMERGENCY
        flow = text_at(entry, "flow")
        draft.examples.setdefault(ENGLISH, {})[topic] = many_at(entry, "ask")
        draft.topics[topic] = TopicDraft(
            id=topic,
            stage=stage,
            urgency=urgency,
            title=draft.write(f"topic.{topic}.title", at(entry, "title"), Role.LABEL, vital=vital),
            icon=words_at(entry, "icon"),
            place=name.place,
            variants=_shape_variants(entry, topic, draft, vital=vital),
            hotlines=_shape_wanted(entry, draft),
            flow=FlowId(draft.mention(Kind.FLOW, flow)) if flow is not None else None,
            next=tuple(TopicId(draft.mention(Kind.TOPIC, each)) for each in texts_at(entry, "next")),
            was=texts_at(entry, "was"),
            no_number_in=texts_at(entry, "no_number_in"),
        )


def _shape_variants(entry: MapNode, topic: TopicId, draft: Draft, *, vital: bool) -> tuple[VariantDraft, ...]:
    variants: list[VariantDraft] = []
    used: set[str] = set()
    for each in maps_of(at(entry, "answer")):
        said = {key.words: tuple(text.words for text in texts_of(value)) for key, value in entries_of(at(each, "when"))}
        name = words_at(each, "id") or _variant_name(said)
        if name in used:
            draft.notebook.error(each.place, f"two answers are called '{name}'; give one of them another 'id:'")
            continue
        used.add(name)
        variants.append(
            VariantDraft(
                id=name,
                text=draft.write(
                    f"topic.{topic}.answer.{name}", at(each, "text"), Role.ANSWER, within=f"topic.{topic}", vital=vital
                ),
                when=shape_condition(at(each, "when"), draft, f"topic.{topic}"),
                said_when=said,
                sources=many_at(each, "sources"),
                checked=day_or_none(each, "checked"),
                review_by=day_or_none(each, "review_by"),
                place=each.place,
            )
        )
    return tuple(variants)


def _variant_name(said: dict[str, tuple[str, ...]]) -> str:
    """`kh`, `kh-la`, `th-before`: made from what the answer is for."""
    return "-".join(word for words in said.values() for word in words) or "default"


def _shape_wanted(entry: MapNode, draft: Draft) -> Wanted | None:
    hotlines = at(entry, "hotlines")
    if hotlines is None:
        return None
    if isinstance(hotlines, ListNode):
        ids = tuple(HotlineId(draft.mention(Kind.HOTLINE, each)) for each in texts_of(hotlines))
        return Wanted(ids=ids, at_most=MOST_HOTLINES)
    return Wanted(kinds=many_at(hotlines, "kinds"), at_most=whole_at(hotlines, "at_most", MOST_HOTLINES))
