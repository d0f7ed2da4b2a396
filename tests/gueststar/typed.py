"""Command lines that documents show, held to the commands that there are, without running any."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from gueststar.command import app

FENCED = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
WITHIN_A_LINE = re.compile(r"`(?:\.venv/bin/)?gueststar ([a-z][^`]*)`")
ENDS_A_COMMAND = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>"}
ROOT: Any = typer.main.get_command(app)
"""Of a library within typer or beside it, by its version; so nothing is asked for its class."""
REFUSED: Any = typer.BadParameter.__base__
"""Whatever is wrong with a command line."""


def lines_of(text: str) -> Iterator[list[str]]:
    """The words behind `gueststar` of each command line in a document's blocks."""
    for language, block in FENCED.findall(text):
        if language and not language.startswith("bash"):
            continue
        lines = iter(block.replace("\\\n", " ").splitlines())
        for line in lines:
            if "gueststar " in line:
                yield from _commands(_words(line, lines))


def named_in(text: str) -> list[list[str]]:
    """The same of what stands within sentences, where not all needs be said."""
    return [found.split() for found in WITHIN_A_LINE.findall(text.replace("\n", " "))]


def wrong_with(words: list[str], *, is_whole: bool) -> str:
    """What would be refused of a command line; empty where nothing is. is_whole: nothing is left
    out of it."""
    command, context = ROOT, ROOT.context_class(ROOT, info_name="gueststar")
    while hasattr(command, "commands"):
        if not words or words[0] in {"--help", "--version"}:
            return "" if words or not is_whole else "no command"
        if words[0] not in command.commands:
            return f"no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
        context = command.context_class(command, info_name=command.name, parent=context)
    return _refused(command, context, words) if is_whole else _unknown(command, context, words)


def _words(line: str, more: Iterator[str]) -> list[str]:
    """Of a line, and of those after it while a quotation is open."""
    found = shlex.shlex(line, posix=True, punctuation_chars=True)
    found.whitespace_split = True
    try:
        return [*found]
    except ValueError:
        return _words(f"{line}\n{next(more)}", more)


def _commands(words: list[str]) -> Iterator[list[str]]:
    """Each command of ours in the words of a line, which may have several."""
    one: list[str] | None = None
    for word in [*words, ";"]:
        if word in ENDS_A_COMMAND:
            if one is not None:
                yield one
            one = None
        elif one is not None:
            one.append(word)
        elif word == "gueststar" or word.endswith("/bin/gueststar"):
            one = []


def _refused(command: Any, context: Any, words: list[str]) -> str:  # noqa: ANN401
    try:
        given, left, _ = command.make_parser(context).parse_args([*words])
    except REFUSED as error:
        return str(error.format_message())
    lacking = [one.name for one in command.params if one.required and not given.get(one.name)]
    return " ".join([*(f"without {one}" for one in lacking), *(f"too much: {one}" for one in left)])


def _unknown(command: Any, context: Any, words: list[str]) -> str:  # noqa: ANN401
    options = {one for each in command.get_params(context) for one in each.opts}
    options |= {one for each in command.get_params(context) for one in each.secondary_opts}
    return " ".join(one for one in words if one.startswith("--") and one not in options)
