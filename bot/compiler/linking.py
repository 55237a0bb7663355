"""Ids → one Script: every mention finds what it names, topics become flows, and steps get their tokens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from bot.compiler.draft import Draft, FlowDraft, Kind, Mention, TopicDraft
from bot.compiler.problems import Place
from bot.compiler.shaping_steps import topic_flow
from bot.compiler.shaping_topics import EMERGENCY
from bot.compiler.translations import Translations, phrases_of
from bot.desk.helplines import Helplines
from bot.desk.phrases import Cards
from bot.dialogue.alarms import alarms_in
from bot.dialogue.conditions import ALWAYS, All, AnyOf, Between, Condition, Not, OneOf, Told
from bot.dialogue.conversation import NodeToken
from bot.dialogue.nodes import SCREEN_PART, flow_token, node_token, screen_token
from bot.dialogue.phrasebook import Phrasebook, TextId
from bot.dialogue.script import Script, Special, Spot, Topic, TopicId, Variant
from bot.dialogue.steps import (
    Ask,
    Call,
    Checklist,
    Choose,
    Flow,
    FlowId,
    ListHotlines,
    ListTopics,
    Option,
    Say,
    Screen,
    ScreenId,
    Step,
)
from bot.facts import Directory, Wanted
from bot.language import Understands
from bot.media import Media

ANSWER = ScreenId("answer")
"""The one screen of a topic."""

STEP_BY_STEP = "flow"
"""The value of the button that opens a topic's flow; no topic may be called so."""


@dataclass(slots=True)
class Linked:
    """Flows and topics as the engine walks them, and where their steps stand."""

    flows: dict[FlowId, FlowDraft] = field(default_factory=dict)
    topics: dict[TopicId, Topic] = field(default_factory=dict)
    spots: dict[NodeToken, Spot] = field(default_factory=dict)
    screens: dict[str, tuple[FlowId, ScreenId]] = field(default_factory=dict)
    beginnings: dict[str, FlowId] = field(default_factory=dict)
    renamed: dict[NodeToken, NodeToken] = field(default_factory=dict)


def link(draft: Draft) -> Linked:
    """Find what every mention names, and put all flows into one web; write down what leads nowhere."""
    _find_mentions(draft)
    linked = Linked(flows=dict(draft.flows))
    for topic in draft.topics.values():
        flow = topic_flow(topic.id)
        linked.flows[flow] = _flow_of_topic(topic, flow, draft)
        linked.topics[topic.id] = _topic(topic)
    for each in linked.flows.values():
        _place_tokens(each, linked, draft)
    for each in linked.flows.values():
        _rename(each, linked, draft)
    return linked


def make_script(
    draft: Draft, linked: Linked, translations: Translations, version: str, understanding: Understands, media: Media
) -> Script:
    """The content of one version as one value; only for a draft without errors."""
    bot = draft.bot
    if bot is None:
        raise ValueError("a draft without bot.yaml makes no script")
    return Script(
        version=version,
        tongues=bot.tongues,
        profile=bot.profile,
        special=Special(**bot.special, ask_profile=bot.asked_by),
        flows={flow: each.flow for flow, each in linked.flows.items()},
        topics=linked.topics,
        phrasebook=Phrasebook(
            phrases_of(draft.texts.values(), translations, bot.tongues),
            {code: tongue.fallbacks for code, tongue in bot.tongues.items()},
        ),
        facts=draft.facts,
        directory=Directory(draft.hotlines.values(), bot.holidays),
        places=draft.places,
        spots=linked.spots,
        screens=linked.screens,
        beginnings=linked.beginnings,
        renamed=linked.renamed,
        alarms=frozenset(alarms_in(each.flow for each in linked.flows.values())),
        emergency_kinds=bot.emergency,
        danger_lines={
            danger: topic.hotlines
            for danger in bot.emergency
            if (topic := draft.topics.get(TopicId(danger))) is not None and topic.hotlines is not None
        },
        understanding=understanding,
        media=media,
        helplines=Helplines(draft.helplines, bot.holidays),
        cards=Cards(draft.cards, draft.card_groups),
    )


