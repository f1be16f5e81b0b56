import sys
from dataclasses import replace

import pytest

import etascope
from etascope.report.terminal.printed import printed
from tests.experiments.made import ranged
from tests.learn import made
from tests.report.reported import reported_run


@pytest.mark.parametrize(
    ("shown", "part"),
    [
        (made.run(), "learning rate   0.018      basin 0.01 .. 0.056"),
        (made.run(learning_rate=None), "learning rate   cannot tell yet"),
        (replace(ranged((0.03, 0.3)), data=made.run().data), "The suggestions lie a factor of 10 apart"),
        (replace(made.trace(), data=made.run().data), "epoch by epoch"),
    ],
    ids=["run", "cannot tell", "range test", "trace"],
)
def test_print_shows_the_page_with_images_and_notes(shown, part):
    text = str(shown)
    assert etascope.__all__
    assert text.startswith("10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images\nnote: nothing was resized\n\n")
    assert part in text
    assert "array(" not in text
    assert len(text) < 12_000
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_script_has_a_page_too():
    assert printed(reported_run()).startswith("learning rate ")


def test_it_is_ascii_where_the_output_holds_nothing_else(monkeypatch):
    class Plain:
        encoding = "ascii"

    assert not printed(made.run()).isascii()
    monkeypatch.setattr(sys, "stdout", Plain())
    assert printed(made.run()).isascii()
