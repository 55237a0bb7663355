"""What `waymark check` and `waymark content …` do with a folder of content: lines to print, and whether all is well."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time

from bot.compiler.assembling import Assembled
from bot.compiler.compile import check_content, script_of, without_collecting
from bot.compiler.dump import dump
from bot.compiler.folder import Folder
from bot.compiler.leaves import Json
from bot.compiler.problems import Notebook, Problem, Severity, errors
from bot.compiler.rehearsal import rehearse_all
from bot.compiler.schema import write_schemas
from bot.compiler.teaching import KeywordsOnly, Teach
from bot.compiler.translating import Progress, progress, skeletons, stamp_folder
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, how much was looked at, and how long it took."""

    problems: tuple[Problem, ...]
    counts: tuple[tuple[str, int], ...]
    seconds: float

    def is_well(self, *, strict: bool) -> bool:
        """Whether the content may be used; a strict look does not pass warnings either."""
        return not (self.problems if strict else errors(self.problems))

    def lines(self) -> Iterator[str]:
        """The report as it is printed: last what must be put right, since people look at the end first."""
        ordered = sorted(self.problems, key=lambda problem: problem.severity is Severity.ERROR)
        yield from (str(problem) for problem in ordered)
        found = len(errors(self.problems))
        counted = ", ".join(f"{count} {name}" for name, count in self.counts)
        yield f"{counted}: {found} errors, {len(self.problems) - found} warnings, {self.seconds:.2f} s"


def check(directory: Path | Folder, today: date, teach: Teach = KeywordsOnly) -> Report:
    """Check a folder of content, and walk through its conversations when nothing else is wrong."""
    started = process_time()
    notebook = Notebook()
    with without_collecting():
        counts = _check(directory, today, teach, notebook)
    return Report(notebook.problems(), counts, process_time() - started)


def _check(directory: Path | Folder, today: date, teach: Teach, notebook: Notebook) -> tuple[tuple[str, int], ...]:
    assembled = check_content(directory, today, notebook)
    if assembled is None:
        return ()
    counts = tuple(_counts(assembled))
    if errors(notebook.problems()):
        return counts
    return (*counts, ("conversations", rehearse_all(script_of(assembled, teach), directory, notebook)))


def _counts(assembled: Assembled) -> Iterator[tuple[str, int]]:
    draft = assembled.draft
    yield "flows", len(draft.flows)
    yield "screens", sum(len(each.screens) for each in draft.flows.values())
    yield "topics", len(draft.topics)
    yield "facts", len(draft.facts)
    yield "hotlines", len(draft.hotlines)
    yield "helplines", len(draft.helplines)
    yield "cards", len(draft.cards)
    yield "texts", len(draft.texts)
    yield "languages", 1 + len(assembled.translations.languages())


def dump_document(directory: Path, today: date) -> tuple[str, Report]:
    """The content as one JSON document; empty where it has errors."""
    started = process_time()
    notebook = Notebook()
    assembled = check_content(directory, today, notebook)
    document: dict[str, Json] = {}
    if assembled is not None and not errors(notebook.problems()):
        document = dump(script_of(assembled), today)
    report = Report(notebook.problems(), (), process_time() - started)
    return json.dumps(document, ensure_ascii=False, indent=1) if document else "", report


def stamp(directory: Path, language: Language, today: date) -> Iterator[str]:
    """Write missing hashes into the files of a language."""
    assembled = check_content(directory, today, Notebook())
    stamped = stamp_folder(directory, language, assembled) if assembled else {}
    yield from (f"{path}: {count} texts stamped" for path, count in stamped.items())
    yield f"{sum(stamped.values())} texts stamped"


def pull(directory: Path, language: Language, today: date) -> Iterator[str]:
    """What is missing or stale in a language, as files to fill in."""
    assembled = check_content(directory, today, Notebook())
    for path, skeleton in (skeletons(assembled, language) if assembled else {}).items():
        yield f"# {path}"
        yield skeleton


def tell_progress(directory: Path, today: date) -> Iterator[str]:
    """How far each language is."""
    assembled = check_content(directory, today, Notebook())
    for each in progress(assembled) if assembled else ():
        yield _progress_line(each)


def _progress_line(each: Progress) -> str:
    vital = f", {each.vital} of them needed in danger" if each.vital else ""
    return (
        f"{each.language}: {each.total} texts, {each.reviewed} reviewed, {each.draft} drafts,"
        f" {each.stale} stale, {each.missing} missing{vital}"
    )


def write_editor_schemas(directory: Path) -> Iterator[str]:
    """Write the schemas for editors into the content."""
    written = write_schemas(directory / "schema")
    yield from (f"{path.relative_to(directory)} written" for path in written)
    yield f"{len(written)} schemas were out of date"
