"""Files of the content by the names of their bytes: taken in and given out as they are, and nothing else."""

from pathlib import Path

import pytest

from bot.studio.tree import Tree, TreeError, blob_id, is_content_name, read_tree

ONE, OTHER = blob_id(b"one"), blob_id(b"other")


def test_a_tree_is_named_by_its_files_alone() -> None:
    assert Tree({"bot.yaml": ONE, "flows/a.yaml": OTHER}).hash == Tree({"flows/a.yaml": OTHER, "bot.yaml": ONE}).hash
    assert Tree({"bot.yaml": ONE}).hash != Tree({"bot.yaml": OTHER}).hash
    assert Tree({"bot.yaml": ONE}).hash != Tree({"flows/bot.yaml": ONE}).hash
    assert Tree({"bot.yaml": ONE}).put("flows/a.yaml", OTHER).without("flows/a.yaml") == Tree({"bot.yaml": ONE})


def test_a_change_between_trees_names_each_file() -> None:
    before, after = Tree({"bot.yaml": ONE, "safety.yaml": ONE}), Tree({"bot.yaml": OTHER, "cards.yaml": ONE})

    assert before.changed_in(after) == {"bot.yaml": OTHER, "cards.yaml": ONE, "safety.yaml": None}


@pytest.mark.parametrize(
    "name",
    [
        *("bot.yaml", "README.md", "flows/a-b.yaml", "texts/km/flows/a.yaml", "texts/lo/bot.yaml", "media/door.png"),
        *("media/km/door.jpg", "media/lo/home.menu.say.ogg", "media/lo/recordings.yaml", "schema/bot.schema.json"),
    ],
)
def test_what_authors_write_is_content(name: str) -> None:
    assert is_content_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "..", "/bot.yaml", "../bot.yaml", "flows/../bot.yaml", "flows/.hidden.yaml", ".env", "flows/a.yaml/"),
        *(
            "media/a.svg",
            "media/svg/a.svg",
            "media/a.html",
            "flows/a.py",
            "flows\\a.yaml",
            "flows/a\n.yaml",
            "bot.yaml\n",
        ),
        *(
            "FLOWS/a.yaml",
            "flows/a..yaml",
            "texts/km/a/b/c/d.yaml",
            "secrets/a.yaml",
            f"flows/{'a' * 120}.yaml",
            "bot.yaml\0",
        ),
    ],
)
def test_nothing_else_is(name: str) -> None:
    assert not is_content_name(name)


def test_a_folder_is_read_without_what_is_no_content_and_without_links_out_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    (folder / "flows").mkdir(parents=True)
    (folder / "bot.yaml").write_bytes(b"one")
    (folder / "notes.txt").write_bytes(b"mine")
    (tmp_path / "elsewhere.yaml").write_bytes(b"other")
    (folder / "flows" / "a.yaml").symlink_to(tmp_path / "elsewhere.yaml")

    gathered = read_tree(folder)

    assert gathered.tree == Tree({"bot.yaml": ONE})
    assert gathered.blobs == {ONE: b"one"}


def test_a_folder_without_content_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="no content"):
        read_tree(tmp_path)
    with pytest.raises(TreeError, match="no folder"):
        read_tree(tmp_path / "nowhere")
