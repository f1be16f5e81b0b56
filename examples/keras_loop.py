"""A learning rate for `model.fit` of Keras 3: KERAS_BACKEND=torch python examples/keras_loop.py.

A callback reports after each epoch, and stops the training when it is told to. Any backend of Keras will do.
"""

import keras
import numpy as np

import etascope


class ReportTo(keras.callbacks.Callback):
    """Report to a trial after each epoch."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs):
        """Report what Keras validated."""
        self.model.stop_training = self.trial.report(logs["val_loss"], logs["val_accuracy"]).stop


digits = etascope.open_images("digits")
images, labels = digits.images.astype("float32") / 255, digits.labels
order = np.random.default_rng(0).permutation(len(labels))
train, valid = order[:700], order[700:]

search = etascope.Search(epochs=6)
for trial in search:
    keras.utils.set_random_seed(trial.seed)
    model = keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10),
    ])  # fmt: skip
    model.compile(
        keras.optimizers.Adam(trial.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        images[train], labels[train], batch_size=70, epochs=trial.epochs, verbose=0,
        validation_data=(images[valid], labels[valid]), callbacks=[ReportTo(trial)],
    )  # fmt: skip

print(f"learning rate {search.choice.learning_rate:g}, {search.choice.basin}")
print(f"validation accuracy about {search.choice.valid_accuracy:.3f}")
