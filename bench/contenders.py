"""Who trains the sweep, and how: one class a contender, all with the same two methods.

A contender is made with a `Job` (not timed: libraries load, data are converted) and then trains whatever learning
rates it is given (timed), from the start to the accuracy of each on the test rows. Losses are written down by etascope
and scikit-learn, which always do, and by nobody else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from jobs import EPOCHS, HIDDEN, Job

Accuracies = NDArray[np.float64]


class Contender(Protocol):
    """Something that trains learning rates."""

    #: Whether the first run for a number of rates takes longer, because it compiles for it.
    compiles: bool

    def __init__(self, job: Job) -> None:
        """Load what is needed and convert the job's data."""
        ...

    def train(self, rates: NDArray[np.float64]) -> Accuracies:
        """Train one model a rate and return the accuracy of each on the test rows, NaN where it diverged."""
        ...


class Etascope:
    """`DenseEngine` with its own choice of threads; it writes down losses and accuracies of every step and epoch."""

    compiles = False

    def __init__(self, job: Job) -> None:
        from etascope.core.data import NO_FOLD, Split
        from etascope.core.recipe import Recipe

        optimizer = "momentum" if job.momentum else "sgd"
        self._recipe = Recipe(
            hidden=(HIDDEN,), optimizer=optimizer, momentum=job.momentum, batch_size=job.batch_size, epochs=EPOCHS
        )
        n, held_out = len(job.y), len(job.y_test)
        self._split = Split(
            x=np.concatenate([job.x, job.x_test]),
            y=np.concatenate([job.y, job.y_test]),
            folds=np.repeat([NO_FOLD, 0], [n, held_out]),
            x_test=job.x_test[:0],
            y_test=job.y_test[:0],
            rows=np.arange(n + held_out),
            test_rows=np.arange(0),
            class_names=tuple("0123456789"),
        )

    def train(self, rates: NDArray[np.float64]) -> Accuracies:
        """Train the plan of all rates; the fold that is held out is scored once, at the end."""
        from etascope.core.plan import sweep
        from etascope.core.recipe import steps_per_epoch
        from etascope.training.dense.engine import DenseEngine

        # A split that the engine has not seen: what it prepares once a split is counted in every run.
        split = replace(self._split)
        steps = EPOCHS * steps_per_epoch(split, self._recipe, 0)
        plan = replace(sweep(self._recipe, steps, rates.tolist(), folds=[0]), evaluate_at=(steps,))
        return DenseEngine().train(split, self._recipe, plan).valid_accuracy[:, -1]


class Torch:
    """A PyTorch loop, one rate after the other, with PyTorch's own choice of threads.

    Rows are shuffled once an epoch and batches are slices; the optimizer is the fused one, the fastest of PyTorch's
    three here; one model is made and reset, so initialising weights is not counted.
    """

    compiles = False

    def __init__(self, job: Job) -> None:
        import torch

        self._job = job
        self._x, self._y = torch.from_numpy(job.x), torch.from_numpy(job.y)
        self._x_test, self._y_test = torch.from_numpy(job.x_test), torch.from_numpy(job.y_test)
        self._orders = torch.from_numpy(job.orders)
        self._start = [torch.tensor(array.T) for array in job.weights]
        shapes = [array.shape for array in job.weights[::2]]
        self._model = torch.nn.Sequential(
            torch.nn.Linear(*shapes[0]), torch.nn.ReLU(), torch.nn.Linear(*shapes[1])
        )  # fmt: skip

    def train(self, rates: NDArray[np.float64]) -> Accuracies:
        """Train one model after the other."""
        return np.array([self._train_one(rate) for rate in rates.tolist()])

    def _train_one(self, rate: float) -> float:
        import torch

        model, size = self._model, self._job.batch_size
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), self._start, strict=True):
                parameter.copy_(start)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=self._job.momentum, fused=True)
        for order in self._orders:
            for x, y in zip(self._x[order].split(size), self._y[order].split(size), strict=True):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(x), y).backward()
                optimizer.step()
        with torch.no_grad():
            logits = model(self._x_test)
            return (logits.argmax(1) == self._y_test).float().mean().item() if logits.isfinite().all() else np.nan


