// The landscape with all folds, epoch by epoch, and beside what it was before.
import { stream } from "../api.js";
import { chart, colourOfRate, rateAxis, WITHIN } from "../charts.js";
import { h } from "../elements.js";
import * as field from "../landscape.js";
import { nats, words } from "../rates.js";
import { sharpnessWall } from "../sharpness.js";
import { get, moved, recipeOf } from "../state.js";
import * as trail from "../trail.js";

export const name = "Deep dive";

export function open(into, complain) {
  let told = { trials: [], run: null, of: null },
    epoch = null,
    controller = null;
  const css = (token) => getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
  // What a script reports has no frame of its own; losses in nats do.
  const loss = () => ({
    field: "loss",
    type: "quantitative",
    title: "validation loss (nats, logarithmic)",
    scale: { type: "log", clamp: true, nice: false, ...(told.run?.reports ? {} : { domainMax: 6 }) },
    axis: {
      ...(told.run?.reports ? {} : { values: [0.1, 0.2, 0.5, 1, 2, 5] }),
      labelExpr: WITHIN,
      labelOverlap: "greedy",
      tickCount: 12,
    },
  });
  const land = chart(
    () => ({
      encoding: { x: rateAxis(), y: loss() },
      layer: [
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
          transform: [{ filter: "datum.kind == 'needle'" }],
          mark: { type: "rule", color: css("accent"), strokeWidth: 2 },
          encoding: { y: null },
        },
      ],
    }),
    300,
  );
  // The colour of a loss is gray, so that colour goes on meaning learning rate.
  const shade = {
    field: "loss",
    type: "quantitative",
    title: "nats",
    scale: { type: "log", domain: [0.3, 3], clamp: true, range: ["#111827", "#f3f4f6"] },
  };
  const map = chart(
    () => ({
      encoding: {
        x: {
          field: "name",
          type: "ordinal",
          title: "learning rate",
          sort: { field: "rate" },
          axis: { labelAngle: -60 },
        },
        y: { field: "epoch", type: "ordinal", title: "epoch", sort: "descending" },
        color: shade,
        tooltip: [{ field: "name", title: "learning rate" }, { field: "epoch" }, { field: "loss", format: ".2f" }],
      },
      mark: "rect",
    }),
    170,
  );
  const wall = sharpnessWall(complain);
  let later = 0;
  const scrub = h("input", {
      type: "range",
      min: 1,
      "aria-label": "epoch",
      oninput: () => {
        epoch = Number(scrub.value);
        draw();
      },
    }),
    shown = h("span"),
    past = h("div"),
    answer = h("div");
  into.append(
    h("h2", {}, "Deep dive: the landscape"),
    h(
      "p",
      {},
      "Each dot is one training to the end, on one of five folds: what is left out of the fold trains, the fold judges. Change batch size, epochs or optimizer: the last four landscapes before stay as dashed lines that fade.",
    ),
    h("div", { class: "row" }, h("label", {}, "after epoch", scrub, shown)),
    land.element,
    past,
    answer,
    map.element,
    wall.element,
  );

  async function load() {
    controller?.abort();
    controller = new AbortController();
    // A kept run that brings its recipe along is still the same.
    if (!told.of?.run || told.of.run !== get().run) trail.leave(told);
    told = { trials: [], run: null, of: of() };
    epoch = null;
    if (get().run) {
      kept();
      return;
    }
    wall.ask();
    try {
      await stream("/api/landscape", { ...recipeOf(get()), folds: 5 }, controller.signal, (event) => {
        if (event.event === "trials") told = { ...told, trials: [...told.trials, ...event.trials] };
        if (event.event === "run") told = { ...told, trials: event.run.trials, run: event.run };
        if (event.event !== "begin") draw();
      });
      complain(null);
    } catch (error) {
      if (error.name !== "AbortError") complain(error, load);
    }
  }

  // What a kept run has: its own trials, as far as each was trained.
  function kept() {
    wall.hide();
    const { run, trials } = field.now;
    if (run) {
      told = { trials, run, of: of() };
      draw();
    }
  }

  // Whose landscape it is.
  function of() {
    return { ...recipeOf(get()), run: get().run };
  }

  function lowest(ghost) {
    return means(at(ghost.trials, Infinity), "ghost").reduce((a, b) => (b.loss < a.loss ? b : a), { loss: Infinity });
  }

  function clear() {
    trail.forget();
    draw();
  }

  function at(trials, when) {
    // Trials of a kept run that were stopped early show the loss that they had then.
    const i = (trial) => Math.min(when, trial.valid_loss.length) - 1;
    return trials
      .filter(
        (trial) =>
          trial.status !== "diverged" && trial.valid_loss.length && Number.isFinite(Number(trial.valid_loss[i(trial)])),
      )
      .map((trial) => ({
        kind: "dot",
        rate: trial.learning_rate,
        fold: trial.fold,
        loss: Number(trial.valid_loss[i(trial)]),
        accuracy: Number(trial.valid_accuracy[i(trial)]),
      }));
  }

  function means(dots, kind) {
    const by = new Map();
    for (const dot of dots) by.set(dot.rate, [...(by.get(dot.rate) ?? []), dot.loss]);
    return [...by].sort(([a], [b]) => a - b).map(([rate, losses]) => ({ kind, rate, loss: field.mean(losses) }));
  }

  function draw() {
    if (!told.trials.length) return;
    const epochs = Math.max(...told.trials.map((trial) => trial.valid_loss.length)),
      when = Math.min(epoch ?? epochs, epochs);
    if (!epochs) {
      land.show(
        [],
        "No training of this run came to the end of an epoch",
        "What was measured within the epoch stands in the sentences below.",
      );
      answer.replaceChildren(...told.run.reason.map((sentence) => h("p", {}, sentence)));
      return;
    }
    scrub.max = epochs;
    scrub.value = when;
    shown.textContent = `${when} of ${epochs}`;
    const dots = at(told.trials, when),
      line = means(dots, "mean"),
      best = line.reduce((a, b) => (b.loss < a.loss ? b : a), line[0]);
    const rows = [...dots, ...line, { kind: "needle", rate: get().lr, loss: best.loss }];
    const ghosts = told.run?.reports ? [] : trail.ghosts(told.of);
    for (const { trials, changed, age } of ghosts)
      rows.push(...means(at(trials, Infinity), "ghost").map((row) => ({ ...row, changed, age })));
    past.replaceChildren(...trail.list(ghosts, lowest, clear));
    if (told.run?.basin && when === epochs)
      rows.push({ kind: "basin", rate: told.run.basin.low, to: told.run.basin.high });
    land.show(
      rows,
      `After epoch ${when}, the lowest mean loss is ${nats(best.loss)} at ${words(best.rate)}`,
      `Dots are folds, the line is their mean.${rows.at(-1).kind === "basin" ? " Shaded: the basin." : ""}${ghosts.length ? " Dashed: the settings before, told below." : ""}`,
    );
    const cells = [...new Set(told.trials.map((trial) => trial.learning_rate))]
      .sort((a, b) => a - b)
      .flatMap((rate) =>
        Array.from({ length: epochs }, (_, e) => ({
          rate,
          name: words(rate),
          epoch: e + 1,
          loss: field.mean(told.trials.filter((t) => t.learning_rate === rate).map((t) => Number(t.valid_loss[e]))),
        })),
      );
    map.show(
      cells.filter((cell) => Number.isFinite(cell.loss)),
      "Small rates learn late, large ones never settle",
      "Mean validation loss by learning rate and epoch; darker is lower.",
    );
    answer.replaceChildren(
      ...(told.run
        ? told.run.reason.map((sentence) => h("p", {}, sentence))
        : [h("p", { class: "note" }, `${told.trials.length} of 125 trainings are done.`)]),
    );
  }

  const stop = field.watch((now) => {
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
      controller?.abort();
      trail.leave(told);
      land.close();
      map.close();
      wall.close();
    },
  };
}
