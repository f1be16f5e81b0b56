"""A script that trains with etascope itself: the same bits as the run."""

from __future__ import annotations

from pathlib import Path

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.loading import KNOWN, kind_of, note
from etascope.report.code.parts import header

_FIELDS = (
    "hidden", "optimizer", "schedule", "warmup", "batch_size", "epochs", "momentum", "weight_decay", "pixels", "seed",
)  # fmt: skip


def script(recipe: Recipe, data: DataSummary, learning_rate: float) -> str:
    """Return a script that trains the recipe at a peak rate with etascope and prints the test accuracy."""
    # What has a path or a name etascope opens by itself.
    arrays = kind_of(data) == "arrays" and not (Path(data.source).is_absolute() or Path(data.source).exists())
    notes = ["It repeats the final training, bit for bit.", *([note(data)] if arrays else [])]
    told = header("etascope", recipe, data, learning_rate, notes)
    values = {name: getattr(recipe, name) for name in _FIELDS}
    if recipe.optimizer not in ("momentum", "nesterov"):
        del values["momentum"]
    height, width, channels = data.image_shape
    wishes = ""
    if data.source not in ("digits", *KNOWN):
        wishes = f", image_size=({height}, {width}), grayscale={channels == 1}"
    if data.left_out:
        wishes += ", skip_bad=True"
    if data.test_source:
        wishes += f", test={data.test_source!r}"
    source, asked = f"sys.argv[1] if len(sys.argv) > 1 else {data.source!r}", ""
    if arrays:
        source = "sys.argv[1]"
        asked = """if len(sys.argv) < 2:
    sys.exit("Give the images as the first argument; see the top of this script.")
"""
    opened, part = f"etascope.open_images({source}{wishes})", ""
    if data.whole:
        opened, part = f"take_part({opened})", "\nfrom etascope.images.part import take_part"
    fields = "\n".join(f"    {name}={value!r}," for name, value in values.items()).replace("'", '"')
    return f"""{told}
import sys

import etascope{part}

{asked}images = {opened}
if images.fingerprint != {data.fingerprint!r}:
    print("note: these are not the images of the run; their fingerprint is another.", file=sys.stderr)
own = images.test_rows is not None and len(images.test_rows) == {data.test}
recipe = etascope.Recipe(
{fields}
)
test = None if own else {data.test / data.images!r}
told = etascope.trace(images, learning_rate={learning_rate!r}, recipe=recipe, test=test)
for epoch in told.epochs:
    print(f"epoch {{epoch.epoch}}: training loss {{epoch.train_loss:.4f}}")
if told.evaluation is None:
    sys.exit("The training diverged.")
print(f"test accuracy {{told.evaluation.accuracy:.4f}}")
"""
