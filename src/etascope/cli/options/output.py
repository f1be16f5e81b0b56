"""Where a command's output goes: `Output`, the options that say so, and `require_place`, where a file may be."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from etascope.cli.messages import say
from etascope.core.errors import InputError, option
from etascope.images.paths import SUFFIXES
from etascope.report.terminal.page import needs_ascii, open_console
from etascope.store.address import find_address

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])

#: Endings of what is read in a folder of images.
READ = (*SUFFIXES, ".csv", ".tsv", ".npz", ".npy", ".gz")
#: Parameters of commands that are files or folders to read, and what people call them.
_READ = {"data": "the data", "labels": "the labels", "test": "the test images", "run": "the document"}


def adds(*parameters: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return a decorator that adds arguments and options to a command, in their order in its help."""

    def decorate(command: Command) -> Command:
        for add in reversed(parameters):
            command = add(command)
        return command

    return decorate


#: Whether to draw in ASCII, which every command with a page has.
ascii_option = adds(click.option("--ascii", is_flag=True, help="Draw with ASCII characters only."))
#: Where the output goes.
output_options = adds(
    click.option("--json", "json_path", metavar="PATH", help="Also write a JSON document; - writes nothing else."),
    ascii_option,
)
#: Files to write reports to.
report_option = adds(
    click.option("--report", "reports", multiple=True, metavar="PATH",
                 help="Also write a report: .html page, .md, .json, or its chart as .png, .svg, .pdf.")
)  # fmt: skip


@dataclass(frozen=True)
class Output:
    """Where the output goes.

    Attributes
    ----------
    json_path
        Where the JSON document goes; `-` is standard output, None is nowhere.
    ascii
        Whether only ASCII characters may be written.
    reports
        Files to write reports to; what kind, the suffix says.
    called
        What the command calls `json_path`.

    Raises `InputError` if no document can be written to `json_path`: nobody should wait for an answer that is lost
    then.
    """

    json_path: str | None
    ascii: bool
    reports: tuple[str, ...] = ()
    called: str = "--json"

    def __post_init__(self) -> None:
        """Look where documents and reports would go."""
        if self.json_path is not None and self.json_path != "-":
            require_place(self.called, self.json_path)
            if os.path.abspath(self.json_path) in map(os.path.abspath, self.reports):
                raise InputError(
                    f"{self.called} and --report need a file each; found {self.json_path!r} for both. Rename one."
                )
        if self.reports:
            from etascope.report.files.write import REPORTS

            for report in self.reports:
                option("the suffix of --report", Path(report).suffix.lower(), REPORTS)
                require_place("--report", report)

    @property
    def text(self) -> bool:
        """Whether the report in words goes to standard output."""
        return self.json_path != "-"

    @property
    def plain(self) -> bool:
        """Whether to write ASCII, because it was asked for or the encoding holds nothing else."""
        return self.ascii or needs_ascii(sys.stdout.encoding)

    def begin(self, understood: str) -> None:
        """Begin the report in words with what the images were understood as."""
        if self.text:
            say(f"{understood}\n")

    def console(self) -> Console:
        """Return a console on standard output."""
        return open_console(ascii=self.plain)

    @contextmanager
    def document(self, make: Callable[[], dict[str, Any]]) -> Generator[None]:
        """Write the document that `make` returns, if one is asked for; the block runs whether or not that works."""
        from etascope.report.files.document import write_json

        try:
            if self.json_path is not None:
                write_json(make(), sys.stdout if self.json_path == "-" else self.json_path)
        except InputError:
            yield
            raise
        yield

    @contextmanager
    def written(self, write: Callable[[str], None]) -> Generator[None]:
        """Have `write` fill each report that is asked for; the block runs whether or not that works."""
        try:
            for report in self.reports:
                write(report)
        except InputError:
            yield
            raise
        yield


def require_place(name: str, given: str) -> None:
    """Raise `InputError` unless a file can be written, and is none that the command reads or keeps runs in.

    `name` is what the command calls it, as `--json`.
    """
    _refuse_what_is_read(name, given)
    path = Path(given)
    folder, unreadable = path.absolute().parent, None
    try:
        os.stat(path)
    except OSError as error:
        unreadable = error
    if unreadable is not None and unreadable.errno not in (errno.ENOENT, errno.ENOTDIR):
        why = (unreadable.strerror or str(unreadable)).lower()
    elif not given:
        why = "that is no name"
    elif given.endswith(("/", os.sep)) and not path.is_dir():
        why = "that is the name of a directory"
    elif path.is_dir():
        why = "it is a directory"
    elif not folder.is_dir():
        why = f"there is no directory {folder}"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        why = "you may not write there"
    else:
        return
    raise InputError(f"{name} needs a file that can be written; found {given!r}, but {why}. Name another.")


def _refuse_what_is_read(name: str, given: str) -> None:
    place = Path(given)
    if not place.exists():
        return
    for what, path in _read():
        inside = path.is_dir() and place.resolve().is_relative_to(path.resolve()) and place.suffix.lower() in READ
        if inside or place.samefile(path):
            where = f"in {what}, {path}" if inside else what
            raise InputError(f"{name} would replace a file that is read: {given!r} is {where}. Name another file.")


def _read() -> Iterator[tuple[str, Path]]:
    """Yield what the command that runs reads or keeps runs in, as far as that is there."""
    context = click.get_current_context(silent=True)
    given = {} if context is None else context.params
    named = [
        (_READ[name], value) for name, value in given.items() if name in _READ and isinstance(value, str) and value
    ]
    if "store_url" in given:
        with suppress(InputError):
            address = find_address(given["store_url"])
            named += [("the store of runs", address.target)] if address.kind == "file" else []
    for what, value in named:
        with suppress(OSError, TypeError):
            if (path := Path(value)).exists():
                yield what, path
