// A drawing, seen by models of many learning rates.
import { ask } from "./api.js";
import { pad } from "./drawing.js";
import { digit, h } from "./elements.js";
import { figure } from "./layers.js";
import { colour, percent, words } from "./rates.js";
import { get, recipeOf } from "./state.js";

const INVITATION =
  "Draw on the black square. Twelve models, each trained at a learning rate of its own, will look at it.";

export function predictions(complain) {
  let drawn = null,
    request = null;
  const others = h("div", { "aria-live": "polite" }, h("p", { class: "note" }, INVITATION));
  const square = pad((pixels) => {
    drawn = pixels;
    look();
  });

  async function look() {
    request?.abort();
    if (!drawn) {
      others.replaceChildren(h("p", { class: "note" }, INVITATION));
      return;
    }
    request = new AbortController();
    if (!others.querySelector("table"))
      others.replaceChildren(h("p", { class: "note" }, "The twelve models are being trained."));
    try {
      const answer = await ask("/api/predictions", { ...recipeOf(get()), learning_rate: get().lr }, request.signal, {
        method: "POST",
        body: JSON.stringify({ pixels: drawn }),
        headers: { "content-type": "application/json" },
      });
      const sorted = [...answer.models].sort((a, b) => a.learning_rate - b.learning_rate);
      others.replaceChildren(
        digit(drawn, 84, "your drawing as the models see it"),
        h(
          "p",
          { class: "note" },
          "So the models see it: fitted into 20 by 20 pixels, its centre of mass in the middle.",
        ),
        ...(answer.layers.length
          ? [h("p", {}, `Through the model at the needle, ${words(get().lr)}:`), ...answer.layers.map(figure)]
          : []),
        h(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": "What each model says" },
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["trained at", "says", "with"].map((text) => h("th", {}, text)),
              ),
            ),
            h(
              "tbody",
              {},
              sorted.map((model) => {
                const best = model.probabilities.indexOf(Math.max(...model.probabilities));
                return h(
                  "tr",
                  {},
                  h(
                    "td",
                    {},
                    h("span", { class: "swatch", style: `background:${colour(model.learning_rate)}` }),
                    words(model.learning_rate),
                    model === answer.models.at(-1) ? " (needle)" : "",
                  ),
                  h("td", {}, model.diverged ? "nothing: it diverged" : answer.class_names[best]),
                  h("td", {}, model.diverged ? "" : percent(model.probabilities[best])),
                );
              }),
            ),
          ),
        ),
      );
    } catch (error) {
      if (error.name !== "AbortError") complain(error, look);
    }
  }

  return { element: h("div", { class: "columns" }, square.element, others), look, close: () => request?.abort() };
}
