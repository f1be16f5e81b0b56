"""A script that trains with etascope itself: the same bits as the run."""

from __future__ import annotations

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.opening import divided_anew, in_python, saving, wishes
from etascope.report.code.parts import header

_FIELDS = (
    "hidden", "optimizer", "schedule", "warmup", "batch_size", "epochs", "momentum", "weight_decay", "pixels", "seed",
)  # fmt: skip


def script(recipe: Recipe, data: DataSummary, learning_rate: float) -> str:
    """Return a script that trains the recipe at a peak rate with etascope and prints the test accuracy."""
    arrays = in_python(data)
    notes = ["It repeats the final training, bit for bit."]
    if arrays:
        names = "numpy.array(data.class_names)[data.labels]"
        notes.append(
            f"Save the images that etascope saw, and give images.npz as the first argument:\n{saving(data, names)}"
        )
    told = header("etascope", recipe, data, learning_rate, notes)
    values = {name: getattr(recipe, name) for name in _FIELDS}
    if recipe.optimizer not in ("momentum", "nesterov"):
        del values["momentum"]
    source, asked = f"sys.argv[1] if len(sys.argv) > 1 else {data.source!r}", ""
    source += f", {data.labels!r}" if data.labels else ""
    if arrays:
        source = "sys.argv[1]"
        asked = """if len(sys.argv) < 2:
    sys.exit("Give the images as the first argument; see the top of this script.")
"""
    opened, part = f"etascope.open_images({source}{'' if arrays else wishes(data)})", ""
    if data.whole:
        opened, part = f"take_part({opened})", "\nfrom etascope.images.part import take_part"
    fields = "\n".join(f"    {name}={value!r}," for name, value in values.items()).replace("'", '"')
    return f"""{told}
import sys

import etascope{part}

{asked}images = {opened}
if images.fingerprint != {data.fingerprint!r}:
    print("note: these are not the images of the run; their fingerprint is another.", file=sys.stderr)
own = {not divided_anew(data)} and images.test_rows is not None and len(images.test_rows) == {data.test}
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
