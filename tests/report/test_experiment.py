from dataclasses import replace

from etascope.report.experiment import Experiment
from tests.learn import made

EXPERIMENT = Experiment(
    "kind", "digits", "How it was set up", "the answer is", "42", (), (), (), (("cost", "little"),), (), {}, {}, print
)


def test_the_title_is_the_finding_in_one_line():
    assert EXPERIMENT.title == "digits: the answer is 42"


def test_what_is_known_of_the_images_stands_before_the_facts():
    assert EXPERIMENT.known == (("cost", "little"),)
    names = [name for name, _ in replace(EXPERIMENT, data=made.run().data).known]
    assert names[-1] == "cost"
    assert len(names) > 1
