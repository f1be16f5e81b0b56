// Curves on training, validation and test images, the confusion matrix, and what the model gets wrong most surely.
import { ask, latest } from "../api.js";
import { chart, css, framed, TALLEST } from "../charts.js";
import { a, digit, h, table } from "../elements.js";
import * as landscape from "../landscape.js";
import { nats, percent, words } from "../rates.js";
import { get, moved, recipeOf } from "../state.js";

export const name = "Metrics";

// Each part of the data with its name and its strokes; colour means learning rate.
const PARTS = { train: ["training", [2, 3]], valid: ["validation", [1, 0]], test: ["test", [8, 4]] };

// A kept trial as a training with its metrics: curves on training and validation images, and nothing else.
export function ofTrial(trial) {
  const diverged = trial.status === "diverged";
  return { ...trial, test_loss: [], test_accuracy: [], diverged, confusion: null, mistakes: [], class_names: [] };
}

// Losses, or accuracies, after each epoch, as far as they are finite.
export function rows(m, kind, measure) {
  return Object.entries(PARTS).flatMap(([part, [images]]) =>
    m[`${part}_${kind}`]
      .map((value, i) => ({ part: images, epoch: i + 1, value: Number(value) }))
      .filter((row) => Number.isFinite(row.value))
      .map((row) => ({ ...row, shown: kind === "loss" ? framed(row.value, measure) : row.value })),
  );
}

const last = (values) => Number(values.at(-1) ?? NaN);

// What the losses of training and validation come to in the end, as the title of their chart.
export function lossTitle(m) {
  if (m.diverged) return "The loss left the finite numbers";
  const valid = last(m.valid_loss),
    gap = valid - last(m.train_loss);
  if (Number.isNaN(gap)) return `Validation loss ends at ${nats(valid)}`;
  return Math.abs(gap) > 0.1
    ? `Validation loss ends ${nats(Math.abs(gap))} ${gap > 0 ? "above" : "below"} training loss`
    : "Training and validation loss end within 0.1 of each other";
}

function accuracyTitle(m) {
  const valid = last(m.valid_accuracy);
  if (m.diverged) return "This training diverged";
  if (Number.isNaN(valid)) return "No share of right answers was reported";
  const test = m.test_accuracy.length ? `, ${percent(last(m.test_accuracy))} on test` : "";
  return `${percent(valid)} right on validation${test}`;
}

// What training and validation loss together tell.
export function learned(m) {
  if (m.diverged) return "This one did not: its loss stopped being a finite number.";
  const [trained, valid] = [last(m.train_loss), last(m.valid_loss)],
    gap = valid - trained,
    blind = m.blind;
  if (Number.isNaN(gap)) return "Of this one there is nothing to compare.";
  const says =
    valid > blind - 0.1
      ? `and ${nats(valid)} on images that did not train; a blind guess has ${nats(blind)}: there is little or nothing learned.`
      : gap > 0.1
        ? `where images that did not train had ${nats(valid)}: the model has begun to learn its own by heart.`
        : gap < -0.1
          ? `and ${nats(valid)} right after it on images that did not train: the model is still getting better, or jumps.`
          : `and ${nats(valid)} on images that did not train: nothing is learned by heart so far.`;
  return `In the last epoch it was ${nats(trained)} ${says}`;
}

// Half the width of the 95 % interval of a share of so many images.
export function luck(m) {
  const n = m.confusion.flat().reduce((a, b) => a + b, 0),
    share = Math.min(Math.max(last(m.test_accuracy), 0.5 / n), 1 - 0.5 / n);
  return `With ${n.toLocaleString("en")} images, luck alone moves it by ${(196 * Math.sqrt((share * (1 - share)) / n)).toFixed(1)} points either way.`;
}

// Three lines, over the epochs.
function spec(title, format) {
  return {
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        title: "epoch",
        // A short training has ticks between its epochs.
        axis: { labelExpr: "datum.value % 1 ? '' : datum.value" },
        scale: { nice: false },
      },
      y: { field: "shown", type: "quantitative", title, axis: { format }, scale: { zero: false } },
      strokeDash: {
        field: "part",
        type: "nominal",
        title: null,
        scale: {
          domain: Object.values(PARTS).map(([images]) => images),
          range: Object.values(PARTS).map(([, strokes]) => strokes),
        },
        legend: null,
      },
      tooltip: [
        { field: "part", title: "images" },
        { field: "epoch" },
        { field: "value", title, format: format === "~g" ? ".3~r" : format },
      ],
    },
    mark: {
      type: "line",
      color: css("ink"),
      strokeWidth: 2,
      point: { filled: true, color: css("ink"), size: 26 },
    },
  };
}

