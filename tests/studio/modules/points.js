import { equal, trial } from "./assertions.js";
import { after, begin, epochs, lossLabel, measureOf, nearest, points, written } from "/points.js";

export function a_rate_has_the_mean_of_its_folds_and_rates_ascend() {
  const found = points({ trials: [trial(0.1, [2, 1]), trial(0.01, [3, 3]), trial(0.1, [2, 2], { fold: 1 })] });
  equal(
    found.map(({ rate, loss }) => [rate, loss]),
    [
      [0.01, 3],
      [0.1, 1.5],
    ],
  );
}

export function what_diverged_is_infinite_and_what_has_no_epoch_is_left_out() {
  const trials = [trial(1, [], { status: "diverged" }), trial(0.1, []), trial(0.01, ["NaN"])];
  equal(
    points({ trials }).map(({ rate, loss }) => [rate, loss]),
    [
      [0.01, Infinity],
      [1, Infinity],
    ],
  );
}

export function the_nearest_is_nearest_in_ratios() {
  const all = [0.001, 0.01, 1].map((rate) => ({ rate }));
  equal(nearest(all, 0.09), { rate: 0.01 });
  equal(nearest(all, 0.11), { rate: 1 });
  equal(nearest([], 0.1), null);
}

export function a_landscape_is_taken_back_to_an_epoch() {
  const whole = { trials: [trial(0.1, [3, 2, 1]), trial(0.2, [4])], run: { basin: { low: 0.1, high: 0.2 } } };
  equal(epochs(whole), 3);
  const early = after(2, whole);
  equal(
    early.trials.map(({ valid_loss }) => valid_loss),
    [[3, 2], [4]],
  );
  equal(early.run.basin, null);
  equal(after(3, whole) === whole, true);
}

const PLAIN = { name: "validation loss", unit: "nats", words: "validation loss", maximize: false, best: 0 };

export function losses_are_written_in_their_own_measure() {
  equal([lossLabel(PLAIN), written(0.5, PLAIN)], ["nats", "validation loss 0.50 nats"]);
  const f1 = { name: "f1", unit: "", words: "1 - f1", maximize: true, best: 1 };
  equal([lossLabel(f1), written(0.2, f1)], ["1 - f1", "f1 0.8"]);
  const error = { name: "error", unit: "", words: "error + 2", maximize: false, best: -2 };
  equal([lossLabel(error), written(0.25, error)], ["error + 2", "error -1.75"]);
}

export function a_run_brings_its_measure_and_the_page_has_one_before() {
  begin(PLAIN);
  equal([measureOf(null), measureOf({ basin: null })], [PLAIN, PLAIN]);
  equal(measureOf({ measure: { name: "f1" } }), { name: "f1" });
}
