// The landscape with all folds, epoch by epoch, and beside what it was before.
import { latest, stream } from "../api.js";
import { chart, colourOfRate, css, framed, lossAxis, rateAxis, TALLEST } from "../charts.js";
import { h } from "../elements.js";
import * as landscape from "../landscape.js";
import { axis, nats, words } from "../rates.js";
import { sharpnessWall } from "../sharpness.js";
import { get, moved, recipeOf, set } from "../state.js";
import * as trail from "../trail.js";

export const name = "Deep dive";

const lowest = (line) => line.reduce((best, at) => (best && best.loss <= at.loss ? best : at), null);

// Folds as dots, their mean as a line, basin and walls behind, what was before dashed.
function landSpec(measure) {
  return {
    encoding: { x: rateAxis(), y: lossAxis(measure) },
    layer: [
      {
        transform: [{ filter: "datum.kind == 'wall'" }],
        mark: { type: "rect", color: css("wall"), opacity: 0.45 },
        encoding: { x2: { field: "to" }, y: { value: 0 }, y2: { value: "height" } },
      },
      {
        transform: [{ filter: "datum.kind == 'basin'" }],
        mark: { type: "rect", color: css("accent"), opacity: 0.18 },
        encoding: { x2: { field: "to" }, y: { value: 0 }, y2: { value: "height" } },
      },
      {
        transform: [{ filter: "datum.kind == 'ghost'" }],
        mark: { type: "line", color: css("ghost"), strokeWidth: 1.5 },
        encoding: trail.strokes,
      },
      {
        transform: [{ filter: "datum.kind == 'ghost'" }],
        mark: { type: "point", filled: true, size: 18, color: css("ghost") },
        encoding: {
          opacity: trail.strokes.opacity,
          tooltip: [
            { field: "changed", title: "before" },
            { field: "rate", title: "learning rate" },
            { field: "loss", format: ".3f", title: "mean validation loss" },
          ],
        },
      },
      { transform: [{ filter: "datum.kind == 'mean'" }], mark: { type: "line", color: css("quiet") } },
      {
        transform: [{ filter: "datum.kind == 'dot'" }],
        mark: { type: "point", filled: true, size: 46, opacity: 0.9 },
        encoding: {
          color: colourOfRate(),
          tooltip: [
            { field: "rate", title: "learning rate" },
            { field: "loss", format: ".3f", title: "validation loss" },
            { field: "accuracy", format: ".0%", title: "accuracy" },
            { field: "fold" },
          ],
        },
      },
      {
        transform: [{ filter: "datum.kind == 'lost'" }],
        mark: { type: "text", text: "×", fontSize: 18, fontWeight: 700 },
        encoding: {
          y: { value: 8 },
          color: colourOfRate(),
          tooltip: [{ field: "rate", title: "diverged at" }, { field: "fold" }],
        },
      },
      {
        transform: [{ filter: "datum.kind == 'needle'" }],
        mark: { type: "rule", color: css("accent"), strokeWidth: 2 },
        encoding: { y: null },
      },
    ],
  };
}

// Epoch by epoch in gray, so that colour goes on meaning learning rate.
function mapSpec(measure) {
  return {
    encoding: {
      x: {
        field: "name",
        type: "ordinal",
        title: "learning rate",
        sort: { field: "rate" },
        axis: { labelAngle: -60 },
      },
      y: { field: "epoch", type: "ordinal", title: "epoch", sort: "descending" },
      color: {
        field: "loss",
        type: "quantitative",
        title: landscape.lossLabel(measure),
        scale: {
          type: "log",
          clamp: true,
          range: ["#111827", "#f3f4f6"],
          ...(measure.unit ? { domain: [0.3, 3] } : {}),
        },
      },
      tooltip: [{ field: "name", title: "learning rate" }, { field: "epoch" }, { field: "loss", format: ".2f" }],
    },
    mark: "rect",
  };
}

// Where a landscape from before ended.
function endOf(ghost) {
  const measure = landscape.measureOf(ghost.run);
  return means(dots(ghost.trials, Infinity, measure), "ghost", measure);
}

