"""A training script in plain JAX, that prints the validation loss after each epoch.

etascope pick --command "python examples/jax_script.py {lr} {epochs} {seed}" \
    --metric "val_loss ([0-9.e+-]+)" --epochs 6 --optimizer sgd
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

import etascope

learning_rate, epochs, seed = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

digits = etascope.open_images("digits")
images, labels = jnp.asarray(digits.images.reshape(len(digits), -1) / 255.0), jnp.asarray(digits.labels)
order = np.random.default_rng(0).permutation(len(labels))
train, valid = order[:700], order[700:]


def loss_of(weights, x, y):
    """Return the mean cross-entropy of a network with one hidden layer."""
    hidden = jax.nn.relu(x @ weights["w1"] + weights["b1"])
    scores = jax.nn.log_softmax(hidden @ weights["w2"] + weights["b2"])
    return -jnp.mean(jnp.take_along_axis(scores, y[:, None], axis=1))


@jax.jit
def epoch_of(weights, x, y):
    """Return the weights after one step of plain descent for each batch `(batches, rows, ...)`."""

    def step(weights, batch):
        gradients = jax.grad(loss_of)(weights, *batch)
        return jax.tree.map(lambda w, g: w - learning_rate * g, weights, gradients), None

    return jax.lax.scan(step, weights, (x, y))[0]


keys = jax.random.split(jax.random.key(seed))
weights = {
    "w1": jax.random.normal(keys[0], (784, 64)) * np.sqrt(2 / 784), "b1": jnp.zeros(64),
    "w2": jax.random.normal(keys[1], (64, 10)) * np.sqrt(1 / 64), "b2": jnp.zeros(10),
}  # fmt: skip
rng = np.random.default_rng(seed)
for epoch in range(1, epochs + 1):
    batches = rng.permutation(train).reshape(35, 20)
    weights = epoch_of(weights, images[batches], labels[batches])
    print(f"epoch {epoch} val_loss {loss_of(weights, images[valid], labels[valid]):.4f}", flush=True)
