// One image, one weight, one update: what a step of each size does to one batch's real loss.
import { ask, latest } from "../api.js";
import { chart, css, rateAxis } from "../charts.js";
import { digit, h } from "../elements.js";
import { axis, nats, place, rateAt, words } from "../rates.js";
import { get, recipeOf, set } from "../state.js";

export const name = "Concept";

// One step of each size, and the point where the needle stands.
function spec() {
  const values = [
    { field: "rate", title: "learning rate", format: ".3~g" },
    { field: "after", title: "loss after", format: ".3~r" },
  ];
  return {
    encoding: {
      x: {
        field: "rate",
        type: "quantitative",
        title: "learning rate of this one step (logarithmic)",
        scale: { type: "log", domain: [1e-5, 100], nice: false },
        axis: rateAxis().axis,
      },
      y: {
        field: "loss",
        type: "quantitative",
        title: "loss of the batch after the step (nats)",
        scale: { zero: false },
      },
    },
    layer: [
      {
        transform: [{ filter: "datum.kind == 'curve'" }],
        mark: { type: "line", strokeWidth: 2, color: css("quiet"), clip: true },
      },
      // Of a line alone, only its beginning would tell its values.
      {
        transform: [{ filter: "datum.kind == 'curve'" }],
        mark: { type: "point", filled: true, size: 90, opacity: 0 },
        encoding: { tooltip: values },
      },
      {
        transform: [{ filter: "datum.kind == 'start'" }],
        mark: { type: "rule", strokeDash: [4, 4] },
        encoding: { x: null },
      },
      {
        transform: [{ filter: "datum.kind == 'here'" }],
        mark: { type: "point", filled: true, size: 140, color: css("accent") },
        encoding: { tooltip: values },
      },
    ],
  };
}