// Rows, title and words of the landscape after an epoch; basin and walls belong to the end alone.
export function landOf({ trials, run }, when, ended, ghosts, needle) {
  const measure = landscape.measureOf(run),
    folds = dots(trials, when, measure),
    line = means(folds, "mean", measure),
    best = lowest(line),
    { basin, walls } = ended ? (run ?? {}) : {};
  const rows = [
    ...folds,
    ...line,
    { kind: "needle", rate: needle },
    ...ghosts.flatMap((ghost) => endOf(ghost).map((row) => ({ ...row, changed: ghost.changed, age: ghost.age }))),
    ...(walls?.low ? [{ kind: "wall", rate: axis.low, to: walls.low }] : []),
    ...(walls?.high ? [{ kind: "wall", rate: walls.high, to: axis.high }] : []),
    ...(basin ? [{ kind: "basin", rate: basin.low, to: basin.high }] : []),
  ];
  const title = best
    ? `After epoch ${when}, the lowest mean loss ${run ? "is" : "so far is"} ${nats(best.loss)} at ${words(best.rate)}`
    : `After epoch ${when}, every rate ${run ? "had" : "so far has"} diverged`;
  const says = [
    "Dots are folds, the line is their mean.",
    basin ? "Tinted: the basin." : "",
    walls?.low || walls?.high ? "Gray: clearly worse." : "",
    folds.some((dot) => dot.kind === "lost") ? "×: a fold diverged, so there is no mean." : "",
    folds.some((dot) => dot.loss !== dot.shown && dot.kind === "dot")
      ? `Losses above ${TALLEST} stand at ${TALLEST}.`
      : "",
    ghosts.length ? "Dashed: the settings before, told below." : "",
  ];
  return [rows, title, says.filter(Boolean).join(" ")];
}

// The same of the map: a cell a rate and epoch.
export function mapOf({ trials, run }, epochs) {
  const measure = landscape.measureOf(run);
  const each = Array.from({ length: epochs }, (_, e) => {
    const there = trials.filter((trial) => trial.valid_loss.length > e);
    return means(dots(there, e + 1, measure), "cell", measure).map((cell) => ({
      ...cell,
      name: words(cell.rate),
      epoch: e + 1,
    }));
  });
  const [first, last] = [each[0], each.at(-1)].map(lowest);
  const title =
    !run || !first || !last
      ? "Validation loss, epoch by epoch"
      : first.rate === last.rate
        ? `${words(last.rate)} is best after the first epoch and after the last`
        : `After the first epoch ${words(first.rate)} is best, after the last ${words(last.rate)}`;
  const says = "Mean validation loss by learning rate and epoch; darker is lower, empty where a fold diverged.";
  return [each.flat(), title, says];
}