function matrix({ class_names: names, confusion }) {
  const sums = confusion.map((row) => row.reduce((a, b) => a + b, 0));
  const cell = (count, i, j) =>
    h(
      "td",
      {
        class: "n",
        title: `${count} of ${sums[i]} images of ${names[i]} are called ${names[j]}`,
        style: `background:color-mix(in srgb, var(--ghost) ${Math.round((60 * count) / Math.max(sums[i], 1))}%, transparent)`,
      },
      count ? h(i === j ? "b" : "span", {}, String(count)) : "",
    );
  return table(
    ["it is \u2193  says \u2192", ...names],
    confusion.map((row, i) => [h("th", { scope: "row" }, names[i]), ...row.map((count, j) => cell(count, i, j))]),
    names.map((_, i) => i + 1),
    { class: "matrix" },
  );
}

function mistake(one) {
  return h(
    "figure",
    {},
    digit(one.image, 84, `test image ${one.number}, ${a(one.label)}`),
    h("figcaption", {}, `${a(one.label)}, called ${one.said}`, h("br"), `with ${percent(one.confidence)}`),
  );
}

export function open(into, complain) {
  let later = 0;
  const question = latest(complain),
    run = () => (get().run ? landscape.now.run : null),
    measure = () => landscape.measureOf(run());
  const losses = chart(() => spec(`mean loss (${landscape.lossLabel(measure())})`, "~g"), 220),
    rights = chart(() => spec("share right", ".0%"), 220);
  const title = h("h2"),
    confusion = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" }),
    mistakes = h("div", { class: "row" }),
    says = h("div");
  into.append(
    title,
    h(
      "p",
      {},
      "One training at the rate under the needle, on four of five folds. After every epoch all three parts of the data are looked at; nothing is chosen by the test images here.",
    ),
    h("div", { class: "columns" }, losses.element, rights.element),
    says,
    h("h3", {}, "Confusion: what the test images are, and what the model says"),
    confusion,
    h("h3", {}, "The most confident mistakes"),
    mistakes,
  );

  async function load() {
    question.end();
    const state = get();
    title.textContent = `Metrics: learning rate ${words(state.lr)}`;
    if (state.run) {
      stored();
      return;
    }
    await question.ask(async (signal) => {
      const metrics = await ask("/api/metrics", { ...recipeOf(state), learning_rate: state.lr }, signal);
      complain(null);
      draw(metrics);
    }, load);
  }

  // The trial of a kept run that is nearest to the needle.
  function stored() {
    const at = landscape.nearest(landscape.points(landscape.now), get().lr);
    if (!at) return;
    title.textContent = `Metrics: the kept training at ${words(at.rate)}`;
    draw(ofTrial(at.trials[0]));
    confusion.replaceChildren(h("p", {}, "A kept run has no confusion matrix: weights of trials are not kept."));
    mistakes.replaceChildren(h("p", {}, "Nor single images."));
  }

  function draw(m) {
    const strokes = `Dotted: training, solid: validation${m.test_loss.length ? ", dashed: test" : ""}.`,
      drawn = rows(m, "loss", measure()),
      cut = drawn.some((row) => row.shown < row.value) ? ` Losses above ${TALLEST} stand at ${TALLEST}.` : "";
    losses.show(
      drawn,
      lossTitle(m),
      `${strokes} The training loss is the mean while an epoch ran, so it lags behind the others.${cut}`,
    );
    rights.show(rows(m, "accuracy"), accuracyTitle(m), strokes);
    says.replaceChildren(
      h("p", {}, h("b", {}, "Training "), `tells whether it learns at all. ${learned(m)}`),
      h(
        "p",
        {},
        h("b", {}, "Validation "),
        "is what a learning rate is chosen by: images that do not train, looked at again and again.",
      ),
      h(
        "p",
        {},
        h("b", {}, "Test "),
        `says how the final model does, and should be looked at once. ${m.confusion ? luck(m) : ""}`,
      ),
    );
    if (m.confusion) {
      confusion.replaceChildren(matrix(m));
      mistakes.replaceChildren(
        ...(m.mistakes.length ? m.mistakes.map(mistake) : [h("p", {}, "It makes no mistake on the test images.")]),
      );
    } else if (m.diverged) {
      confusion.replaceChildren(
        h("p", {}, "A training that diverged has no model. Move the needle to a smaller rate."),
      );
      mistakes.replaceChildren();
    }
  }

  const stop = landscape.subscribe(() => {
    if (get().run) stored();
  });
  load();
  return {
    change(state, before) {
      if (moved(state, before) || state.lr !== before.lr) {
        clearTimeout(later);
        later = setTimeout(load, 80);
      }
    },
    close() {
      stop();
      clearTimeout(later);
      question.end();
      losses.close();
      rights.close();
    },
  };
}
