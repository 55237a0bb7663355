"""Everything that can be opened is listed and found, in whatever language somebody searches."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.messages import Language
from bot.studio.catalogue import Catalogue, Cataloguer
from bot.studio.kinds import Kind
from bot.studio.tree import Tree, blob_id, read_tree
from tests.compiler.content_builder import TOPIC, write_content
from tests.conftest import CONTENT


@pytest.fixture(scope="module")
def tree() -> Tree:
    return read_tree(CONTENT).tree


@pytest.fixture(scope="module")
def catalogue(tree: Tree) -> Catalogue:
    return Cataloguer().catalogue(tree, CONTENT)


def test_each_entry_names_the_line_where_it_stands(catalogue: Catalogue) -> None:
    starts = {Kind.TOPIC: "- topic: ", Kind.FACT: "- fact: ", Kind.HOTLINE: "- hotline: ", Kind.CARD: "  - id: "}
    for kind, start in starts.items():
        entries = catalogue.of(kind)
        assert entries
        for entry in entries:
            lines = (CONTENT / entry.file).read_text("utf-8").split("\n")
            assert lines[entry.line - 1].startswith(f"{start}{entry.id}"), entry
            assert catalogue.entry(kind, entry.id) == entry


def test_a_topic_has_its_stage_and_its_earliest_review(catalogue: Catalogue) -> None:
    entry = catalogue.entry(Kind.TOPIC, "minimum-wage")

    assert entry is not None
    assert (entry.title, entry.stage, entry.file) == ("Minimum wage in Thailand", "work", "topics/work.yaml")
    assert entry.review_by == "2027-05-23"


def test_screens_of_a_dialogue_are_entries_of_their_own(catalogue: Catalogue) -> None:
    assert catalogue.entry(Kind.FLOW, "unpaid-wages") is not None
    assert catalogue.entry(Kind.SCREEN, "wage-by-province.rate") is not None
    assert catalogue.entry(Kind.SCREEN, "rate") is None


@pytest.mark.parametrize(
    ("asked", "language", "kind", "entry"),
    [
        ("ប្រាក់ឈ្នួលអប្បបរមា", "km", Kind.TOPIC, "minimum-wage"),
        ("ค่าแรงขั้นต่ำ", "th", Kind.TOPIC, "minimum-wage"),
        ("ເງິນເດືອນສຸດທ້າຍ", "lo", Kind.TOPIC, "final-payments"),
        ("အနည်းဆုံး လုပ်ခ", "my", Kind.TOPIC, "minimum-wage"),
        ("MINIMUM wage", "en", Kind.TOPIC, "minimum-wage"),
        ("1300", "en", Kind.HOTLINE, "th-1300"),
        ("th-wage-range", "en", Kind.FACT, "th-wage-range"),
        ("ចំណាំង", "km", Kind.DANGER, "set-free"),
    ],
)
def test_things_are_found_in_every_language(
    catalogue: Catalogue, asked: str, language: str, kind: Kind, entry: str
) -> None:
    found = {(one.entry.kind, one.entry.id, one.language) for one in catalogue.search(asked)}

    assert (kind, entry, Language(language)) in found


def test_what_was_found_stands_between_the_words_around_it(catalogue: Catalogue) -> None:
    (found, *_) = catalogue.search("ប្រាក់ឈ្នួលអប្បបរមា", [Kind.TOPIC])

    assert found.match.startswith("ប្រាក់ឈ្នួលអប្បបរមា")
    assert not any(each and "\u17b6" <= each[0] <= "\u17d3" for each in (found.before, found.match, found.after))
    assert all(one.entry.kind is Kind.FACT for one in catalogue.search("wage", [Kind.FACT]))
    assert len(catalogue.search("the", at_most=7)) == 7
    assert catalogue.search("  ") == ()
    assert catalogue.search("x" * 5_000) == ()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    texts = 'language: km\ntexts:\n  topic.minimum-wage.title: {from: 00000000, text: "ប្រាក់"}\n'
    yield write_content(tmp_path, {"texts/km/topics/work.yaml": texts})
    shutil.rmtree(tmp_path)


def test_an_entry_tells_in_which_languages_it_is_missing_or_out_of_date(small: Path) -> None:
    cataloguer = Cataloguer()
    topic = cataloguer.catalogue(read_tree(small).tree, small).entry(Kind.TOPIC, "minimum-wage")

    assert topic is not None
    assert (topic.missing, topic.stale) == (("km",), ("km",))


def test_a_changed_file_is_read_anew_and_one_that_cannot_be_read_has_no_entries(small: Path) -> None:
    cataloguer = Cataloguer()
    tree = read_tree(small).tree
    before = cataloguer.catalogue(tree, small)
    (small / "topics/work.yaml").write_text(TOPIC.replace("Minimum wage", "Lowest pay"), "utf-8")
    changed = tree.put("topics/work.yaml", blob_id((small / "topics/work.yaml").read_bytes()))

    after = cataloguer.catalogue(changed, small)

    assert [entry.title for entry in before.of(Kind.TOPIC)] == ["Minimum wage"]
    assert [entry.title for entry in after.of(Kind.TOPIC)] == ["Lowest pay"]
    (small / "topics/work.yaml").write_bytes(b"- topic: &a [" + b"[" * 5_000)
    broken = tree.put("topics/work.yaml", blob_id((small / "topics/work.yaml").read_bytes()))
    assert cataloguer.catalogue(broken, small).of(Kind.TOPIC) == ()
    assert cataloguer.catalogue(broken, small).of(Kind.FACT) == before.of(Kind.FACT)
