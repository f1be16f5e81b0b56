"""A script that trains with etascope, and lines that open images as it opened them and save them: `saving`."""

from __future__ import annotations

from etascope.core.data import ARRAY, DIVIDED_ANEW, IN_PYTHON, KNOWN_SETS, SENT, DataSummary
from etascope.core.recipe import Recipe
from etascope.report.code.parts import header

_FIELDS = (
    "hidden", "optimizer", "schedule", "warmup", "batch_size", "epochs", "momentum", "weight_decay", "pixels", "seed",
    "drop_last",
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
    docstring = header("etascope", recipe, data, learning_rate, notes)
    values = {name: getattr(recipe, name) for name in _FIELDS}
    if recipe.optimizer not in ("momentum", "nesterov"):
        del values["momentum"]
    if not recipe.drop_last:
        del values["drop_last"]
    source, check = f"sys.argv[1] if len(sys.argv) > 1 else {data.source!r}", ""
    source += f", {data.labels!r}" if data.labels else ""
    if arrays:
        source = "sys.argv[1]"
        check = """if len(sys.argv) < 2:
    sys.exit("Give the images as the first argument; see the top of this script.")
"""
    opened, part = f"etascope.open_images({source}{'' if arrays else wishes(data)})", ""
    if data.whole:
        opened, part = f"take_subset({opened})", "\nfrom etascope.images.subset import take_subset"
    fields = "\n".join(f"    {name}={value!r}," for name, value in values.items()).replace("'", '"')
    return f"""{docstring}
import sys

import etascope{part}

{check}images = {opened}
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


def saving(data: DataSummary, labels: str = "data.labels") -> str:
    """Return the lines of Python that save images as etascope saw them with these labels, the test part apart."""
    apart = "# labels = None where the images came with theirs\n" if in_python(data) and data.source != ARRAY else ""
    names = f"import etascope, numpy\n{apart}data = etascope.open_images({source_of(data)}{wishes(data)})\n"
    if not data.own_test and not divided_anew(data):
        return names + f'numpy.savez("images.npz", images=data.images, labels={labels})'
    return (
        names + f"labels, test = {labels}, data.test_rows\n"
        "x, y = numpy.delete(data.images, test, 0), numpy.delete(labels, test)\n"
        'numpy.savez("images.npz", x_train=x, y_train=y, x_test=data.images[test], y_test=labels[test])'
    )


def source_of(data: DataSummary) -> str:
    """Return how Python names the images of a run; those that were in Python stay there."""
    if in_python(data):
        return "images, labels"
    return repr(data.source) + (f", {data.labels!r}" if data.labels else "")


def in_python(data: DataSummary) -> bool:
    """Whether the images were in Python, or sent to a page: there is no place to open them from again."""
    return data.source in (*IN_PYTHON, SENT)


def wishes(data: DataSummary) -> str:
    """Return the arguments of `open_images` that open the images as they were opened."""
    height, width, channels = data.image_shape
    arguments = (
        ""
        if data.source in KNOWN_SETS and data.image_shape == (28, 28, 1)
        else (f", image_size=({height}, {width}), grayscale={channels == 1}")
    )
    arguments += ", skip_bad=True" if data.left_out else ""
    return arguments + (f", test={data.test_source!r}" if data.test_source else "")


def divided_anew(data: DataSummary) -> bool:
    """Whether a share of all images was the test part, although the data has one of its own."""
    if data.divided_anew is None:
        return any(note.startswith(DIVIDED_ANEW) for note in data.notes)
    return data.divided_anew
