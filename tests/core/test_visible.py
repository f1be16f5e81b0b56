import os
import subprocess
import sys
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.visible import in_shell, visible

#: What hides itself or other text, or moves a cursor: C0 but for the end of a line, DEL, C1, separators, what turns the
#: order of reading, halves of characters.
HIDDEN = [*range(10), *range(11, 32), 127, *range(128, 160), 0x2028, 0x2029, *range(0x202A, 0x202F),
          *range(0x2066, 0x206A), *range(0xD800, 0xE000)]  # fmt: skip


def test_all_that_hides_is_shown_as_python_writes_it():
    for code in HIDDEN:
        shown = visible(f"a{chr(code)}b")
        assert shown == f"a{ascii(chr(code))[1:-1]}b"
        assert shown.isascii()
    assert visible("\x1b]0;x\x07") == "\\x1b]0;x\\x07"
    assert visible("\u202e\u2067\u2028\udce9\x9b\x7f") == r"\u202e\u2067\u2028\udce9\x9b\x7f"


def test_nothing_else_is_touched():
    hidden = set(HIDDEN)
    kept = "".join(chr(code) for code in range(sys.maxunicode + 1) if code not in hidden)
    assert visible(kept) == kept
    # Letters that join, and marks of emoji, are no controls.
    assert visible("नमस्ते 👩\u200d🔬 a\nb") == "नमस्ते 👩\u200d🔬 a\nb"


@given(st.text(st.characters()))
def test_what_is_shown_can_be_shown_again(text):
    shown = visible(text)
    assert visible(shown) == shown
    assert not any(unicodedata.category(c) in ("Cs", "Zl", "Zp") for c in shown)
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in shown)
    shown.encode()


#: What a name of a file can hold: also bytes that are no text.
NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",))
    | st.sampled_from([*"\n\t\\'\" +->$`!", "\udcff"])
)


@settings(max_examples=20, deadline=None)
@given(st.lists(NAMES, min_size=30, max_size=60))
def test_a_shell_reads_the_same_word_from_what_is_shown(names):
    words = [visible(in_shell(name)) for name in names]
    assert words == [in_shell(name) for name in names]
    ended = subprocess.run(
        ["bash", "-c", os.fsencode(f"printf '%s\\0' {' '.join(words)}")], capture_output=True, check=True
    )
    assert [os.fsdecode(word) for word in ended.stdout.split(b"\0")[:-1]] == names
