// A drawing, seen by models of many learning rates.
import { ask, latest } from "./api.js";
import { pad } from "./drawing.js";
import { digit, h, table } from "./elements.js";
import { figure } from "./layers.js";
import { colour, percent, words } from "./rates.js";
import { get, recipeOf } from "./state.js";

const INVITATION =
  "Draw on the black square. Twelve models, each trained at a learning rate of its own, will look at it.";

// The drawing, what the model at the needle makes of it, and what all of them say.
function parts(answer, drawn) {
  const sorted = [...answer.models].sort((a, b) => a.learning_rate - b.learning_rate);
  const row = (model) => {
    const best = model.probabilities.indexOf(Math.max(...model.probabilities));
    return [
      [
        h("span", { class: "swatch", style: `background:${colour(model.learning_rate)}` }),
        words(model.learning_rate),
        model === answer.models.at(-1) ? " (needle)" : "",
      ],
      model.diverged ? "nothing: it diverged" : answer.class_names[best],
      model.diverged ? "" : percent(model.probabilities[best]),
    ];
  };
  return [
    digit(drawn, 84, "your drawing as the models see it"),
    h("p", { class: "note" }, "So the models see it: fitted into 20 by 20 pixels, its centre of mass in the middle."),
    ...(answer.layers.length
      ? [h("p", {}, `Through the model at the needle, ${words(get().lr)}:`), ...answer.layers.map(figure)]
      : []),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "What each model says" },
      table(["trained at", "says", "with"], sorted.map(row)),
    ),
  ];
}

export function predictions(complain) {
  let drawn = null;
  const question = latest(complain),
    others = h("div", { "aria-live": "polite" }, h("p", { class: "note" }, INVITATION));
  const square = pad((pixels) => {
    drawn = pixels;
    look();
  });

  async function look() {
    question.end();
    if (!drawn) {
      others.replaceChildren(h("p", { class: "note" }, INVITATION));
      return;
    }
    if (!others.querySelector("table"))
      others.replaceChildren(h("p", { class: "note" }, "The twelve models are being trained."));
    await question.ask(async (signal) => {
      const answer = await ask("/api/predictions", { ...recipeOf(get()), learning_rate: get().lr }, signal, {
        method: "POST",
        body: JSON.stringify({ pixels: drawn }),
        headers: { "content-type": "application/json" },
      });
      others.replaceChildren(...parts(answer, drawn));
    }, look);
  }

  return { element: h("div", { class: "columns" }, square.element, others), look, close: question.end };
}
