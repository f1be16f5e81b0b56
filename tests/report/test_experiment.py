from dataclasses import replace

from etascope.report.experiment import Experiment
from tests.experiments.made import nothing_known
from tests.learn import made

FACTS, DOCUMENT = (("cost", "little"),), {"versions": {"numpy": "2"}}
EXPERIMENT = Experiment(
    "kind", "How so", "the answer is", "42", (), (), (), FACTS, (), DOCUMENT, print, nothing_known("digits")
)


def test_the_title_is_the_finding_in_one_line():
    assert EXPERIMENT.title == "digits: the answer is 42"


def test_what_is_known_of_the_images_stands_before_the_facts():
    assert EXPERIMENT.known == (*FACTS, ("fingerprint", "9cda"))
    names = [name for name, _ in replace(EXPERIMENT, data=made.run().data).known]
    assert names[-2:] == ["cost", "fingerprint"]
    assert len(names) > 2


def test_the_versions_are_those_of_the_document():
    assert EXPERIMENT.versions == {"numpy": "2"}
