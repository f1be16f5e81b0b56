from dataclasses import replace

import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.sharpness.document import sharpness_document
from tests.experiments.made import walled
from tests.experiments.range_test.test_document import checked
from tests.learn import made


@pytest.mark.parametrize(
    "wall",
    [
        walled(),
        walled(measured=None, learning_rate=None, limits=(1.0,)),
        walled((None, None), formula="", recipe=Recipe(optimizer="adam")),
    ],
    ids=["momentum", "start alone", "adam"],
)
def test_sharpness_walls_fit_their_schema(wall):
    told = checked(sharpness_document(wall), "sharpness")
    assert [p["limit"] for p in told["points"]] == [p.limit for p in wall.points]
    assert told["ratio"] == wall.ratio


def test_the_document_has_the_images_with_every_note():
    told = checked(sharpness_document(replace(walled(), data=made.run().data, diverged=True)), "sharpness")
    assert told["dataset"]["notes"] == ["nothing was resized"]
    assert told["diverged"]
