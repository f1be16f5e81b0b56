"""A script that trains with scikit-learn's `MLPClassifier`, where that can express the recipe."""

from __future__ import annotations

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.core.sentences import Setting, say
from etascope.report.code.parts import WHOLE, Training, constant

PYTORCH = say("Try {framework}.", Setting("framework", "pytorch"))
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam")


def training(recipe: Recipe, data: DataSummary) -> Training:
    """Return how scikit-learn trains the recipe.

    Raises
    ------
    InputError
        If `MLPClassifier` has no such optimizer or no such schedule: a rate that was found for another would mislead.
    """
    if recipe.optimizer not in OPTIMIZERS:
        raise InputError(
            f"scikit-learn's MLPClassifier trains with {', '.join(OPTIMIZERS)}; this recipe has {recipe.optimizer}, "
            "and a rate found for one optimizer says nothing of another.",
            PYTORCH,
        )
    if not constant(recipe):
        shape = recipe.schedule + (" schedule with a warm-up" if recipe.warmup else " schedule")
        raise InputError(
            f"scikit-learn's MLPClassifier trains at a constant rate; this recipe has a {shape}, and its peak rate "
            "would be too high for that.",
            PYTORCH,
        )
    notes = [
        "What MLPClassifier cannot express: its initial weights are uniform in +-sqrt(6/(inputs + outputs)), Glorot's, "
        "where etascope's are uniform in +-1/sqrt(inputs), so the best rate may lie a little elsewhere; the draws and "
        "the data order are others too.",
    ]
    if recipe.weight_decay:
        notes.append("Its alpha is divided by the batch size and leaves the biases alone, where weight decay does not.")
    if len(data.class_names) == 2:
        notes.append("Of two classes it learns one logistic output, where etascope learns two softmax outputs.")
    solver = "adam" if recipe.optimizer == "adam" else "sgd"
    own = (
        "beta_1=0.9, beta_2=0.999, epsilon=1e-08"
        if solver == "adam"
        else f"momentum={recipe.momentum!r}, nesterovs_momentum={recipe.optimizer == 'nesterov'}"
    )
    alpha = f"{recipe.weight_decay!r} * BATCH_SIZE" if recipe.weight_decay else "0.0"
    begin, rows = "", "train"
    if recipe.drop_last:
        begin, rows = f"random, size = np.random.default_rng(SEED), {WHOLE}\n", "random.permutation(train)[:size]"
    body = f"""
model = MLPClassifier(
    hidden_layer_sizes={recipe.hidden!r}, activation="relu", solver="{solver}", learning_rate="constant",
    learning_rate_init=LEARNING_RATE, batch_size=min(BATCH_SIZE, len(train)), alpha={alpha}, random_state=SEED,
    {own},
)
{begin}for epoch in range(EPOCHS):
    rows = {rows}
    model.partial_fit(x[rows], labels[rows], classes=np.unique(labels))
    print(f"epoch {{epoch + 1}}: training loss {{model.loss_:.4f}}")

right = (model.predict(x[test]) == labels[test]).mean()
print(f"test accuracy {{right:.4f}}")
"""
    lines = "from sklearn.neural_network import MLPClassifier"
    return Training("scikit-learn", tuple(notes), ("numpy as np",), lines, body)
