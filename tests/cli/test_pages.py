"""What is written where: widths, plain ASCII, and no control codes outside a terminal."""

import re

import pytest

from tests.cli.running import SMALL, Terminal, run

TRACE = ("trace", *SMALL)
PICK = ("pick", *SMALL, "--low", "1e-3", "--high", "10")
UNDECIDED = ("pick", *SMALL, "--low", "1e-9", "--high", "2e-9")
DIVERGED = ("trace", "--epochs", "2", "--lr", "1e30")
QUIZ = ("quiz", *SMALL)
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])(?:;\d+)*m")

every_page = pytest.mark.parametrize(
    "arguments", [TRACE, PICK, UNDECIDED, DIVERGED, QUIZ], ids=["trace", "pick", "undecided", "diverged", "quiz"]
)


@every_page
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_no_line_is_wider_than_the_terminal(arguments, columns, ascii):
    ended = run(*arguments, *(["--ascii"] if ascii else []), COLUMNS=columns)
    lines = ended.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert max(map(len, lines)) > columns - 20
    assert ended.out.isascii() == ascii
    assert all(line == line.rstrip() for line in lines)


def test_a_file_gets_lines_of_100_columns():
    assert max(map(len, run(*PICK).out.splitlines())) == 100


@every_page
def test_a_pipe_gets_no_control_codes(arguments):
    ended = run(*arguments, TERM="xterm-256color")
    assert not set(ended.out) & {chr(c) for c in (*range(32), 127) if chr(c) != "\n"}
    assert ended.err == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_encoding_without_the_characters_of_charts_gets_ascii(encoding):
    plain = run(*PICK, encoding=encoding)
    assert (plain.code, plain.err) == (0, "")
    assert plain.out.isascii()


def test_ascii_tells_the_same_numbers():
    def numbers(text):
        losses = text.partition("cost")[0].partition("validation loss in nats")[2]
        return re.findall(r"\d+\.\d+", losses)

    assert numbers(run(*PICK).out) == numbers(run(*PICK, "--ascii").out) != []


def test_colour_is_for_terminals_that_want_it():
    with Terminal(*TRACE) as terminal:
        code, output = terminal.end()
    assert code == 0
    assert COLOUR.search(output)
    with Terminal(*TRACE, NO_COLOR=1) as terminal:
        code, output = terminal.end()
    assert code == 0
    assert not COLOUR.search(output)
    assert "Key insight" in output


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_is_asked_for_its_width(columns):
    with Terminal(*TRACE, "--ascii", columns=columns, NO_COLOR=1) as terminal:
        _, output = terminal.end()
    lines = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", output).splitlines()
    assert max(map(len, lines)) == columns
    assert "".join(lines).isascii()
