import { equal, trial } from "./assertions.js";
import { outcomes, probed, scored, task } from "/ways/challenge.js";
import { after } from "/ways/concept.js";
import { dots, landOf as deepLandOf, mapOf, means } from "/ways/deep-dive.js";
import { learned, lossTitle, luck, ofTrial, rows } from "/ways/metrics.js";
import { answered, opening, understood } from "/ways/project.js";
import { questionsOf, standingWords } from "/ways/recall.js";
import { another, shape, testImages } from "/ways/trace.js";
import { landOf, verdict } from "/ways/try-it.js";
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
    nats = { unit: "nats" },
    all = dots(trials, 2, nats);
  equal(
    all.map(({ kind, loss, shown }) => [kind, loss, shown]),
    [
      ["dot", 1, 1],
      ["dot", 3, 3],
      ["dot", 9, 6],
      ["lost", NaN, NaN],
    ],
  );
  equal(means(all, "mean", nats), [{ kind: "mean", rate: 0.1, loss: 2, shown: 2 }]);
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

export function a_choice_is_scored_by_what_it_lost_against_the_best() {
  const all = [0.001, 0.01, 0.1].map((rate, i) => ({ rate, diverged: false, accuracy: [0.88, 0.9, 0.84][i] }));
  const gold = scored(all, 0.01, 0.001, 0);
  equal([gold.best.rate, gold.title], [0.01, "Gold: you lost 0.0 points"]);
  equal(gold.says, [
    "On three folds 0.01 gets 90 % right; the best rate, 0.01, gets 90 %. The customary 0.001 would have lost 2.0 points: you beat it.",
    "You predicted less than 1 point, and that is what it was.",
  ]);
  equal(scored(all, 0.001, 0.001, 3).title, "Bronze: you lost 2.0 points");
  equal(scored(all, 0.1, 0.01, 1).title, "You lost 6.0 points");
  equal(scored(all, 0.1, 0.01, 1).says[1], "You predicted 1 to 3 points; it was 3 to 10 points.");
  equal(scored(all, 0.1, 0.01, 1).says[0].endsWith("it beats you."), true);
  equal(scored(all, 0.1, 0.1, 1).says[0].endsWith("you are level with it."), true);
}

export function what_diverged_on_a_fold_gets_nothing_right() {
  const trials = [trial(0.01, [1]), trial(1, [1]), trial(1, ["NaN"], { status: "diverged", fold: 1 })],
    all = outcomes(trials);
  equal(
    all.map(({ rate, diverged, accuracy }) => [rate, diverged, accuracy]),
    [
      [0.01, false, 0.5],
      [1, true, 0],
    ],
  );
  const { title, says } = scored(all, 1, 0.01, 3);
  equal(title, "You lost 50.0 points");
  equal(says[0].startsWith("On three folds 1 diverges, which counts as nothing right; the best rate, 0.01,"), true);
}

const NATS = { unit: "nats" };

function metrics(train, valid, more = {}) {
  const curves = { train_loss: train, valid_loss: valid, test_loss: [], test_accuracy: [] };
  return { ...curves, class_names: [..."0123456789"], blind: Math.log(10), confusion: null, diverged: false, ...more };
}

export function losses_of_all_parts_are_rows_as_far_as_they_are_finite() {
  const found = rows(metrics([9, "NaN"], [1], { test_loss: [2] }), "loss", NATS);
  equal(
    found.map(({ part, epoch, value, shown }) => [part, epoch, value, shown]),
    [
      ["training", 1, 9, 6],
      ["validation", 1, 1, 1],
      ["test", 1, 2, 2],
    ],
  );
  equal(rows(metrics([9], []), "loss", { unit: "" })[0].shown, 9);
}

export function a_title_and_a_sentence_say_what_training_and_validation_loss_come_to() {
  const both = (train, valid, more) => [lossTitle, learned].map((say) => say(metrics([train], [valid], more)));
  const [apart, heart] = both(0.2, 0.5);
  equal(apart, "Validation loss ends 0.30 above training loss");
  equal(heart.endsWith("the model has begun to learn its own by heart."), true);
  equal(both(0.5, 0.45)[0], "Training and validation loss end within 0.1 of each other");
  equal(both(0.5, 0.45)[1].endsWith("nothing is learned by heart so far."), true);
  equal(both(0.9, 0.4)[1].endsWith("the model is still getting better, or jumps."), true);
  equal(both(2.3, 2.29)[1].endsWith("a blind guess has 2.30: there is little or nothing learned."), true);
  equal(both(1, 1, { diverged: true })[0], "The loss left the finite numbers");
  equal(both("NaN", 0.4)[0], "Validation loss ends at 0.40");
}

