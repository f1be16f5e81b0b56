"""A script that trains with Keras 3, on whichever backend is there."""

from __future__ import annotations

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.parts import WHOLE, Training, constant, steps

# Keras adds the epsilon of RMSprop and Adagrad under the root, PyTorch outside: hence its square.
_OPTIMIZERS = {
    "sgd": "keras.optimizers.SGD(LEARNING_RATE, momentum=0.0)",
    "momentum": "keras.optimizers.SGD(LEARNING_RATE, momentum={momentum!r})",
    "nesterov": "keras.optimizers.SGD(LEARNING_RATE, momentum={momentum!r}, nesterov=True)",
    "adam": "keras.optimizers.Adam(LEARNING_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-08)",
    "adamw": "keras.optimizers.AdamW(LEARNING_RATE, weight_decay={decay!r}, beta_1=0.9, beta_2=0.999, epsilon=1e-08)",
    "rmsprop": "keras.optimizers.RMSprop(LEARNING_RATE, rho=0.99, epsilon=1e-16)",
    "adagrad": "keras.optimizers.Adagrad(LEARNING_RATE, initial_accumulator_value=0.0, epsilon=1e-20)",
}


def training(recipe: Recipe, data: DataSummary) -> Training:
    """Return how Keras trains the recipe."""
    notes = [
        "Keras takes the backend that KERAS_BACKEND names; this script takes torch where nothing is said. Layers start "
        "uniform in +-1/sqrt(inputs), biases too, as in etascope; the draws and the data order are others.",
    ]
    moving = not constant(recipe)
    if moving and recipe.momentum:
        notes.append(
            "Keras multiplies the learning rate into the momentum before it sums, PyTorch and etascope after: with a "
            "schedule the two differ a little while the rate moves."
        )
    decay = recipe.weight_decay or 0.0
    coupled = f"keras.regularizers.L2({decay / 2!r})" if decay and recipe.optimizer != "adamw" else ""
    optimizer = _OPTIMIZERS[recipe.optimizer].format(momentum=recipe.momentum, decay=decay)
    parts = [
        f"dense({units}, {i}, {'features' if i == 0 else recipe.hidden[i - 1]}, 'relu')"
        for i, units in enumerate(recipe.hidden)
    ]
    last = recipe.hidden[-1] if recipe.hidden else "features"
    layers = "\n".join(f"    {part}," for part in [*parts, f"dense(classes, {len(recipe.hidden)}, {last}, None)"])
    layers = layers.replace("'", '"')
    follow = """
class Follow(keras.callbacks.Callback):
    \"\"\"Moves the learning rate before each step.\"\"\"

    done = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = LEARNING_RATE * factor(self.done, steps)
        self.done += 1


follow = Follow()
"""
    body = f"""
keras.utils.set_random_seed(SEED)
features, classes = x.shape[1], int(labels.max()) + 1
steps = {steps(recipe)}


def dense(units, number, fan_in, activation):
    bound = fan_in**-0.5
    start = [keras.initializers.RandomUniform(-bound, bound, seed=SEED + 2 * number + i) for i in range(2)]
    return keras.layers.Dense(
        units, activation=activation, kernel_initializer=start[0], bias_initializer=start[1],
{f"        kernel_regularizer={coupled}, bias_regularizer={coupled}," if coupled else ""}
    )

{follow if moving else ""}
model = keras.Sequential([
    keras.Input((features,)),
{layers}
])
model.compile(
    optimizer={optimizer},
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
{_fit(recipe, " callbacks=[follow]," if moving else "")}

right = (model.predict(x[test], verbose=0).argmax(1) == labels[test]).mean()
print(f"test accuracy {{right:.4f}}")
"""
    body = body.replace("\n\n    )", "\n    )")
    lines = '\nos.environ.setdefault("KERAS_BACKEND", "torch")\nimport keras'
    return Training("Keras 3", tuple(notes), ("numpy as np",), lines, body, standard=("os",))


def _fit(recipe: Recipe, callbacks: str) -> str:
    """Return the lines that train; an epoch of whole batches is drawn by hand, since `fit` leaves no row out."""
    if not recipe.drop_last:
        return f"""model.fit(
    x[train], labels[train], batch_size=BATCH_SIZE, epochs=EPOCHS, shuffle=True, verbose=2,{callbacks}
)"""
    return f"""random, size = np.random.default_rng(SEED), {WHOLE}
for epoch in range(EPOCHS):
    rows = random.permutation(train)[:size]
    model.fit(x[rows], labels[rows], batch_size=BATCH_SIZE, epochs=1, shuffle=False, verbose=2,{callbacks})"""
