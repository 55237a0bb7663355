"""Steps of a screen: one function for each kind, called like the key that authors write."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.compiler.draft import Asked, Draft, Kept, Kind, Mention, Role
from bot.compiler.leaves import (
    at,
    decimal_at,
    duration_at,
    entries_at,
    entries_of,
    is_yes,
    many_at,
    maps_of,
    text_at,
    texts_at,
    whole_at,
    words_at,
)
from bot.compiler.reading import MapNode, Node, TextNode
from bot.compiler.shaping_conditions import RESERVED, shape_condition
from bot.desk.ticket import Urgency
from bot.dialogue.arithmetic import Formula, FormulaError, read_formula
from bot.dialogue.conditions import ALWAYS, Condition
from bot.dialogue.conversation import NodeToken
from bot.dialogue.nodes import node_token
from bot.dialogue.own_ticket import ACT_VALUES, SECRET_OK
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import TopicId
from bot.dialogue.steps import (
    About,
    Act,
    ActOnTicket,
    AnswerKind,
    Ask,
    Call,
    CallHelpline,
    Checklist,
    Choose,
    End,
    FlowId,
    ForgetMe,
    Go,
    ListHotlines,
    ListPlaces,
    ListTopics,
    Option,
    Patience,
    Remind,
    Reminder,
    Say,
    ScreenId,
    Set,
    Show,
    Step,
    Target,
    ToBack,
    ToFlow,
    ToHome,
    ToScreen,
    Way,
)
from bot.facts import HotlineId, Wanted

MOST_HOTLINES: Final = 3
_YES_OR_NO: Final = ("yes", "no")


@dataclass(slots=True)
class Pen:
    """Writes the steps of one screen, and counts them by kind for the ids of their texts."""

    draft: Draft
    flow: FlowId
    screen: ScreenId
    sensitive: bool
    counted: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)

    def key(self, kind: str, node: Node) -> str:
        """The step's part of text ids and tokens: `say`, `say-2`, or the id that the author gave."""
        self.counted[kind] += 1
        number = self.counted[kind]
        given = text_at(node, "id")
        key = given.words if given else (kind if number == 1 else f"{kind}-{number}")
        if key in self.keys:
            place = given.place if given else node.place
            self.draft.notebook.error(place, f"the id '{key}' stands already in this screen")
        self.keys.add(key)
        return key

    def token(self, key: str) -> NodeToken:
        """The token of a step."""
        return node_token(self.flow, self.screen, key)

    def write(self, key: str, node: Node | None, role: Role, *, everywhere: bool = False) -> TextId:
        """Take a text of this screen into the content."""
        whole = f"{self.flow}.{self.screen}.{key}"
        return self.draft.write(whole, node, role, within=self.flow, vital=self.sensitive, everywhere=everywhere)

    def when(self, node: Node) -> Condition:
        """The step's condition."""
        return shape_condition(at(node, "if"), self.draft, self.flow)

    def keep(self, name: TextNode | None, *values: str, declined: frozenset[str] = frozenset()) -> str | None:
        """Note that a value is kept under a name, and give the name."""
        if name is None:
            return None
        self.draft.kept.append(Kept(name.words, values, name.place, self.flow, declined))
        return name.words


def shape_step(node: Node, pen: Pen) -> Step | None:
    """One step; nothing where it is of no known kind, which has been written down."""
    if isinstance(node, TextNode):
        return End() if node.words == "end" else None
    for key, _ in entries_of(node):
        shape = _SHAPES.get(key.words)
        if shape is not None and isinstance(node, MapNode):
            return shape(node, pen)
    return None


def shape_say(node: MapNode, pen: Pen) -> Step:
    """`say:` words."""
    key = pen.key("say", node)
    text = pen.write(key, at(node, "say"), Role.SAY, everywhere=is_yes(node, "untranslated"))
    return Say(text, pen.when(node))


def shape_show(node: MapNode, pen: Pen) -> Step:
    """`show:` the name of a picture."""
    return Show(pen.draft.mention(Kind.MEDIA, text_at(node, "show")), pen.when(node))


