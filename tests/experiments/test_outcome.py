import etascope
from etascope.experiments.outcome import Outcome, outcome_document
from etascope.report.words.job import data_understood
from tests.experiments.referee.test_record import DATA
from tests.learn.made import run


def test_an_outcome_knows_its_images_and_the_software():
    outcome = Outcome(DATA, etascope.Recipe())
    assert (outcome.source, outcome.fingerprint) == (DATA.source, DATA.fingerprint)
    assert set(outcome.versions) == {"etascope", "python", "numpy", "machine"}


def test_its_document_has_what_is_its_own_and_what_all_have():
    outcome = Outcome(run().data, etascope.Recipe(epochs=3), versions={"numpy": "2"})
    document = outcome_document("etascope/thing/1", outcome, answer=42)
    assert list(document) == ["schema", "answer", "recipe", "dataset", "versions"]
    assert (document["answer"], document["recipe"]["epochs"], document["versions"]) == (42, 3, {"numpy": "2"})
    assert document["dataset"]["understood"] == data_understood(run().data)
