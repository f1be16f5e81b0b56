// One image, one weight, one update: what a step of each size does to one batch's real loss.
import { ask } from "../api.js";
import { chart } from "../charts.js";
import { a, digit, h } from "../elements.js";
import { nats, rateAt, place, words } from "../rates.js";
import { get, recipeOf, set } from "../state.js";

export const name = "Concept";

export function open(into, complain) {
  let told = null,
    controller = null;
  const line = chart(() => ({
    encoding: {
      x: {
        field: "rate",
        type: "quantitative",
        title: "learning rate of this one step (logarithmic)",
        scale: { type: "log", domain: [1e-3, 100], nice: false },
        axis: { format: "~g", values: [0.001, 0.01, 0.1, 1, 10, 100] },
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
      {
        transform: [{ filter: "datum.kind == 'start'" }],
        mark: { type: "rule", strokeDash: [4, 4] },
        encoding: { x: null },
      },
      {
        transform: [{ filter: "datum.kind == 'here'" }],
        mark: { type: "point", filled: true, size: 140, color: css("accent") },
        encoding: {
          tooltip: [
            { field: "rate", title: "learning rate" },
            { field: "loss", title: "loss after", format: ".3f" },
          ],
        },
      },
    ],
  }));
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
    h(
      "div",
      { class: "columns" },
      h("div", {}, line.element, says),
      h("div", { class: "card" }, picture, h("h3", {}, "The arithmetic of one weight"), sum),
    ),
    h("h3", {}, "Three cases of this batch"),
    cases,
  );

  async function load() {
    controller?.abort();
    controller = new AbortController();
    try {
      told = await ask("/api/descent", recipeOf(get()), controller.signal);
      complain(null);
      still();
      draw();
    } catch (error) {
      if (error.name !== "AbortError") complain(error, load);
    }
  }

  // What does not move with the needle.
  function still() {
    picture.replaceChildren(
      digit(told.image, 112, `${a(told.label)}, the first image of the batch`),
      h(
        "p",
        { class: "note" },
        `The first of the ${told.batch.length} images of the batch: ${a(told.label)}. The loss before any step is ${nats(told.losses[0])} nats; guessing blindly costs ${nats(told.blind)}.`,
      ),
    );
    const finite = told.rates
      .map((rate, i) => ({ rate, loss: Number(told.losses[i]) }))
      .slice(1)
      .filter((at) => Number.isFinite(at.loss));
    const right = finite.reduce((a, b) => (b.loss < a.loss ? b : a));
    const over = finite.find((at) => at.rate > right.rate && at.loss > told.losses[0]) ?? finite.at(-1);
    cases.replaceChildren(
      card("Too small", right.rate / 100, "One step hardly moves the loss; a hundred of them would be needed."),
      card("Right for this step", right.rate, "The step ends near the bottom of the cut."),
      card("Too large", over.rate * 1.5, "The step leaps over the valley, and lands higher than it began."),
    );
  }

  function card(title, rate, text) {
    return h(
      "div",
      { class: "card" },
      h("h3", { style: "margin-top:0" }, title),
      h("p", {}, text, ` The loss goes from ${nats(told.losses[0])} to ${nats(after(rate))}.`),
      h("button", { onclick: () => set({ lr: rateAt(place(rate)) }) }, `Take ${words(rateAt(place(rate)))}`),
    );
  }

  function after(rate) {
    const at = told.rates.findIndex((other) => other >= rate);
    if (at <= 0) return told.losses[at === 0 ? 0 : told.losses.length - 1];
    const [a, b] = [told.rates[at - 1], told.rates[at]],
      [u, v] = [told.losses[at - 1], told.losses[at]].map(Number);
    return u + (v - u) * ((rate - a) / (b - a));
  }

  function draw() {
    if (!told) return;
    const { lr } = get(),
      here = Number(after(lr)),
      start = Number(told.losses[0]),
      { weight } = told;
    const top = Math.max(start * 2, start + 1);
    const rows = told.rates
      .slice(1)
      .map((rate, i) => ({ kind: "curve", rate, loss: Math.min(Number(told.losses[i + 1]) || top, top) }));
    rows.push({ kind: "start", loss: start }, { kind: "here", rate: Math.max(lr, 1e-3), loss: Math.min(here, top) });
    const moved =
      here < start - 0.02
        ? `the loss falls from ${nats(start)} to ${nats(here)}`
        : here > start + 0.02
          ? `the loss rises from ${nats(start)} to ${nats(here)}`
          : `the loss stays at ${nats(here)}`;
    line.show(
      rows,
      `A step of ${words(lr)}: ${moved}`,
      "The batch's real loss, cut along the direction of its gradient. Dashed: the loss before the step.",
    );
    const step = lr * weight.gradient;
    sum.textContent = `weight before      ${fixed(weight.before)}\ngradient           ${fixed(weight.gradient)}\nlearning rate      ${words(lr)}\n\nweight after = ${fixed(weight.before)}\n             - ${words(lr)} x (${fixed(weight.gradient)})\n             = ${fixed(weight.before - step)}`;
    says.textContent = `This is one plain step from the very start, of all ${told.weights.toLocaleString("en")} weights at once. Hundreds of steps follow, on other batches, and momentum adds up; so the best rate of a whole training, on the dial above, is another.`;
  }

  load();
  return {
    change(state, before) {
      if (JSON.stringify(recipeOf(state)) !== JSON.stringify(recipeOf(before))) load();
      else draw();
    },
    close() {
      controller?.abort();
      line.close();
    },
  };
}

function fixed(value) {
  return (value < 0 ? "" : " ") + value.toFixed(5);
}

function css(token) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
}
