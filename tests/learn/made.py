"""Small records that agree with themselves, as a training would leave them."""

import math

import numpy as np

from etascope.core.choice import Basin, Choice, Cost, Landscape, Verdict
from etascope.core.history import History, Status
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary, Run
from etascope.core.sentences import say, sentences
from etascope.core.trace import Epoch, Evaluation, Layer, Prediction, Stage, Trace
from etascope.learn.insight import trace_insight
from etascope.learn.observations import look, observe

NAN = math.nan
HEALTHY = (1.896, 0.848, 0.508, 0.369, 0.284)
STEPS = 50
DIGITS = tuple("0123456789")

#: Validation loss and accuracy over learning rate, as measured on the bundled digits (one of five folds each way).
MEASURED = {
    0.001: (1.80, 0.619),
    0.003: (0.88, 0.785),
    0.01: (0.451, 0.874),
    0.018: (0.420, 0.874),
    0.032: (0.470, 0.870),
    0.056: (0.482, 0.865),
    0.1: (0.798, 0.824),
    0.3: (1.83, 0.415),
    3.0: (math.inf, NAN),
}


def image(seed=0, channels=1):
    """A blob of ink on a dark ground, `(28, 28, channels)`."""
    rows, columns = np.mgrid[0:28, 0:28]
    ring = np.exp(-((np.hypot(rows - 13.5, columns - 13.5 + seed % 3) - 8) ** 2) / 6)
    return np.repeat((255 * ring).astype(np.uint8)[:, :, None], channels, axis=2)


def batches(losses, steps=STEPS):
    """Batch losses whose epoch means are near `losses`, starting at a blind guess."""
    curve = []
    before = math.log(10)
    for loss in losses:
        curve.append(np.linspace(before, 2 * loss - before if 2 * loss > before else loss / 2, steps))
        before = curve[-1][-1]
    return np.concatenate(curve).astype(np.float32)


def epochs(losses, accuracies=None, valid=None, step_loss=None):
    accuracies = np.linspace(0.45, 0.93, len(losses)) if accuracies is None else np.array(accuracies)
    accuracies = np.where(np.isfinite(losses), accuracies, NAN)
    step_loss = batches(losses) if step_loss is None else step_loss
    said = observe(look(
        np.array(losses), None if valid is None else np.array(valid), accuracies, float(np.log(10)), step_loss,
        len(step_loss) // len(losses),
    ))  # fmt: skip
    lines = []
    for i, loss in enumerate(losses):
        held_out = (None, None) if valid is None else (valid[i], float(accuracies[i]) - 0.05)
        lines.append(Epoch(i + 1, loss, float(accuracies[i]), *held_out, said[i]))
    return tuple(lines)


def stages(n=1000, features=784):
    return (
        Stage("input images", (n, 28, 28, 1), "1,000 images of 28 x 28 gray pixels were opened",
              (n, 28, 28, 1), "image 1 shows a 7; its pixel in row 10, column 12 is 150"),
        Stage("preprocessing", (n, 28, 28, 1), "pixels were divided by 255, to 0..1",
              (n, 28, 28, 1), "the pixel of 150 becomes 0.59"),
        Stage("feature extraction", (n, 28, 28, 1), "rows of pixels were laid end to end",
              (n, features), "the pixel becomes feature 292 of 784"),
        Stage("model training", (800, features), "a 784-128-10 network was trained for 5 epochs of 50 steps",
              (features, 128), "weight before 0.0311 - 0.01 x gradient -0.0172 = weight after 0.0313"),
        Stage("evaluation", (200, features), "the final model looked at the test images, once",
              (200, 10), "168 of 200 right: accuracy 0.840, loss 0.563"),
    )  # fmt: skip


def prediction(label=7, predicted=7, hidden=(128,), n_classes=10):
    rng = np.random.default_rng(label)
    x = (image(label).reshape(1, -1) / 255).astype(np.float32)
    layers = [Layer("input", "input", (), x)]
    width = x.shape[1]
    for i, units in enumerate(hidden):
        out = np.maximum(rng.normal(size=(1, units)), 0).astype(np.float32)
        layers.append(Layer(f"dense {i + 1} + ReLU", "relu", (width, units), out))
        width = units
    logits = rng.normal(size=n_classes)
    logits[predicted] += 5
    layers.append(Layer("output", "logits", (width, n_classes), logits[None].astype(np.float32)))
    probabilities = np.exp(logits - logits.max())
    return Prediction(3, image(label), label, predicted, probabilities / probabilities.sum(), tuple(layers))


