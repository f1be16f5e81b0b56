from dataclasses import replace

from etascope.core.recipe import Recipe
from etascope.report.html import answer as html_answer
from etascope.report.html.parts import text
from etascope.report.words.answer import facts
from etascope.report.words.job import again_in_python
from tests.learn import made
from tests.report.filled import filled
from tests.report.html.test_parts import Tags, cells


def test_the_answer_stands_large_with_basin_confidence_and_code(run):
    said = Tags(html_answer.top(filled(run), again_in_python)).said
    assert "0.018" in said
    assert "basin 0.01 .. 0.056 · likely within 1 point of the best" in said
    assert "torch.optim.SGD(model.parameters(), lr=0.018, momentum=0.9)" in said
    assert "peak" not in said


def test_a_schedule_is_given_its_peak(run):
    shaped = replace(run, task=replace(run.task, recipe=Recipe(schedule="cosine")))
    assert "it is the schedule's peak" in Tags(html_answer.top(shaped, again_in_python)).said


def test_no_answer_says_what_to_do(undecided):
    said = Tags(html_answer.top(undecided, again_in_python)).said
    assert "cannot tell yet" in said
    assert "with the same options and epochs=10 in the recipe" in said
    assert "torch" not in said


def test_the_receipt_holds_every_fact_and_reason(run):
    for one in (run, filled(run)):
        html = html_answer.receipt(one)
        for name, sentence in facts(one):
            assert (text(sentence) in html) == (name != "next")
        assert len(cells(html, "li")) == len(one.choice.reasons)


def test_every_trial_has_its_row(run):
    html = html_answer.verdicts(run)
    assert len(cells(html, "tr")) == 1 + len(run.trials) == 46
    assert html.count("<td>diverged</td>") == 10
    assert "0.470" in html


def test_particulars_name_recipe_data_and_versions(run):
    said = Tags(html_answer.particulars(run)).said
    for part in ("128 hidden units", "seed 0", "9cda0c11", "1,000 of 28 x 28 x 1", "nothing was resized", "numpy"):
        assert part in said


def test_many_classes_are_cut_off():
    run = made.run()
    many = replace(run, data=replace(run.data, class_names=tuple(f"class-{i}" for i in range(500))))
    said = Tags(html_answer.particulars(many)).said
    assert "500: class-0" in said
    assert "class-39 and more" in said
    assert "class-40" not in said
