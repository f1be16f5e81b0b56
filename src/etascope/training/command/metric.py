"""A metric found in the lines that a script prints: `LineMetric`, by a pattern or by a key of JSON."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from etascope.core.checks import check_values
from etascope.core.errors import InputError, first_line
from etascope.core.sentences import Setting, say

#: A line is cut off in front at this many characters: binary garbage may have no end of a line.
LONGEST = 1 << 16
#: So many characters are looked at for those that come again.
_SAMPLE = 4_096
#: Stands where one was, so that what is left on both sides is none; no decoded text has it.
_TAKEN = "\udfff"
#: Colours and movements of the cursor.
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def text_lines(content: bytes) -> list[str]:
    r"""Return lines without colours and without the space behind them; blank ones are left out.

    A carriage return ends a line too: progress bars go back to its beginning.

    Examples
    --------
    >>> text_lines(b"10 %\r20 %\r\n\n\x1b[1mval\x1b[0m 0.5  \n")
    ['10 %', '20 %', 'val 0.5']
    """
    text = content.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r", "\n")
    if "\x1b" in text:
        # Mostly a few colours come again and again, and each is taken out at once.
        for control in dict.fromkeys(_CONTROLS.findall(text[:_SAMPLE])):
            text = text.replace(control, _TAKEN)
        text = _CONTROLS.sub("", text).replace(_TAKEN, "")
    return [line if len(line) <= LONGEST else line[-LONGEST:] for line in map(str.rstrip, text.split("\n")) if line]


#: Words for what is no finite number; patterns for numbers seldom match them.
_NOT_FINITE = re.compile(r"(?<![\w.])[+-]?(nan|inf(?:inity)?)(?![\w.])", re.IGNORECASE)
#: What every line with such a word matches, and few others do.
_MAYBE = re.compile(r"[nN][aA][nN](?!\w)|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?(?!\w)")
#: Numbers of many shapes stand for them, until one is where the pattern expects a number.
_STAND_INS = ("9e999", "9.0000", "9.00", "9.0", "9", "9.000", "9.00000", "9.000000")
#: Numbers as they are printed; a minus behind a word or a number is a hyphen.
_PRINTED = re.compile(r"(?:(?<![\w.])[+-])?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
#: Two letters, digits or underscores: a match that begins with the second is within a word.
_IN_WORD = re.compile(r"\w\w")
#: Numbers with a comma in them, in the way of half of the world, or between thousands; no lists.
_WITH_COMMA = re.compile(
    r"(?<![\w.,\[(])[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+,\d+)(?:[eE][+-]?\d+)?(?![\w\])]|[.,]\d)"
)
#: Words of a pattern that may stand for a number.
_NUMBERS = {"nan", "inf", "infinity", "e"}
#: A pattern that fits most logs.
EXAMPLE = "val_loss[=: ]+([0-9.eE+-]+)"
#: Characters of a pattern that are told.
_SHOWN = 80
#: As a share of the number: what is cut off by less is only rounded.
_CUT = 0.01


@dataclass(frozen=True)
class LineMetric:
    """Where in a line a metric stands.

    Attributes
    ----------
    pattern
        A regular expression. Its first group is the number, or all of it without a group; the last match of a line
        counts. `nan` and `inf` are found where a number would be. A full stop after the number does no harm.
    key
        A key of lines that are JSON objects, with dots into inner ones.

    Raises
    ------
    InputError
        Unless one of both is given, and can be used.

    Examples
    --------
    >>> LineMetric(pattern="val_loss[=: ]+([0-9.eE+-]+)").read("epoch 3  loss: 0.2  val_loss: 0.31")
    0.31
    >>> LineMetric(key="valid.loss").read('{"epoch": 3, "valid": {"loss": 0.31}}')
    0.31
    """

    pattern: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        """Check the pattern."""
        check_values(self)
        if (self.pattern is None) == (self.key is None):
            raise InputError(
                "a script's metric needs a pattern or a key of JSON lines, and not both.",
                say("Try {metric}, or {metric_key}.", Setting("metric", EXAMPLE), Setting("metric_key", "val_loss")),
            )
        if self.key is not None and not all(self.key.split(".")):
            named = "{metric_key} must be a name, with dots into inner objects; found {key}."
            raise InputError(say(named, Setting("metric_key"), key=repr(self.key)))
        groups, pattern = self._compiled.groups, self.pattern or ""
        first = re.search(r"(?<!\\)\((?:\?P<\w+>|(?!\?))(\w?[A-Za-z_ ]*)\)", pattern)
        wordy = "|" not in pattern and not {word.lower().rstrip("-") for word in _words(pattern)} <= _NUMBERS
        empty = groups == 1 and first is not None and not re.search(r"\d", first.group(1)) and first.group(1) != "nan"
        if (groups == 0 and wordy) or empty:
            raise self.refused(
                "must have the number in parentheses, and nothing else; found {pattern}, which can find no number. Try "
                "'{example}'."
            )

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        try:
            with warnings.catch_warnings():
                # What a later Python may read in another way is no concern of this search.
                warnings.simplefilter("ignore")
                return re.compile(self.pattern or "")
        except (re.error, ValueError, OverflowError, RecursionError, MemoryError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else first_line(error)
            none = "must be a regular expression; {pattern} is none: {why}. Try '{simple}'."
            raise self.refused(none, why=why) from error

    def refused(self, template: str, **values: str | float) -> InputError:
        """Return what to say of the pattern; a template may name `pattern`, an `example` like it, a `simple` one."""
        shared = {"pattern": shown(self.pattern or ""), "example": self._example, "simple": EXAMPLE}
        return InputError(say("{metric} " + template, Setting("metric"), **shared, **values))

    @property
    def name(self) -> str:
        """What the metric is called: the key, or the first word of the pattern; without one, metric."""
        if self.key is not None:
            return self.key
        words = _words(self.pattern or "")
        return words[0] if words else "metric"

    @property
    def _example(self) -> str:
        words = _words(self.pattern or "")
        return (f"{words[0]}[=: ]+" if words else "") + "([0-9.eE+-]+)"

    def read(self, line: str) -> float | None:
        """Return the metric of a line, NaN or infinite where it is not finite; None where there is none.

        Raises `InputError` if the pattern cuts a number off, as one without `e` does with 1e-05.
        """
        return self._from_json(line) if self.key is not None else self._from_text(line)

    def read_all(self, lines: Sequence[str]) -> list[float]:
        """Return what `read` finds in lines, in order, without a look at those that cannot hold any.

        Raises `InputError` as `read`.
        """
        if self.key is not None:
            inner = json.dumps(self.key.rpartition(".")[2], ensure_ascii=False)
            # A key may be written with escapes, and stand whole where it has dots.
            end = inner[1:]
            likely = [line for line in lines if end in line or "\\" in line]
        else:
            # Logs are full of the word info.
            text = "\n".join(lines).lower().replace("info", "")
            words = "nan" in text or "inf" in text
            likely = [line for line in lines if self._compiled.search(line) or (words and _MAYBE.search(line))]
        return [value for line in likely if (value := self.read(line)) is not None]

    def _from_text(self, line: str) -> float | None:
        last = self._last(line)
        if _NOT_FINITE.search(line) is None:
            return None if last is None else self._whole(line, *last)
        if last is not None and not math.isfinite(last[0]):
            return last[0]
        for stand_in in _STAND_INS:
            text, places = _replaced(line, stand_in)
            other = self._last(text)
            if other is not None and any(start < other[2] and other[1] < end for start, end in places):
                return math.nan
        return None if last is None else self._whole(line, *last)

    def _last(self, text: str) -> tuple[float, int, int, int] | None:
        """Return the number of the last match that has one, where it stands, and where the match ends.

        One that begins in the middle of a word, as `val_loss` of `best_val_loss`, counts where there is no other.
        """
        group = 1 if self._compiled.groups else 0
        matches = list(self._compiled.finditer(text))
        matches.sort(key=lambda match: not _IN_WORD.match(text[max(0, match.start() - 1) : match.start() + 1]))
        for match in reversed(matches):
            number = _number(match.group(group))
            if number is not None:
                return number, match.start(group), match.end(group), match.end()
        return None

    def _whole(self, line: str, number: float, start: int, end: int, stop: int) -> float:
        def cut_off(printed: re.Match[str], advice: str) -> InputError:
            return self.refused(
                "must match whole numbers; {pattern} finds {piece} of {whole} in the line {line:.80}. " + advice,
                piece=repr(line[start:end]), whole=repr(printed.group()), line=line.strip(),
            )  # fmt: skip

        for printed in _WITH_COMMA.finditer(line):
            # A pattern that goes on with the comma itself means it to be the end.
            meant = stop > end and line[end : end + 1] == ","
            if printed.start() < end and start < printed.end() and "," not in line[start:end] and not meant:
                raise cut_off(printed, "Let the script print numbers without commas, like 0.31.")
        for printed in _PRINTED.finditer(line):
            if printed.start() < end and start < printed.end():
                whole = float(printed.group())
                if abs(whole - number) > _CUT * abs(whole):
                    raise cut_off(printed, "Try '{example}'.")
        return number

    def _from_json(self, line: str) -> float | None:
        start = line.find("{")
        if start < 0:
            return None
        try:
            value: object = json.loads(line[start:])
        except (ValueError, RecursionError):
            return None
        key = self.key or ""
        for name in [key] if isinstance(value, dict) and key in value else key.split("."):
            inner = cast("dict[str, object]", value) if isinstance(value, dict) else {}
            if name not in inner:
                return None
            value = inner[name]
        return _number(cast("object", value))


def _words(pattern: str) -> list[str]:
    """Return the words that a pattern has outside of classes, escapes and what only looks."""
    return re.findall(r"(?<!\\)[A-Za-z_][\w-]*", re.sub(r"\[[^\]]*\]|\\.|\(\?[^)]*\)?", " ", pattern))


def shown(pattern: str) -> str:
    """Return a pattern for a sentence: in quotes, on one line, and not longer than one."""
    return repr(pattern) if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]!r}... ({len(pattern):,} characters)"


def _replaced(line: str, stand_in: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a line with a number in place of each word for what is not finite, and where they stand."""
    text, places, at = "", list[tuple[int, int]](), 0
    for word in _NOT_FINITE.finditer(line):
        text += line[at : word.start()]
        places.append((len(text), len(text) + len(stand_in)))
        text, at = text + stand_in, word.end()
    return text + line[at:], places


def _number(value: object) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value.rstrip(".,;") if isinstance(value, str) else value)
    except OverflowError:
        return math.inf
    except ValueError:
        return None
