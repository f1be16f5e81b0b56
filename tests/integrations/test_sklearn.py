import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from etascope.core.choice import Choice, Cost, Landscape
from etascope.core.errors import InputError
from etascope.integrations.sklearn import LearningRateClassifier
from etascope.selection.automatic import Automatic
from etascope.training.dense.engine import DenseEngine


@dataclass(frozen=True)
class Fixed:
    """A method that answers a rate without a search."""

    learning_rate: float

    def propose(self, task, histories):
        return None

    def choose(self, task, histories):
        nothing = Landscape(np.zeros(0), (), np.zeros((0, 0)), np.zeros((0, 0)))
        cost = Cost(0, task.recipe.epochs, 0.0, 0.0)
        return Choice(learning_rate=self.learning_rate, landscape=nothing, verdicts=(), cost=cost)


@pytest.fixture(scope="module")
def digits():
    bunch = load_digits()
    return train_test_split(bunch.images, bunch.target, stratify=bunch.target, random_state=0)


@pytest.fixture(scope="module")
def fitted(digits):
    images, _, labels, _ = digits
    return LearningRateClassifier(hidden=(32,)).fit(images, labels)


# Checks train on a few random rows, where a search rightly says that it cannot tell yet.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([LearningRateClassifier()])
def test_the_conventions_of_scikit_learn_hold(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check(estimator)


def test_images_are_learned_at_a_rate_with_its_basin(digits, fitted):
    _, images, _, labels = digits
    assert fitted.basin_.low <= fitted.learning_rate_ <= fitted.basin_.high
    assert fitted.score(images, labels) > 0.95
    assert fitted.confidence_.word in ("likely", "probable", "not settled")
    assert fitted.run_.choice.learning_rate == fitted.learning_rate_
    assert fitted.run_.data.image_shape == (8, 8, 1)
    assert fitted.run_.data.notes == ("Scaled for training: pixels divided by 16.",)


def test_the_rate_is_about_as_good_as_the_best_of_a_grid(digits, fitted):
    images, held, labels, answers = digits
    scores = []
    for rate in np.geomspace(1e-3, 1, 7):
        fixed = clone(fitted).set_params(method=Fixed(rate)).fit(images, labels)
        assert fixed.learning_rate_ == rate
        scores.append(fixed.score(held, answers))
    assert fitted.score(held, answers) > max(scores) - 0.02
    assert min(scores) < fitted.score(held, answers) - 0.1


def test_probabilities_are_the_softmax_of_what_the_engine_sees(digits, fitted):
    _, images, _, _ = digits
    logits = DenseEngine(1).explain(fitted.checkpoint_, fitted.scaling_(images.reshape(len(images), -1)))[-1].values
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    probabilities = fitted.predict_proba(images)
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
    assert np.array_equal(fitted.predict(images), fitted.classes_[probabilities.argmax(axis=1)])


def test_images_and_their_flat_rows_are_one(digits, fitted):
    _, images, _, _ = digits
    assert fitted.n_features_in_ == 64
    assert np.array_equal(fitted.predict(images.reshape(-1, 64)), fitted.predict(images))
    assert np.array_equal(fitted.predict(images[..., None].reshape(-1, 64)), fitted.predict(images))


def test_images_of_another_shape_are_refused(digits, fitted):
    with pytest.raises(InputError, match=r"images must be of shape \(8, 8\), as in fit; found \(4, 16\)"):
        fitted.predict(digits[1].reshape(-1, 4, 16))
    with pytest.raises(InputError, match=r"X must be rows \(n, d\) or images"):
        fitted.predict(digits[1].reshape(-1, 2, 4, 2, 4))


def test_labels_may_be_words(digits):
    x, y = load_iris(return_X_y=True)
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    model = LearningRateClassifier(hidden=()).fit(x, words)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"] == list(model.run_.data.class_names)
    assert model.score(x, words) > 0.9
    assert model.run_.data.source == "an array of features"


def test_a_clone_and_a_pickle_do_the_same(digits, fitted):
    images, held, labels, _ = digits
    again = clone(fitted).fit(images, labels)
    assert again is not fitted
    assert again.learning_rate_ == fitted.learning_rate_
    assert np.array_equal(again.predict_proba(held), fitted.predict_proba(held))
    kept = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(kept.predict_proba(held), fitted.predict_proba(held))
    assert kept.run_.choice.basin == fitted.basin_


def test_workers_do_not_change_the_model(digits, fitted):
    images, held, labels, _ = digits
    both = clone(fitted).set_params(n_jobs=2).fit(images, labels)
    assert np.array_equal(both.predict_proba(held), fitted.predict_proba(held))


def test_a_seed_is_drawn_where_there_is_none():
    x, y = load_iris(return_X_y=True)
    quick = LearningRateClassifier(hidden=(), random_state=np.random.RandomState(3))
    seeds = {quick.fit(x, y).run_.recipe.seed for _ in range(2)}
    assert len(seeds) == 2
    assert LearningRateClassifier(hidden=(), random_state=np.int64(5)).fit(x, y).run_.recipe.seed == 5


def test_it_works_in_pipelines_and_in_cross_validation():
    x, y = load_iris(return_X_y=True)
    line = make_pipeline(StandardScaler(), LearningRateClassifier(hidden=(), scale="none"))
    assert cross_val_score(line, x, y, cv=3).mean() > 0.9
    scaled, own = line.fit(x, y)[-1], LearningRateClassifier(hidden=()).fit(x, y)
    assert scaled.run_.data.notes == ("Scaled for training: numbers as they were given.",)
    np.testing.assert_allclose(line.predict_proba(x), own.predict_proba(x), atol=1e-3)


def test_a_grid_over_layers_and_optimizers_finds_a_rate_for_each():
    x, y = load_iris(return_X_y=True)
    grid = GridSearchCV(
        LearningRateClassifier(epochs=3),
        {"hidden": [(), (16,)], "optimizer": ["momentum", "adam"], "batch_size": np.array([16])},
        cv=2,
    ).fit(x, y)
    assert len(grid.cv_results_["params"]) == 4
    assert np.isfinite(grid.cv_results_["mean_test_score"]).all()
    best = grid.best_estimator_
    assert best.run_.recipe.optimizer == grid.best_params_["optimizer"]
    assert best.run_.recipe.hidden == grid.best_params_["hidden"]
    assert best.score(x, y) > 0.8


def test_names_of_columns_are_kept():
    frame, y = load_iris(return_X_y=True, as_frame=True)
    model = LearningRateClassifier(hidden=()).fit(frame, y)
    assert model.feature_names_in_.tolist() == frame.columns.tolist()
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns=str.upper))


