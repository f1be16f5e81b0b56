import io

import pytest

from etascope.report.terminal.page import Page, needs_ascii, open_console, to_ascii


def page(width=40, ascii=False):
    stream = io.StringIO()
    return Page(open_console(stream, width=width, ascii=ascii), ascii), stream


@pytest.mark.parametrize(
    ("encoding", "needed"), [("utf-8", False), ("ascii", True), ("latin-1", True), (None, True), ("no-such", True)]
)
def test_charts_need_unicode(encoding, needed):
    assert needs_ascii(encoding) is needed


@pytest.mark.parametrize(
    ("text", "plain"), [("2 \u00d7 3 → 6", "2 x 3 -> 6"), ("Käse", "Kase"), ("猫", "?"), ("“a” — b…", '"a" - b...')]
)
def test_everything_has_an_ascii_spelling(text, plain):
    assert to_ascii(text) == plain


def test_paragraphs_wrap_between_words_and_hang_below_their_text():
    written, stream = page()
    written.wrapped("one two three four five six seven eight nine ten", first="1  ", rest="|  ")
    assert stream.getvalue() == "1  one two three four five six seven\n|  eight nine ten\n"


def test_stand_ins_become_signs_in_unicode_only():
    for ascii, expected in ((False, "a → b ± c\n"), (True, "a -> b +- c\n")):
        written, stream = page(ascii=ascii)
        written.wrapped("a -> b +- c")
        assert stream.getvalue() == expected


def test_control_characters_and_markup_do_not_reach_the_terminal():
    written, stream = page()
    written.line("\x1b[31mred[/red] [bold]\r\x9b")
    assert stream.getvalue() == "\\x1b[31mred[/red] [bold]\\r\\x9b\n"


def test_tables_align_numbers_and_wrap_the_last_column():
    written, stream = page(30)
    written.table(["no", "train\nloss", "seen"], [["1", "2.30", "a long sentence that wraps"], ["10", "-", "short"]])
    assert stream.getvalue().splitlines() == [
        "    train",
        "no   loss  seen",
        "─" * 30,
        " 1   2.30  a long sentence",
        "           that wraps",
        "10      -  short",
    ]


def test_wide_characters_take_two_columns():
    written, _ = page()
    assert written.right("猫", 4) == "  猫"
    assert written.right("猫猫猫", 4) == "猫猫"
    assert written.right("ab", 4) == "  ab"


def test_fields_stand_in_two_columns():
    written, stream = page(24)
    written.fields([("cost", "a little time"), ("next", "one two three four")])
    assert stream.getvalue() == "cost  a little time\nnext  one two three four\n"


def test_a_file_gets_a_hundred_columns_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert open_console(io.StringIO()).width == 100
    monkeypatch.setenv("COLUMNS", "72")
    assert open_console(io.StringIO()).width == 72
    monkeypatch.setenv("COLUMNS", "300")
    assert open_console(io.StringIO()).width == 120


def test_a_line_drawn_in_spans_is_written_as_it_is():
    written, stream = page(12, ascii=True)
    written.spans((("├", "bold"), (" a line longer than the page [b]", "red")))
    assert stream.getvalue() == "? a line longer than the page [b]\n"
