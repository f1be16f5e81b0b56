from dataclasses import dataclass

import pytest

from etascope.core.run import Run
from etascope.experiments.range_test.report import range_experiment
from etascope.report.html.notebook import VEGA_LITE, mimebundle, short_answer
from tests.experiments.made import ranged
from tests.report.filled import filled


@dataclass(frozen=True, eq=False)
class Shown:
    """What a notebook asks for its forms."""

    run: Run

    def _repr_mimebundle_(self, include=None, exclude=None):
        return mimebundle(self.run, include, exclude)


@pytest.fixture
def display():
    from IPython.core.formatters import DisplayFormatter

    return DisplayFormatter().format


def test_a_notebook_gets_every_form(run, display):
    forms, _ = display(Shown(filled(run)))
    assert set(forms) == {"text/plain", "text/html", VEGA_LITE}
    assert forms["text/plain"].startswith(
        "digits: learning rate 0.018; basin 0.01 .. 0.056; likely within 1 point of the best; test: 84.0 % of 200"
    )
    assert "<svg" in forms["text/html"]
    assert forms[VEGA_LITE]["vconcat"]


def test_what_is_not_wanted_is_left_out(run, display):
    forms, _ = display(Shown(run), include={"text/plain"})
    assert set(forms) == {"text/plain"}
    assert set(mimebundle(run, exclude={VEGA_LITE})) == {"text/plain", "text/html"}


def test_a_run_without_an_answer_says_so(undecided):
    assert short_answer(undecided) == "digits: learning rate cannot tell yet"
    assert "cannot tell yet" in mimebundle(undecided)["text/html"]


def test_the_type_is_the_one_altair_uses():
    from altair.vegalite.v6.display import VEGALITE_MIME_TYPE

    assert VEGA_LITE == VEGALITE_MIME_TYPE


def test_text_of_users_is_harmless(run):
    from dataclasses import replace

    evil = replace(run, data=replace(run.data, source="<script>alert(1)</script>"))
    assert "<script" not in mimebundle(evil)["text/html"]


def test_a_range_test_shows_itself(display):
    import etascope

    forms, _ = display(ranged((0.03, 0.3)))
    assert set(forms) == {"text/plain", "text/html", VEGA_LITE}, etascope.__all__
    assert forms["text/plain"].startswith("digits: the rules of a range test suggest 0.03 .. 0.3; the search beside it")
    assert "<svg" in forms["text/html"]
    assert "apart, from 0.03" in forms["text/html"]
    assert len(forms[VEGA_LITE]["vconcat"]) == 3


def test_what_is_not_wanted_of_an_experiment_is_left_out():
    assert set(mimebundle(range_experiment(ranged()), include={"text/plain"})) == {"text/plain"}


def test_the_card_of_a_run_says_what_its_images_were_understood_as_and_every_note(run):
    card = mimebundle(run)["text/html"]
    assert "<li>10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images</li>" in card
    assert "nothing was resized" in card