def test_where_nothing_can_be_told_the_best_that_was_tried_is_used_with_a_warning():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
    model = LearningRateClassifier(hidden=(), method=Automatic(low=0.01, high=0.02))
    with pytest.warns(ConvergenceWarning, match="cannot be told yet; the model was trained at"):
        model.fit(x, y)
    landscape = model.run_.choice.landscape
    assert model.basin_ is None
    assert model.run_.choice.learning_rate is None
    assert model.learning_rate_ == landscape.learning_rates[landscape.mean_loss.argmin()]


def test_a_model_that_diverges_everywhere_is_refused():
    x = np.random.default_rng(0).normal(size=(40, 3)) * 1e30
    with pytest.raises(InputError, match="a model needs a learning rate that does not diverge; found none"):
        LearningRateClassifier(hidden=(), scale="none").fit(x, np.arange(40) % 2)


def test_bad_parameters_are_refused_in_fit_not_before():
    x, y = load_iris(return_X_y=True)
    for name, value in (
        ("optimizer", "adm"),
        ("epochs", 0),
        ("scale", "std"),
        ("folds", 0),
        ("hidden", (0,)),
        ("hidden", 64),
    ):
        model = LearningRateClassifier(**{name: value})
        with pytest.raises(InputError, match=name):
            model.fit(x, y)


def test_many_rows_hold_a_tenth_out_and_are_halved():
    rng = np.random.default_rng(0)
    y = np.arange(12_000) % 3
    x = rng.normal(size=(12_000, 5)) + 2 * np.eye(3, 5)[y]
    model = LearningRateClassifier(hidden=(8,), epochs=2, batch_size=64).fit(x, y)
    assert model.run_.task.n_folds == 1
    assert model.run_.choice.regime == "dear"
    assert model.basin_.low <= model.learning_rate_ <= model.basin_.high
    assert model.score(x, y) > 0.85


def test_a_class_of_one_row_is_learned_from():
    x, y = load_iris(return_X_y=True)
    y = np.where(np.arange(150) == 7, 9, y)
    model = LearningRateClassifier(hidden=()).fit(x, y)
    assert model.classes_.tolist() == [0, 1, 2, 9]
    assert model.predict_proba(x[7:8])[0, 3] > model.predict_proba(x[8:9]).min()


def test_a_grid_may_run_in_processes():
    x, y = load_iris(return_X_y=True)
    grid = GridSearchCV(LearningRateClassifier(hidden=(), epochs=2), {"optimizer": ["sgd", "adam"]}, cv=2, n_jobs=2)
    alone = clone(grid).set_params(n_jobs=1)
    assert np.array_equal(grid.fit(x, y).cv_results_["mean_test_score"], alone.fit(x, y).cv_results_["mean_test_score"])


def test_it_takes_the_words_of_a_search():
    X, y = load_iris(return_X_y=True)
    words = {"budget": 2.0, "low": 0.001, "high": 1.0, "target": "loss", "tolerance": np.float64(3.0)}
    model = LearningRateClassifier(hidden=(), epochs=2, folds=1, **words).fit(X, y)
    same = LearningRateClassifier(hidden=(), epochs=2, folds=1, method=Automatic("loss", 3.0, 0.001, 1.0, 2.0)).fit(
        X, y
    )
    assert (model.learning_rate_, model.basin_) == (same.learning_rate_, same.basin_)
    assert model.get_params()["budget"] == 2.0
    with pytest.raises(InputError, match="found low beside it"):
        LearningRateClassifier(hidden=(), method=Automatic(), low=0.1).fit(X, y)