export function few_test_images_leave_much_to_luck() {
  const m = { confusion: [[50, 0], [50, 100]], test_accuracy: [0.75] };
  equal(luck(m), "With 200 images, luck alone moves it by 6.0 points either way.");
}

export function a_kept_trial_has_curves_and_nothing_of_the_test_images() {
  const kept = ofTrial(trial(0.1, [2, 1], { status: "diverged" }));
  equal([kept.diverged, kept.confusion, kept.test_loss, kept.valid_loss], [true, null, [], [2, 1]]);
}

export function an_upload_and_an_answer_are_told_in_a_line() {
  const upload = { images: 40, whole: 0, image_shape: [8, 8, 1], class_names: ["a", "b"], development: 32, test: 8 };
  equal(
    understood(upload, ""),
    "40 images of 8 \u00d7 8 \u00d7 1 in 2 classes: a, b. 32 to train and validate, 8 to test.",
  );
  equal(
    understood({ ...upload, whole: 9000 }, "a part."),
    "9,000 images of 8 \u00d7 8 \u00d7 1 in 2 classes: a, b. The dial and the other ways train on a part.",
  );
  const run = { learning_rate: 0.03, basin: { low: 0.02, high: 0.05 }, confidence: { word: "likely" } };
  equal(answered(run), "Learning rate 0.03, basin 0.02 to 0.05, likely");
  equal(answered({ learning_rate: null }), "It cannot be told yet");
}

export function a_kept_run_takes_the_needle_no_further_than_the_dial_goes() {
  equal(opening({ id: "r1", learning_rate: 30 }), { run: "r1", lr: 10 });
  equal(opening({ id: "r1", learning_rate: null }), { run: "r1" });
}

export function a_trace_is_loaded_anew_for_all_but_another_way() {
  equal(another({ way: "trace", lr: 1 }, { way: "trace", lr: 2 }), true);
  equal(another({ way: "trace", lr: 1 }, { way: "why", lr: 2 }), false);
  equal(another({ way: "trace", lr: 1 }, { way: "trace", lr: 1 }), false);
  equal([shape([28, 28]), shape([])], ["28\u00d728", "one number"]);
  equal(testImages({ stages: [{ shape_in: [1] }, { shape_in: [200, 10] }] }), 200);
}

export function a_landscape_in_training_says_so_far_and_draws_no_basin() {
  const [rows, title, says] = deepLandOf({ trials: [trial(0.1, [2, 1])], run: null }, 2, true, [], 0.5);
  equal(rows.map(({ kind, rate }) => [kind, rate]), [["dot", 0.1], ["mean", 0.1], ["needle", 0.5]]);
  equal(title, "After epoch 2, the lowest mean loss so far is 1 at 0.1".replace(" 1 at", " 1.00 at"));
  equal(says, "Dots are folds, the line is their mean.");
}

export function the_map_has_a_cell_for_each_rate_and_epoch_that_was_reached() {
  const [cells] = mapOf({ trials: [trial(0.1, [2, 1]), trial(1, [3])], run: null }, 2);
  equal(cells.map(({ rate, epoch, loss }) => [rate, epoch, loss]), [[0.1, 1, 2], [1, 1, 3], [0.1, 2, 1]]);
}

export function a_probe_that_diverged_gets_nothing_right() {
  const metrics = { diverged: true, valid_accuracy: [0.4], valid_loss: [2, "NaN"] };
  equal(probed(0.1, metrics), { rate: 0.1, diverged: true, accuracy: 0, losses: [2, "NaN"] });
  equal(probed(0.1, { ...metrics, diverged: false }).accuracy, 0.4);
}

export function no_question_is_put_twice_and_the_first_tries_count() {
  const run = { quiz: [{ text: "A?" }, { text: "B?" }] };
  equal(questionsOf(run, [{ text: "B?" }, { text: "C?" }]).map(({ text, way }) => [text, way]),
    [["A?", "deep-dive"], ["B?", "deep-dive"], ["C?", "trace"]]);
  equal(standingWords(new Map(), 3), "3 questions.");
  equal(standingWords(new Map([[0, true], [1, false]]), 3), "1 of 2 right at the first try; 3 questions in all.");
}

export function the_recipe_put_aside_stands_beside_the_one_above() {
  const now = { trials: [trial(0.1, [2, 1])], run: null },
    [rows, title, says] = landOf(now, { trials: [trial(1, [3])], run: null }, 0.1);
  equal(rows.map(({ who, rate, loss }) => [who, rate, loss]), [["A", 0.1, 1], ["B", 1, 3]]);
  equal(title, "A is being trained");
  equal(says, "Coloured dots: A, the recipe above. Dashed, squares: B.");
}