def names_in(condition: Condition) -> Iterator[str]:
    """The names that a condition asks for."""
    match condition:
        case OneOf(name) | Between(name) | Told(name):
            yield name
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from names_in(part)
        case Not(part):
            yield from names_in(part)


def _find_mentions(draft: Draft) -> None:
    known: dict[Kind, Iterable[str]] = {
        kind: {name for found, name in draft.stood if found is kind}
        for kind in (
            *(Kind.FLOW, Kind.TOPIC, Kind.FACT, Kind.HOTLINE, Kind.PHRASE, Kind.FIELD, Kind.HOLIDAYS),
            Kind.HELPLINE,
        )
    }
    phrases = known[Kind.PHRASE]
    known[Kind.UNIT] = _behind("unit-", (name for name in phrases if not name.endswith("-one")))
    known[Kind.PER] = _behind("per-", phrases)
    known[Kind.MEDIA] = draft.pictures
    known[Kind.PLACES] = {place.kind for place in draft.places.values()}
    for mention in draft.mentions:
        if mention.kind is Kind.SCREEN:
            _find_screen(mention, draft)
        elif mention.kind in (Kind.PHRASE, Kind.UNIT, Kind.PER) and not phrases:
            # The whole file is missing, which has been written down.
            continue
        elif mention.kind in (Kind.UNIT, Kind.PER) and mention.word not in known[mention.kind]:
            words = f"no {mention.kind} is called '{mention.word}'; write one of {', '.join(known[mention.kind])}"
            draft.notebook.error(mention.place, words)
        elif mention.word not in known[mention.kind]:
            draft.notebook.unknown(mention.place, mention.kind, mention.word, known[mention.kind])


def _behind(start: str, names: Iterable[str]) -> list[str]:
    return sorted(name.removeprefix(start) for name in names if name.startswith(start))


def _find_screen(mention: Mention, draft: Draft) -> None:
    screens = draft.flows[FlowId(mention.within)].screens if mention.within in draft.flows else {}
    if mention.word in screens:
        return
    if FlowId(mention.word) in draft.flows:
        words = f"no screen is called '{mention.word}' here; write 'flow:{mention.word}' for the flow"
        draft.notebook.error(mention.place, words)
    elif TopicId(mention.word) in draft.topics:
        words = f"no screen is called '{mention.word}' here; write 'topic:{mention.word}' for the topic"
        draft.notebook.error(mention.place, words)
    else:
        draft.notebook.unknown(mention.place, mention.kind, mention.word, screens)


# Topics


def _topic(topic: TopicDraft) -> Topic:
    variants = tuple(
        Variant(each.id, each.text, each.when, each.said_when, each.sources, each.checked, each.review_by)
        for each in topic.variants
    )
    return Topic(topic.id, topic.stage, topic.urgency, topic.title, topic.icon, variants, topic.next)


def _flow_of_topic(topic: TopicDraft, flow: FlowId, draft: Draft) -> FlowDraft:
    steps = [*_questions(topic, flow, draft), Say(topic.title, heading=True), *_answers(topic)]
    if topic.hotlines is not None:
        steps.append(_list_hotlines(topic, topic.hotlines))
    options = tuple(_ways_on(topic, draft))
    if options:
        steps.append(Choose(node_token(flow, ANSWER, "choose"), options))
    screen = Screen(ANSWER, tuple(steps))
    shaped = Flow(flow, topic.title, ANSWER, {ANSWER: screen}, sensitive=topic.urgency != "normal")
    places = {(ANSWER, index): topic.place for index in range(len(steps))}
    return FlowDraft(shaped, topic.place, topic.was, {ANSWER: topic.place}, {}, places)


def _list_hotlines(topic: TopicDraft, wanted: Wanted) -> ListHotlines:
    """In danger the lines stand as the authors ordered them, and nothing stands in for them."""
    if topic.urgency != EMERGENCY:
        return ListHotlines(wanted, inline=True)
    return ListHotlines(replace(wanted, open_first=False), inline=True, instead=False)


