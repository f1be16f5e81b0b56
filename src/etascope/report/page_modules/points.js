// A landscape as points: the trials of each rate, at the end of the training or at an epoch before.
import { nats } from "./rates.js";

// Means over the folds, by rate: what the dial draws.
export function points(of) {
  const byRate = new Map();
  for (const trial of of.trials) {
    // Successive halving stops trials within an epoch; of these no loss is told by epoch.
    if (!trial.valid_loss.length && trial.status !== "diverged") continue;
    const loss = trial.status === "diverged" ? Infinity : Number(trial.valid_loss.at(-1) ?? Infinity);
    const at = byRate.get(trial.learning_rate) ?? { rate: trial.learning_rate, losses: [], accuracies: [], trials: [] };
    at.losses.push(Number.isNaN(loss) ? Infinity : loss);
    at.accuracies.push(Number(trial.valid_accuracy.at(-1)));
    at.trials.push(trial);
    byRate.set(trial.learning_rate, at);
  }
  return [...byRate.values()]
    .sort((a, b) => a.rate - b.rate)
    .map((at) => ({ ...at, loss: mean(at.losses), accuracy: mean(at.accuracies) }));
}

export function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

export function nearest(all, rate) {
  return all.reduce(
    (best, at) => (best && Math.abs(Math.log(best.rate / rate)) <= Math.abs(Math.log(at.rate / rate)) ? best : at),
    null,
  );
}

// How many epochs the longest training has.
export function epochs(of) {
  return Math.max(0, ...of.trials.map((trial) => trial.valid_loss.length));
}

// The landscape as it was after an epoch. Basin, walls and verdicts are known at the end alone.
export function after(epoch, of) {
  if (epoch >= epochs(of)) return of;
  const trials = of.trials.map((trial) => {
    // What was stopped earlier stands where it stood.
    if (trial.valid_loss.length < epoch) return trial;
    const [train_loss, valid_loss, valid_accuracy] = [trial.train_loss, trial.valid_loss, trial.valid_accuracy].map(
      (values) => values.slice(0, epoch),
    );
    const status = Number.isFinite(Number(valid_loss.at(-1))) ? "trained" : "diverged";
    return { ...trial, train_loss, valid_loss, valid_accuracy, status };
  });
  return { ...of, trials, run: of.run && { ...of.run, basin: null, walls: null, trials: [] } };
}

// The measure of the page's own trainings, before one of them is done.
let usual = { name: "", unit: "", words: "" };

export function begin(measure) {
  usual = measure;
}

// By what number the trainings of a run are compared, as documents say it.
export function measureOf(run) {
  return run?.measure ?? usual;
}

// What losses are called on an axis: by their unit, or what a script reports by how far it is from the best.
export function lossLabel({ unit, words }) {
  return unit || words;
}

// A loss in words: with its unit, or as the number that the script reported.
export function written(loss, { name, unit, maximize, best }) {
  const value = maximize ? best - loss : best + loss;
  return `${name} ${unit ? `${nats(value)} ${unit}` : Number(value.toPrecision(4))}`;
}