def shape_choose(node: MapNode, pen: Pen) -> Step:
    """`choose:` a map of value to label or option."""
    key = pen.key("choose", node)
    everywhere = is_yes(node, "untranslated")
    options = tuple(
        _shape_option(value, option, f"{key}.{value.words}", pen, everywhere=everywhere)
        for value, option in entries_at(node, "choose")
    )
    # "I would rather not say" and its like take back what was told; they need not be values of the profile.
    declined = frozenset(option.value for option in options if option.label.startswith("phrase."))
    save = pen.keep(text_at(node, "save"), *(option.value for option in options), declined=declined)
    return Choose(
        node=pen.token(key),
        options=options,
        save=save,
        columns=whole_at(node, "columns", 1),
        tries=_shape_tries(node, pen),
        after=_shape_after(node, pen),
        when=pen.when(node),
        talks=is_yes(node, "talk"),
    )


def _shape_option(value: TextNode, node: Node, key: str, pen: Pen, *, everywhere: bool) -> Option:
    draft = pen.draft
    if value.words in RESERVED:
        draft.notebook.error(value.place, f"no value may be called '{value.words}': conditions use that word")
    if isinstance(node, TextNode):
        return Option(value.words, pen.write(key, node, Role.LABEL, everywhere=everywhere))
    topic = text_at(node, "topic")
    icon = words_at(node, "icon")
    label = at(node, "label")
    opens = None
    if topic is not None:
        draft.mention(Kind.TOPIC, topic)
        opens = topic_flow(topic.words)
        known = draft.topics.get(TopicId(topic.words))
        icon = icon or (known.icon if known else "")
    if label is not None:
        text = _shape_label(label, key, pen, everywhere=everywhere)
    elif topic is not None:
        text = TextId(f"topic.{topic.words}.title")
    else:
        draft.notebook.error(node.place, "'label:' is missing here")
        text = TextId("")
    target = text_at(node, "go")
    return Option(
        value=value.words,
        label=text,
        icon=icon,
        to=shape_target(target, pen) if target else None,
        opens=opens,
        adds=tuple(_shape_adds(node, pen)),
        sets=tuple(_shape_sets(node, pen)),
        when=pen.when(node),
    )


def _shape_label(label: Node, key: str, pen: Pen, *, everywhere: bool = False) -> TextId:
    phrase = text_at(label, "phrase")
    if phrase is not None:
        return TextId(f"phrase.{pen.draft.mention(Kind.PHRASE, phrase)}")
    return pen.write(key, label, Role.LABEL, everywhere=everywhere)


def _shape_adds(node: Node, pen: Pen) -> list[tuple[str, Decimal]]:
    adds: list[tuple[str, Decimal]] = []
    for name, _ in entries_at(node, "add"):
        pen.keep(name)
        adds.append((name.words, decimal_at(at(node, "add") or name, name.words) or Decimal(0)))
    return adds


def _shape_sets(node: Node, pen: Pen) -> list[tuple[str, str]]:
    sets: list[tuple[str, str]] = []
    for name, value in entries_at(node, "set"):
        if isinstance(value, TextNode):
            pen.keep(name, value.words)
            sets.append((name.words, value.words))
    return sets


def shape_ask(node: MapNode, pen: Pen) -> Step:
    """`ask:` a question with a typed answer."""
    key = pen.key("ask", node)
    asked = at(node, "ask") or node
    word = words_at(asked, "as")
    kind = AnswerKind(word) if word in tuple(AnswerKind) else AnswerKind.TEXT
    hint = at(asked, "hint")
    return Ask(
        node=pen.token(key),
        text=pen.write(key, at(asked, "text"), Role.SAY),
        kind=kind,
        save=pen.keep(text_at(node, "save"), *(_YES_OR_NO if kind is AnswerKind.YESNO else ())),
        hint=pen.write(f"{key}.hint", hint, Role.SAY) if hint is not None else None,
        low=decimal_at(asked, "min"),
        high=decimal_at(asked, "max"),
        tries=_shape_tries(node, pen),
        after=_shape_after(node, pen),
        when=pen.when(node),
    )


def _shape_tries(node: MapNode, pen: Pen) -> Patience | None:
    tries = at(node, "tries")
    target = text_at(tries, "go") if tries is not None else None
    if tries is None or target is None:
        return None
    return Patience(whole_at(tries, "after", 3), shape_target(target, pen))