def _questions(topic: TopicDraft, flow: FlowId, draft: Draft) -> Iterator[Step]:
    """Ask for what decides between the answers, where none of them fits everybody."""
    if any(variant.when == ALWAYS for variant in topic.variants):
        return
    asked_by = draft.bot.asked_by if draft.bot else {}
    for name in dict.fromkeys(name for variant in topic.variants for name in names_in(variant.when)):
        if name in asked_by:
            yield Call(node_token(flow, ANSWER, f"call-{name}"), asked_by[name], when=Told(name, known=False))


def _answers(topic: TopicDraft) -> Iterator[Step]:
    """Each answer where its condition holds and none before it does."""
    earlier: list[Condition] = []
    for variant in topic.variants:
        conditions = [variant.when, *(Not(each) for each in earlier)]
        parts = tuple(each for each in conditions if each != ALWAYS)
        yield Say(variant.text, parts[0] if len(parts) == 1 else All(parts))
        earlier.append(variant.when)


def _ways_on(topic: TopicDraft, draft: Draft) -> Iterator[Option]:
    if topic.flow is not None:
        yield Option(STEP_BY_STEP, TextId("phrase.check-step-by-step"), "👣", opens=topic.flow)
    for following in topic.next:
        known = draft.topics.get(following)
        icon = known.icon if known else ""
        yield Option(following, TextId(f"topic.{following}.title"), icon, opens=topic_flow(following))


# Tokens


def _place_tokens(each: FlowDraft, linked: Linked, draft: Draft) -> None:
    flow = each.flow.id
    if linked.beginnings.setdefault(flow_token(flow), flow) != flow:
        _collide(each.place, flow, linked.beginnings[flow_token(flow)], draft)
    for screen in each.flow.screens.values():
        here = (flow, screen.id)
        token = screen_token(*here)
        if linked.screens.setdefault(token, here) != here:
            _collide(each.screens[screen.id], screen.id, linked.screens[token][1], draft)
        for index, step in enumerate(screen.steps):
            if isinstance(step, Choose | Ask | Call | ListTopics | Checklist):
                spot = Spot(flow, screen.id, index)
                if linked.spots.setdefault(step.node, spot) != spot:
                    _collide(each.steps[screen.id, index], "this step", "another step of this screen", draft)


def _collide(place: Place, new: str, old: str, draft: Draft) -> None:
    # Twenty-four bits for a flow and a screen, twelve for a step: it happens once in thousands of screens.
    draft.notebook.error(place, f"{new} and {old} get the same token by chance; give one of them another id")


def _rename(each: FlowDraft, linked: Linked, draft: Draft) -> None:
    """Lead the tokens of former names to those of today."""
    flow = each.flow.id
    former_flows = [flow, *_former_flows(each, linked, draft)]
    for screen in each.flow.screens.values():
        former_screens = [screen.id, *_former_screens(each, screen.id, draft)]
        nodes = [step.node for step in screen.steps if isinstance(step, Choose | Ask | Call | ListTopics | Checklist)]
        for old_flow in former_flows:
            linked.beginnings.setdefault(flow_token(old_flow), flow)
            for old_screen in former_screens:
                token = screen_token(old_flow, old_screen)
                linked.screens.setdefault(token, (flow, screen.id))
                for node in nodes:
                    old = NodeToken(token + node[SCREEN_PART:])
                    if old not in linked.spots:
                        linked.renamed[old] = node


def _former_flows(each: FlowDraft, linked: Linked, draft: Draft) -> Iterator[FlowId]:
    is_topic = each.flow.id.startswith("topic.")
    for name in each.was:
        former = topic_flow(name.words) if is_topic else FlowId(name.words)
        if former in linked.flows:
            draft.notebook.error(name.place, f"'{name.words}' still exists; a former name must be free")
        else:
            yield former


def _former_screens(each: FlowDraft, screen: ScreenId, draft: Draft) -> Iterator[ScreenId]:
    for name in each.screens_were.get(screen, ()):
        if name.words in each.screens:
            draft.notebook.error(name.place, f"'{name.words}' still exists; a former name must be free")
        else:
            yield ScreenId(name.words)
