import re

from hypothesis import example, given
from hypothesis import strategies as st

from etascope.training.command.lines import LONGEST, text_lines

PIECES = st.sampled_from([
    b"\n", b"\r", b"\r\n", b" ", b"\t", b"a", b"val_loss 0.5", b"\x1b[0m", b"\x1b[1;32m", b"\x1b[", b"\x1b", b"\xff",
    b"\x00", "é".encode(), b"\xc3", b"\x0b", b"\xe2\x80\xa8", b"\x1c", b"5000m",
])  # fmt: skip


def plainly(content):
    """The same, a line at a time."""
    lines = (line.decode("utf-8", "replace") for line in re.split(rb"\r\n|\n|\r", content))
    return [text for line in lines if (text := re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", line).rstrip())]


@example(b"\x1b[\x1b[0ma")
@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_all_lines_at_once_are_those_taken_one_by_one(content):
    assert text_lines(content) == plainly(content)


def test_of_a_line_without_an_end_the_end_is_kept():
    (line,) = text_lines(b"x" * 3_000_000 + b"end")
    assert len(line) == LONGEST
    assert line.endswith("end")


def test_many_colours_are_taken_out():
    content = b"".join(b"\x1b[38;5;%dmstep\x1b[0m\n" % colour for colour in range(9_999))
    assert text_lines(content) == ["step"] * 9_999
