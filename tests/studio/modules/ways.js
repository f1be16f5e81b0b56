import { equal, trial } from "./assertions.js";
import { task } from "/ways/challenge.js";
import { after } from "/ways/concept.js";
import { dots, means } from "/ways/deep-dive.js";
import { verdict } from "/ways/try-it.js";
import { course, positions } from "/ways/why.js";

export function a_number_gives_every_class_the_same_task() {
  equal(task(1), task(1));
  equal(new Set(Array.from({ length: 50 }, (_, i) => JSON.stringify(task(i + 1)))).size, 50);
}

export function between_two_steps_the_loss_is_on_the_straight_line() {
  equal(after({ rates: [0, 1, 3], losses: [2, 1, 5] }, 2), 3);
}

export function a_rate_of_which_a_fold_diverged_has_no_mean() {
  const trials = [trial(0.1, [2, 1]), trial(0.1, [4, 3], { fold: 1 }), trial(1, [9]), trial(1, ["NaN"], { status: "diverged" })],
    all = dots(trials, 2, null);
  equal(
    all.map(({ kind, loss, shown }) => [kind, loss, shown]),
    [
      ["dot", 1, 1],
      ["dot", 3, 3],
      ["dot", 9, 6],
      ["lost", NaN, NaN],
    ],
  );
  equal(means(all, "mean", null), [{ kind: "mean", rate: 0.1, loss: 2, shown: 2 }]);
}

export function accuracies_are_compared_in_points() {
  const at = (accuracy) => ({ valid: { accuracy } });
  equal(verdict(at(0.9), at(0.901)), "A and B get about as many right on validation at their best rates: 90 % and 90 %");
  equal(
    verdict(at(0.9), at(0.92)),
    "B gets 2 points more right on validation: A 90 %, B 92 %, each at its best rate",
  );
  equal(verdict(at(0.9), {}), "Not both have an answer");
}

export function whoever_has_diverged_is_last_and_the_lowest_loss_leads() {
  const runner = (learning_rate, step_loss, diverged_at = -1) => ({ learning_rate, step_loss, diverged_at });
  const race = { steps: 3, runners: [runner(1, [1, 9, "inf"], 1), runner(0.1, [1, 1, 1]), runner(0.2, [1, 0.5, 0.2])] };
  const { rows, standing } = positions(race, 3);
  equal(
    standing.map(({ runner: { learning_rate }, out }) => [learning_rate, out]),
    [
      [0.2, false],
      [0.1, false],
      [1, true],
    ],
  );
  equal(rows.filter((row) => row.end).length, 3);
}

export function a_course_is_read_off_two_spans() {
  const race = { steps_per_epoch: 20, blind: 2.3 },
    of = (before, now) => course(race, { step_loss: [...Array(20).fill(before), ...Array(20).fill(now)] }, 40);
  equal(course(race, { step_loss: [] }, 10), "just started");
  equal([of(2, 1), of(2, 1.9), of(2, 2), of(1, 1.5), of(2.3, 2.29), of(2, 3)], [
    "falling fast",
    "falling",
    "level",
    "rising",
    "hardly moving",
    "worse than a blind guess",
  ]);
}
