"""Content files → one checked Script."""

from bot.compiler.compile import Compiled, check_content, compile_content
from bot.compiler.folder import Folder, folder_of, lent_by
from bot.compiler.keeping import CompileScript, KeptScripts
from bot.compiler.problems import ContentError, Notebook, Place, Problem, Severity, errors
from bot.compiler.teaching import KeywordsOnly, Lessons, Teach, teach_in

__all__ = [
    "CompileScript",
    "Compiled",
    "ContentError",
    "Folder",
    "KeptScripts",
    "KeywordsOnly",
    "Lessons",
    "Notebook",
    "Place",
    "Problem",
    "Severity",
    "Teach",
    "check_content",
    "compile_content",
    "errors",
    "folder_of",
    "lent_by",
    "teach_in",
]