export function open(into, complain) {
  let descent = null;
  const question = latest(complain),
    line = chart(spec);
  const sum = h("div", { class: "sum", tabindex: 0, role: "group", "aria-label": "The update written out" }),
    says = h("p"),
    picture = h("div"),
    cases = h("div", { class: "columns" });
  into.append(
    h("h2", {}, "One image, one weight, one update"),
    h(
      "p",
      {},
      "Training looks at a batch of images, finds for every weight which way the loss falls, and takes one step that way. The learning rate says how far.",
    ),
    h("div", { class: "columns" }, h("div", {}, line.element, says), h("div", { class: "card" }, picture, sum)),
    h("h3", {}, "Three cases of this batch"),
    cases,
  );

  async function load() {
    await question.ask(async (signal) => {
      descent = await ask("/api/descent", recipeOf(get()), signal);
      complain(null);
      still();
      draw();
    }, load);
  }

  // What does not move with the needle.
  function still() {
    descent.losses = descent.losses.map((loss) => (Number.isFinite(Number(loss)) ? Number(loss) : Infinity));
    const [height, width] = [descent.image.length, descent.image[0].length],
      pixel = Math.floor(descent.weight.feature / descent.image[0][0].length),
      [row, column] = [Math.floor(pixel / width), pixel % width];
    picture.replaceChildren(
      h(
        "div",
        { class: "marked" },
        digit(descent.image, 112, `the first image of the batch, labelled ${descent.label}`),
        h("i", {
          style: `left:${(column / width) * 112}px;top:${(row / height) * 112}px;width:${112 / width}px;height:${112 / height}px`,
        }),
      ),
      h(
        "p",
        { class: "note" },
        `The first of the ${descent.batch.length} images of the batch, labelled ${descent.label}. The loss of the batch before any step is ${nats(descent.losses[0])} nats; guessing blindly costs ${nats(descent.blind)}.`,
      ),
      h("h3", {}, "The arithmetic of one weight"),
      h(
        "p",
        { class: "note" },
        `It leads from the marked pixel, in row ${row} and column ${column} counted from 0, to ${get().hidden ? `hidden unit ${descent.weight.unit}` : `the output of class number ${descent.weight.unit}`}.`,
      ),
    );
    const start = descent.losses[0],
      steps = descent.rates.map((rate, i) => ({ rate, loss: descent.losses[i] })).slice(1),
      right = steps.reduce((a, b) => (b.loss < a.loss ? b : a)),
      over = steps.find((at) => at.rate > right.rate && at.loss > start),
      [small, best, large] = [right.rate / 100, right.rate, (over?.rate ?? axis.high) * 1.5].map((rate) =>
        rateAt(place(rate)),
      );
    cases.replaceChildren(
      card(
        "Too small",
        small,
        `The step takes ${nats(start - after(descent, small))} nats off, where one of ${words(best)} takes ${nats(start - after(descent, best))}.`,
      ),
      card(
        "Right for this step",
        best,
        right.rate > axis.high
          ? `The bottom of the cut is at ${words(right.rate)}, beyond the dial.`
          : "The step ends at the bottom of the cut.",
      ),
      after(descent, large) > start
        ? card("Too large", large, "The step leaps over the valley, and lands higher than it began.")
        : card("The largest of the dial", large, "For one step from the start, even this is not too large."),
    );
  }

  function card(title, rate, text) {
    return h(
      "div",
      { class: "card" },
      h("h3", { style: "margin-top:0" }, title),
      h("p", {}, text, ` The loss goes from ${nats(descent.losses[0])} to ${nats(after(descent, rate))}.`),
      h("button", { onclick: () => set({ lr: rate }) }, `Take ${words(rate)}`),
    );
  }

  function draw() {
    if (!descent) return;
    const { lr } = get(),
      here = after(descent, lr),
      start = descent.losses[0],
      { weight } = descent,
      top = Math.max(start * 2, start + 1),
      at = (kind, rate, loss) => ({ kind, rate, loss: Math.min(loss, top), after: Math.min(loss, 1e9) });
    // To be read between two of them they are many; to be drawn, a third is enough.
    const rows = [
      ...descent.rates.map((rate, i) => at("curve", rate, descent.losses[i])).filter((_, i) => i % 3 === 1),
      { kind: "start", loss: start },
      at("here", lr, here),
    ];
    const moved = !Number.isFinite(here)
      ? "the loss leaves the finite numbers"
      : Math.abs(here - start) < 0.005
        ? `the loss stays at ${nats(here)}`
        : `the loss ${here < start ? "falls" : "rises"} from ${nats(start)} to ${nats(here)}`;
    line.show(
      rows,
      `A step of ${words(lr)}: ${moved}`,
      `The batch's real loss, cut along the direction of its gradient. Dashed: the loss before the step.${descent.losses.some((loss) => loss > top) ? ` What is above ${nats(top)} is drawn there.` : ""}`,
    );
    const step = lr * weight.gradient,
      // As many digits as show the step.
      digits = Math.min(Math.max(5, 1 - Math.floor(Math.log10(Math.abs(step)))), 12),
      [before, gradient, by, moves] = [weight.before, weight.gradient, step, weight.before - step].map((value) =>
        fixed(value, digits),
      );
    sum.textContent = `weight before      ${before}\ngradient           ${gradient}\nlearning rate       ${words(lr)}\n\nweight after = ${before} - ${words(lr)} x (${gradient.trim()})\n             = ${before} - (${by.trim()})\n             = ${moves}`;
    says.textContent = `This is one plain step from the very start, of all ${descent.weights.toLocaleString("en")} weights at once. A training takes many of them, on other batches, and most optimizers make more of a gradient than this; so the best rate of a whole training, on the dial above, is another.`;
  }

  load();
  return {
    change(state, before) {
      if (JSON.stringify(recipeOf(state)) !== JSON.stringify(recipeOf(before))) load();
      else draw();
    },
    close() {
      question.end();
      line.close();
    },
  };
}

function fixed(value, digits) {
  return (value < 0 ? "" : " ") + value.toFixed(digits);
}

// The loss after a step of a size, between the two sizes at which it was measured.
export function after({ rates, losses }, rate) {
  const at = rates.findIndex((other) => other >= rate),
    [a, b] = [rates[at - 1], rates[at]],
    [u, v] = [losses[at - 1], losses[at]];
  return u + (v - u) * ((rate - a) / (b - a));
}