export function open(into, complain) {
  let trained = { trials: [], run: null, of: null },
    later = 0;
  const question = latest(complain),
    wall = sharpnessWall(complain);
  const land = chart(() => landSpec(landscape.measureOf(trained.run)), 300);
  const map = chart(() => mapSpec(landscape.measureOf(trained.run)), 170);
  const scrub = h("input", {
      type: "range",
      min: 1,
      "aria-label": "epoch",
      // 0 is the last one, however many there are.
      oninput: () => set({ epoch: scrub.value === scrub.max ? 0 : Number(scrub.value) }),
    }),
    shown = h("span"),
    past = h("div"),
    answer = h("div");
  into.append(
    h("h2", {}, "Deep dive: the landscape"),
    h(
      "p",
      {},
      "Each dot is one training to the end: four folds train, the fifth judges, each of the five in its turn. The dial above has one of these folds alone, so its basin is a little another. Change batch size, epochs or optimizer: the last four landscapes before stay as dashed lines that fade.",
    ),
    h("div", { class: "row" }, h("label", {}, "after epoch", scrub, shown)),
    land.element,
    past,
    answer,
    map.element,
    wall.element,
  );

  async function load() {
    question.end();
    // A kept run that brings its recipe along is still the same.
    if (!trained.of?.run || trained.of.run !== get().run) trail.leave(trained);
    trained = { trials: [], run: null, of: of() };
    if (get().run) {
      kept();
      return;
    }
    wall.ask();
    const each = (event) => {
      if (event.event === "trials") trained = { ...trained, trials: [...trained.trials, ...event.trials] };
      if (event.event === "run") trained = { ...trained, trials: event.run.trials, run: event.run };
      if (event.event !== "begin") draw();
    };
    await question.ask(async (signal) => {
      await stream("/api/landscape", { ...recipeOf(get()), folds: 5 }, signal, each);
      complain(null);
    }, load);
  }

  // What a kept run has: its own trials, as far as each was trained.
  function kept() {
    wall.hide();
    const { run, trials } = landscape.now;
    if (run) {
      trained = { trials, run, of: of() };
      draw();
    }
  }

  // Whose landscape it is.
  function of() {
    return { ...recipeOf(get()), run: get().run };
  }

  function clear() {
    trail.forget();
    draw();
  }

  function draw() {
    if (!trained.trials.length) return;
    const epochs = Math.max(...trained.trials.map((trial) => trial.valid_loss.length)),
      when = Math.min(get().epoch || epochs, epochs);
    answer.replaceChildren(
      ...(trained.run
        ? trained.run.reason.map((sentence) => h("p", {}, sentence))
        : [h("p", { class: "note" }, `${trained.trials.length} of 125 trainings are done.`)]),
    );
    if (!epochs) {
      land.show(
        [],
        "No training of this run came to the end of an epoch",
        "What was measured within the epoch stands in the sentences below.",
      );
      return;
    }
    scrub.max = epochs;
    scrub.value = when;
    shown.textContent = `${when} of ${epochs}`;
    const ghosts = landscape.measureOf(trained.run).unit ? trail.ghosts(trained.of) : [];
    past.replaceChildren(...trail.list(ghosts, (ghost) => lowest(endOf(ghost)), clear));
    land.show(...landOf(trained, when, when === epochs, ghosts, get().lr));
    map.show(...mapOf(trained, epochs));
  }

  const stop = landscape.subscribe((now) => {
    if (get().run) kept();
    else if (now.done) wall.again();
  });
  load();
  return {
    change(state, was) {
      if (moved(state, was)) load();
      else draw();
      if (state.lr !== was.lr && !state.run) {
        clearTimeout(later);
        later = setTimeout(wall.ask, 250);
      }
    },
    close() {
      stop();
      clearTimeout(later);
      question.end();
      trail.leave(trained);
      land.close();
      map.close();
      wall.close();
    },
  };
}

// Each fold of each rate as it stood after an epoch.
export function dots(trials, when, measure) {
  // Trials of a kept run that were stopped early show the loss that they had then.
  const i = (trial) => Math.min(when, trial.valid_loss.length) - 1;
  return trials
    .filter((trial) => trial.valid_loss.length)
    .map((trial) => ({ trial, loss: Number(trial.valid_loss[i(trial)]) }))
    .filter(({ trial, loss }) => Number.isFinite(loss) || trial.status === "diverged")
    .map(({ trial, loss }) => ({
      kind: Number.isFinite(loss) ? "dot" : "lost",
      rate: trial.learning_rate,
      fold: trial.fold,
      loss,
      shown: framed(loss, measure),
      accuracy: Number(trial.valid_accuracy[i(trial)]),
    }));
}

// Where a fold diverged there is no mean: the others alone would flatter the rate.
export function means(dots, kind, measure) {
  return [...Map.groupBy(dots, (dot) => dot.rate)]
    .filter(([, same]) => same.every((dot) => dot.kind === "dot"))
    .sort(([a], [b]) => a - b)
    .map(([rate, same]) => ({ kind, rate, loss: landscape.mean(same.map((dot) => dot.loss)) }))
    .map((row) => ({ ...row, shown: framed(row.loss, measure) }));
}
