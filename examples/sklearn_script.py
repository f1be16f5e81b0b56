"""A training script with scikit-learn's `partial_fit`, that prints a line of JSON after each epoch.

etascope pick --command "python examples/sklearn_script.py --rate {lr} --epochs {epochs} --seed {seed}" \
    --metric-key valid_accuracy --maximize --epochs 6
"""

import argparse
import json

import numpy as np
from sklearn.neural_network import MLPClassifier

import etascope

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()

digits = etascope.open_images("digits")
images, labels = digits.images.reshape(len(digits), -1) / 255, digits.labels
order = np.random.default_rng(0).permutation(len(labels))
train, valid = order[:700], order[700:]

rng = np.random.default_rng(options.seed)
model = MLPClassifier((32,), solver="sgd", learning_rate_init=options.rate, random_state=options.seed)
for epoch in range(1, options.epochs + 1):
    shuffled = rng.permutation(train)
    for start in range(0, len(shuffled), 20):
        rows = shuffled[start : start + 20]
        model.partial_fit(images[rows], labels[rows], classes=np.arange(10))
    right = float(np.mean(model.predict(images[valid]) == labels[valid]))
    print(json.dumps({"epoch": epoch, "valid_accuracy": right}), flush=True)
