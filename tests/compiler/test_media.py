"""Pictures and recordings: what people may be shown, and what is told about the rest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from bot.compiler import Notebook, check_content, compile_content
from bot.compiler.reading_media import MOST_PICTURE_BYTES, MOST_RECORDING_BYTES
from bot.compiler.translations import hash_of
from bot.media import Media, MediaKind
from tests.compiler.content_builder import HOME, TODAY, write_content

PNG: Final = b"\x89PNG\r\n\x1a\n and a picture"
JPEG: Final = b"\xff\xd8\xff and a picture"
OPUS: Final = b"OggS" + bytes(24) + b"OpusHead and a voice"
VORBIS: Final = b"OggS" + bytes(24) + b"\x01vorbis and a voice"
MP3: Final = b"ID3 and a voice"
CONTENT: Final = Path(__file__).parents[2] / "content"

SAID: Final = "What do you want to know?"
TRANSLATED: Final = """\
language: km
status: draft
texts:
  home.menu.say: {text: "សំណួរ"}
"""


def listed(text: str = "home.menu.say", file: str = "menu.ogg", made_from: str | None = None) -> str:
    stamp = "" if made_from is None else f", from: {made_from}"
    return f"recordings:\n  {text}: {{file: {file}{stamp}}}\n"


def with_media(folder: Path, media: Mapping[str, bytes | str], files: Mapping[str, str] | None = None) -> Path:
    content = write_content(folder, files)
    for name, inside in media.items():
        path = content / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(inside if isinstance(inside, bytes) else inside.encode())
    return content


def told(folder: Path, media: Mapping[str, bytes | str], files: Mapping[str, str] | None = None) -> list[str]:
    notebook = Notebook()
    check_content(with_media(folder, media, files), TODAY, notebook)
    return [
        str(problem)
        for problem in notebook.problems()
        if " lacks " not in str(problem) and "/texts/" not in str(problem)
    ]


def media_of(folder: Path, media: Mapping[str, bytes | str], files: Mapping[str, str] | None = None) -> Media:
    return compile_content(with_media(folder, media, files), TODAY, unfinished=True).script.media


def test_a_picture_is_for_all_languages_unless_one_has_its_own(tmp_path: Path) -> None:
    media = media_of(tmp_path, {"door.png": PNG, "km/door.jpg": JPEG})

    shown = {code: media.picture("door", code) for code in ("km", "lo", None)}

    assert {code: file and (file.kind, file.read()) for code, file in shown.items()} == {
        "km": (MediaKind.JPEG, JPEG),
        "lo": (MediaKind.PNG, PNG),
        None: (MediaKind.PNG, PNG),
    }
    assert media.picture("window", "km") is None
    assert {file.path.name for file in media.files()} == {"door.png", "door.jpg"}


def test_a_file_that_was_changed_after_the_check_is_not_read(tmp_path: Path) -> None:
    file = media_of(tmp_path, {"door.png": PNG}).picture("door", "km")
    assert file is not None

    file.path.write_bytes(b"<svg>another</svg>")
    changed = file.read()
    file.path.unlink()

    assert (changed, file.read()) == (None, None)


def test_the_name_that_browsers_see_says_nothing_and_changes_with_the_picture(tmp_path: Path) -> None:
    first = media_of(tmp_path / "a", {"door.png": PNG}).picture("door", None)
    second = media_of(tmp_path / "b", {"door.png": PNG + b"!"}).picture("door", None)
    assert first is not None
    assert second is not None

    assert "door" not in first.public_name
    assert first.public_name != second.public_name


def test_a_screen_names_a_picture_that_is_there(tmp_path: Path) -> None:
    shows = HOME.replace("    - say:", "    - show: dor\n    - say:")

    assert told(tmp_path / "a", {"dor.png": PNG}, {"flows/home.yaml": shows}) == []
    assert told(tmp_path / "b", {"door.png": PNG}, {"flows/home.yaml": shows}) == [
        "content/flows/home.yaml:5:13: no picture is called 'dor'; did you mean 'door'?"
    ]


REFUSED: Final[dict[str, tuple[str, bytes, str]]] = {
    "an SVG": ("door.svg", b"<svg/>", "'.svg' cannot be shown: it would run in people's browsers; make a PNG of it"),
    "a film": ("door.mp4", b"mp4", "'.mp4' cannot be shown: make it PNG, JPG, OGG or MP3"),
    "an SVG that calls itself PNG": (
        "door.png",
        b"<svg/>",
        "this is no PNG: save it again, or end its name rightly",
    ),
    "a JPEG that calls itself PNG": (
        "door.png",
        JPEG,
        "this is no PNG but JPG: save it again, or end its name rightly",
    ),
    "an OGG that Telegram does not play": (
        "km/door.ogg",
        VORBIS,
        "this is no OGG with Opus inside: save it again, or end its name rightly",
    ),
    "a name with capital letters": (
        "Door.png",
        PNG,
        "'Door' is no name here: small letters, digits and '-' only",
    ),
    "a picture that is too large": (
        "door.png",
        PNG + bytes(MOST_PICTURE_BYTES),
        "it may hold 200 KB; people pay for each of them",
    ),
    "a recording that is too long": (
        "km/door.mp3",
        MP3 + bytes(MOST_RECORDING_BYTES),
        "it may hold 1024 KB; people pay for each of them",
    ),
    "a recording of no language": (
        "door.mp3",
        MP3,
        "people hear a language: put it into the folder of that language",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_shown_is_an_error(case: str, tmp_path: Path) -> None:
    name, inside, words = REFUSED[case]

    assert told(tmp_path, {name: inside}) == [f"content/media/{name}:1:1: {words}"]


def test_two_pictures_of_one_name_are_an_error(tmp_path: Path) -> None:
    [problem] = told(tmp_path, {"door.jpg": JPEG, "door.png": PNG})

    assert problem.endswith("there is another picture 'door' beside it; take one of them out")


def test_drawings_and_hidden_files_are_passed_over_and_strange_folders_are_told(tmp_path: Path) -> None:
    media = {"svg/door.svg": b"<svg/>", ".DS_Store": b"x", "xx/door.png": PNG}

    assert told(tmp_path, media) == [
        "content/media/xx/door.png:1:1: warning: nothing reads this file; is it in the right folder?"
    ]


def test_a_picture_of_some_languages_only_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, {"km/door.png": PNG}) == [
        "content/media/km/door.png:1:1: warning: people who read lo, en see no picture 'door'"
    ]


def test_a_recording_of_todays_words_is_offered(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "en/menu.ogg": OPUS,
        "en/recordings.yaml": listed(made_from=hash_of(SAID)),
        "km/menu.mp3": MP3,
        "km/recordings.yaml": listed(file="menu.mp3", made_from=hash_of("សំណួរ")),
    }

    media = media_of(tmp_path, files, {"texts/km/flows/home.yaml": TRANSLATED})

    found = {code: media.recording("home.menu.say", code) for code in ("en", "km", "lo", None)}
    assert {code: file and file.kind for code, file in found.items()} == {
        "en": MediaKind.OGG,
        "km": MediaKind.MP3,
        "lo": None,
        None: None,
    }


NOT_OFFERED: Final[dict[str, tuple[str, str]]] = {
    "of words that have changed": (
        listed(made_from="00000000"),
        f"2:3: warning: the words have changed since; listen, record again if need be, then write 'from: {hash_of(SAID)}'",
    ),
    "that nobody has compared": (
        listed(),
        f"2:3: warning: nobody has said that these are the words; listen, record again if need be, then write 'from: {hash_of(SAID)}'",
    ),
    "of a text that is gone": (
        listed(text="home.gone.say"),
        "2:3: warning: there is no text 'home.gone.say' in en",
    ),
    "of a text whose figures may change": (
        listed(text="topic.minimum-wage.answer.default", made_from=hash_of("The lowest wage is {fact:th-wage}.")),
        "2:3: warning: 'topic.minimum-wage.answer.default' has slots, and a recording cannot change with what fills them; it is not offered",
    ),
}


@pytest.mark.parametrize("case", NOT_OFFERED)
def test_a_recording_is_not_offered(case: str, tmp_path: Path) -> None:
    words, problem = NOT_OFFERED[case]
    files: dict[str, bytes | str] = {"en/menu.ogg": OPUS, "en/recordings.yaml": words}

    assert told(tmp_path / "a", files) == [f"content/media/en/recordings.yaml:{problem}"]
    assert media_of(tmp_path / "b", files).recordings == {}


def test_a_recording_that_is_nowhere_is_an_error_and_one_that_nobody_hears_is_told(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"en/menus.ogg": OPUS, "en/recordings.yaml": listed(made_from=hash_of(SAID))}

    assert told(tmp_path, files) == [
        "content/media/en/menus.ogg:1:1: warning: nobody hears it: say in 'recordings.yaml' beside it which text it reads out",
        "content/media/en/recordings.yaml:2:25: no recording is called 'menu.ogg'; did you mean 'menus.ogg'?",
    ]


def test_the_pictures_that_ship_are_small_and_each_has_its_drawing() -> None:
    drawings = {path.stem for path in (CONTENT / "media" / "svg").glob("*.svg")}
    pictures = {path.stem: path for path in (CONTENT / "media").glob("*.png")}

    assert set(pictures) == drawings
    assert [name for name, path in pictures.items() if path.stat().st_size > 12 * 1024] == []
    assert [path.name for path in (CONTENT / "media" / "svg").glob("*.svg") if "<text" in path.read_text()] == []