def _shape_after(node: MapNode, pen: Pen) -> Reminder | None:
    after = at(node, "after")
    target = text_at(after, "go") if after is not None else None
    if after is None or target is None:
        return None
    return Reminder(duration_at(after, "wait"), shape_target(target, pen))


def shape_set(node: MapNode, pen: Pen) -> Step:
    """`set:` formulas by name."""
    formulas: list[tuple[str, Formula]] = []
    for name, source in entries_at(node, "set"):
        if not isinstance(source, TextNode):
            continue
        try:
            formula = read_formula(source.words)
        except FormulaError as error:
            pen.draft.notebook.error(source.place, str(error))
            continue
        counted_with = [Mention(Kind.FACT, fact, source.place) for fact in sorted(formula.facts)]
        pen.draft.mentions.extend(counted_with)
        pen.draft.counted_with.extend(counted_with)
        pen.draft.asked.extend(
            Asked(each, (), source.place, pen.flow, is_number=True) for each in sorted(formula.names)
        )
        pen.keep(name)
        formulas.append((name.words, formula))
    return Set(tuple(formulas), pen.when(node))


def shape_call(node: MapNode, pen: Pen) -> Step:
    """`call:` another flow."""
    key = pen.key("call", node)
    flow = FlowId(pen.draft.mention(Kind.FLOW, text_at(node, "call")))
    return Call(pen.token(key), flow, pen.keep(text_at(node, "save")), pen.when(node))


def shape_go(node: MapNode, pen: Pen) -> Step:
    """`go:` one target, or the first of several whose `if` holds."""
    target = text_at(node, "go")
    outer = pen.when(node)
    if target is not None:
        return Go((Way(shape_target(target, pen), outer),))
    ways = tuple(
        Way(shape_target(to, pen), pen.when(item))
        for item in maps_of(at(node, "go"))
        if (to := text_at(item, "to")) is not None
    )
    if outer != ALWAYS:
        pen.draft.notebook.error(node.place, "write each 'if' inside the list of 'go'")
    return Go(ways)


def shape_target(target: TextNode, pen: Pen) -> Target:
    """A screen of this flow, `flow:…`, `topic:…`, `home` or `back`."""
    kind, colon, name = target.words.partition(":")
    if colon:
        inner = TextNode(target.place, name)
        if kind == "topic":
            return ToFlow(topic_flow(pen.draft.mention(Kind.TOPIC, inner)))
        return ToFlow(FlowId(pen.draft.mention(Kind.FLOW, inner)))
    match target.words:
        case "home":
            return ToHome()
        case "back":
            return ToBack()
        case _:
            return ToScreen(ScreenId(pen.draft.mention(Kind.SCREEN, target, pen.flow)))


def topic_flow(topic: str) -> FlowId:
    """The flow that a topic becomes."""
    return FlowId(f"topic.{topic}")


def shape_end(node: MapNode, pen: Pen) -> Step:
    """`end:` with a value for the flow that called this one."""
    return End(words_at(node, "end"), pen.when(node))


def shape_do(node: MapNode, pen: Pen) -> Step | None:
    """`do:` one of the actions."""
    shape = _ACTIONS.get(words_at(node, "do"))
    return shape(node, at(node, "with") or MapNode(node.place, {}), pen) if shape else None