class TorchOneThread(Torch):
    """The same loop in one thread, for two processes side by side."""

    def __init__(self, job: Job) -> None:
        import torch

        torch.set_num_threads(1)
        super().__init__(job)


class ScikitLearn:
    """`MLPClassifier`, float32, with its own initial weights and order; nothing held out, no early stop, no decay."""

    compiles = False

    def __init__(self, job: Job) -> None:
        import sklearn.neural_network  # noqa: F401  # loads here, where it is not timed

        self._job = job

    def train(self, rates: NDArray[np.float64]) -> Accuracies:
        """Fit one classifier after the other."""
        return np.array([self._train_one(rate) for rate in rates.tolist()])

    def _train_one(self, rate: float) -> float:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        job = self._job
        classifier = MLPClassifier(
            (HIDDEN,), solver="sgd", alpha=0.0, batch_size=job.batch_size, learning_rate="constant",
            learning_rate_init=rate, max_iter=EPOCHS, momentum=job.momentum, nesterovs_momentum=False,
            tol=0.0, n_iter_no_change=1000, early_stopping=False, random_state=0,
        )  # fmt: skip
        with warnings.catch_warnings():
            # Five epochs are the job; that they are few is known, and so is what a rate of 1 does.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                return float(classifier.fit(job.x, job.y).score(job.x_test, job.y_test))
            except ValueError as error:
                if "non-finite" not in str(error):
                    raise
                return np.nan


class _JaxSweep:
    """A training compiled by JAX as a scan over the steps, float32; batches are laid out before the clock starts.

    `over_rates` makes of the training at one rate the training at many.
    """

    def __init__(self, job: Job, over_rates: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_platforms", "cpu")
        size, steps = job.batch_size, job.orders.size // job.batch_size
        rows = job.orders.reshape(steps, size)
        self._data = tuple(map(jnp.asarray, (job.x[rows], job.y[rows], job.x_test, job.y_test)))
        self._start = tuple(map(jnp.asarray, job.weights))
        self._compiled = jax.jit(over_rates(_jax_training(job.momentum)))

    def train(self, rates: NDArray[np.float64]) -> Accuracies:
        """Run the compiled sweep."""
        return np.asarray(self._compiled(rates.astype(np.float32), self._start, self._data), np.float64)


class JaxVmap:
    """All rates at once."""

    compiles = True

    def __init__(self, job: Job) -> None:
        import jax

        self.train = _JaxSweep(job, lambda train: jax.vmap(train, in_axes=(0, None, None))).train


class JaxMap:
    """One rate after the other, inside the compiled program."""

    compiles = True

    def __init__(self, job: Job) -> None:
        import jax

        def over_rates(train: Callable[..., Any]) -> Callable[..., Any]:
            return lambda rates, start, data: jax.lax.map(lambda rate: train(rate, start, data), rates)

        self.train = _JaxSweep(job, over_rates).train


def _jax_training(momentum: float) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    def logits(parameters: Sequence[Any], x: Any) -> Any:
        weights, bias, out_weights, out_bias = parameters
        return jax.nn.relu(x @ weights + bias) @ out_weights + out_bias

    def loss(parameters: Sequence[Any], x: Any, y: Any) -> Any:
        log_probabilities = jax.nn.log_softmax(logits(parameters, x))
        return -jnp.take_along_axis(log_probabilities, y[:, None], axis=1).mean()

    def train(rate: Any, start: Any, data: Any) -> Any:
        x, y, x_test, y_test = data

        def step(state: Any, batch: Any) -> Any:
            parameters, velocity = state
            gradient = jax.grad(loss)(parameters, *batch)
            if momentum:
                velocity = gradient = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradient)
            return (jax.tree.map(lambda p, g: p - rate * g, parameters, gradient), velocity), None

        velocity = jax.tree.map(jnp.zeros_like, start) if momentum else ()
        (parameters, _), _ = jax.lax.scan(step, (start, velocity), (x, y))
        out = logits(parameters, x_test)
        return jnp.where(jnp.isfinite(out).all(), (out.argmax(1) == y_test).mean(), jnp.nan)

    return train