def trace(losses=HEALTHY, learning_rate=0.01, valid=None, recipe=None, step_loss=None, accuracies=None, label=7):
    step_loss = batches(losses) if step_loss is None else step_loss
    lines = epochs(losses, accuracies, valid, step_loss)
    finished = math.isfinite(losses[-1])
    evaluation = Evaluation(0.84, 0.563) if finished else None
    recipe = recipe or Recipe(epochs=len(losses))
    return Trace(
        learning_rate=learning_rate,
        recipe=recipe,
        class_names=DIGITS,
        source="digits",
        sample=image(label),
        sample_label=label,
        stages=stages(),
        step_loss=step_loss,
        epochs=lines,
        evaluation=evaluation,
        prediction=prediction(label) if finished else None,
        validation="" if valid is None else "fold 0 of 5, held out",
        insight=trace_insight(learning_rate, lines, evaluation, float(np.log(10)), 200),
    )


def landscape(table=None, folds=5):
    """Each fold a little above or below the mean given, by an amount shared by all rates."""
    table = MEASURED if table is None else table
    shift = np.linspace(-0.05, 0.05, folds) if folds > 1 else np.zeros(1)
    rates = sorted(table)
    return Landscape(
        np.array(rates, float),
        tuple((0, f) for f in range(folds)),
        np.array([table[r][0] for r in rates], float)[:, None] + shift,
        np.array([table[r][1] for r in rates], float)[:, None] - shift / 10,
    )


def choice(table=None, learning_rate=0.018, basin=(0.01, 0.056), verdicts=()):
    made = landscape(table)
    row = None if learning_rate is None else int(np.abs(made.learning_rates - learning_rate).argmin())
    return Choice(
        learning_rate=learning_rate,
        basin=None if learning_rate is None else Basin(*basin),
        valid_loss=NAN if row is None else float(made.mean_loss[row]),
        valid_accuracy=NAN if row is None else float(made.mean_accuracy[row]),
        reasons=sentences(
            "0.018 has the lowest mean validation loss, 0.42 nats over 5 folds.",
            "Both walls were seen: 0.001 is too slow to learn, 3 diverged.",
        ),
        not_tried=say("Other optimizers, batch sizes and schedules were not tried; a changed recipe moves the basin."),
        landscape=made,
        verdicts=tuple(Verdict(*verdict.split(": ", 1)) for verdict in verdicts),
        cost=Cost(45, 5, 36.0, 0.913),
    )


def history(table=None, epochs_=5, steps=40):
    """Every rate of the table on five folds; infinite ones diverged in epoch 2."""
    table = MEASURED if table is None else table
    recipe = Recipe(epochs=epochs_)
    plan = sweep(recipe, steps * epochs_, sorted(table), folds=range(5))
    n = len(plan)
    ends = np.array([table[float(r)][0] for r in plan.learning_rates])
    lost = ~np.isfinite(ends)
    fall = np.linspace(0, 1, epochs_)
    loss = math.log(10) + (np.where(lost, 9.0, ends) - math.log(10))[:, None] * fall
    accuracy = np.clip(0.1 + 0.8 * (1 - loss / math.log(10)), 0, 1)
    for array in (loss, accuracy):
        array[lost, 1:] = NAN
    return History(
        plan=plan,
        step_loss=np.repeat(loss, steps, axis=1).astype(np.float32),
        evaluated_at=np.arange(1, epochs_ + 1) * steps,
        train_loss=loss,
        train_accuracy=accuracy,
        valid_loss=loss + 0.05,
        valid_accuracy=accuracy,
        status=tuple(Status.DIVERGED if bad else Status.FINISHED for bad in lost),
        diverged_at=np.where(lost, steps, -1),
        examples=np.full(n, 640 * epochs_),
        seconds=0.9,
    )


def run(table=None, learning_rate=0.018, basin=(0.01, 0.056), seed=0, final=HEALTHY):
    made = history(table)
    recipe = Recipe(seed=seed)
    verdicts = ["diverged" if s is Status.DIVERGED else "learned" for s in made.status]
    return Run(
        data=DataSummary("digits", "9cda0c11", 1000, (28, 28, 1), 800, 200, DIGITS, ("nothing was resized",)),
        task=Task(recipe, 10, 800, 5, 40),
        histories=(made,),
        choice=choice(table, learning_rate, basin, verdicts),
        trace=None if learning_rate is None else trace(final, learning_rate, recipe=recipe),
        seconds=1.2,
    )