def shape_hotlines(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: hotlines`, by topic, kinds or ids."""
    topic = text_at(details, "topic")
    ids = tuple(HotlineId(pen.draft.mention(Kind.HOTLINE, each)) for each in texts_at(details, "ids"))
    wanted = Wanted(kinds=many_at(details, "kinds"), ids=ids)
    if topic is not None:
        pen.draft.mention(Kind.TOPIC, topic)
        known = pen.draft.topics.get(TopicId(topic.words))
        if known is not None and known.hotlines is None:
            pen.draft.notebook.error(topic.place, f"the topic '{topic.words}' lists no hotlines")
        wanted = known.hotlines if known is not None and known.hotlines is not None else wanted
    elif not wanted.kinds and not wanted.ids:
        pen.draft.notebook.error(node.place, "hotlines need 'topic:', 'kinds:' or 'ids:'")
    return ListHotlines(
        wanted=Wanted(
            kinds=wanted.kinds,
            ids=wanted.ids,
            open_first=is_yes(details, "open_first", default=True),
            at_most=whole_at(details, "at_most", MOST_HOTLINES),
        ),
        where=many_at(details, "where"),
        inline=is_yes(details, "inline"),
        when=pen.when(node),
    )


def shape_topics(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: topics` of a stage."""
    return ListTopics(pen.token(pen.key("do", node)), words_at(details, "stage"), pen.when(node))


def shape_nearest(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: nearest` places of a kind."""
    kind = pen.draft.mention(Kind.PLACES, text_at(details, "kind"))
    return ListPlaces(kind, whole_at(details, "at_most", 3), pen.when(node))


def shape_checklist(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: checklist` of items that are kept in the profile."""
    key = pen.key("do", node)
    items = tuple(
        (item.words, _shape_label(label, f"{key}.{item.words}", pen)) for item, label in entries_at(details, "items")
    )
    name = text_at(details, "save")
    pen.draft.mention(Kind.FIELD, name)
    save = pen.keep(name, *(item for item, _ in items)) or ""
    return Checklist(pen.token(key), save, items, pen.when(node))


def shape_handoff(node: MapNode, details: Node, pen: Pen) -> Step:  # noqa: ARG001 - all actions are called alike
    """`do: handoff`: call the flow that leads to a person."""
    flow = pen.draft.bot.special.get("person", FlowId("person")) if pen.draft.bot else FlowId("person")
    return Call(pen.token(pen.key("do", node)), flow, when=pen.when(node))


def shape_remind(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: remind`: come back with a flow."""
    flow = FlowId(pen.draft.mention(Kind.FLOW, text_at(details, "flow")))
    return Remind(duration_at(details, "in"), flow, pen.when(node))


def shape_forget(node: MapNode, details: Node, pen: Pen) -> Step:  # noqa: ARG001 - all actions are called alike
    """`do: forget`: erase what is kept about this person."""
    return ForgetMe(pen.when(node))


def shape_about(node: MapNode, details: Node, pen: Pen) -> Step:  # noqa: ARG001 - all actions are called alike
    """`do: about`: how much is reviewed."""
    return About(pen.when(node))


def shape_call_helpline(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: call-helpline`: open a ticket."""
    topic, urgency = text_at(details, "topic"), words_at(details, "urgency", Urgency.NORMAL)
    if topic is not None:
        pen.draft.mention(Kind.TOPIC, topic)
    wanted = Urgency(urgency) if urgency in tuple(Urgency) else Urgency.NORMAL
    return CallHelpline(topic.words if topic else None, wanted, pen.when(node))


def shape_ticket(node: MapNode, details: Node, pen: Pen) -> Step:
    """`do: ticket`: something the person does with their ticket."""
    word = words_at(details, "act")
    act = Act(word) if word in tuple(Act) else Act.LOOK
    for name in ACT_VALUES.get(act, ()):
        pen.draft.asked.append(Asked(name, (), node.place, pen.flow))
    if act is Act.CHECK_SECRET:
        pen.draft.kept.append(Kept(SECRET_OK, _YES_OR_NO, node.place, pen.flow))
    return ActOnTicket(act, pen.when(node))


_SHAPES: Final[Mapping[str, Callable[[MapNode, Pen], Step | None]]] = {
    "say": shape_say,
    "show": shape_show,
    "choose": shape_choose,
    "ask": shape_ask,
    "set": shape_set,
    "call": shape_call,
    "go": shape_go,
    "do": shape_do,
    "end": shape_end,
}
_ACTIONS: Final[Mapping[str, Callable[[MapNode, Node, Pen], Step]]] = {
    "hotlines": shape_hotlines,
    "topics": shape_topics,
    "nearest": shape_nearest,
    "checklist": shape_checklist,
    "handoff": shape_handoff,
    "remind": shape_remind,
    "forget": shape_forget,
    "about": shape_about,
    "call-helpline": shape_call_helpline,
    "ticket": shape_ticket,
}
