// Curves on training, validation and test images, the confusion matrix, and what the model gets wrong most surely.
import { ask } from "../api.js";
import { chart, css, framed, TALLEST } from "../charts.js";
import { a, digit, h } from "../elements.js";
import * as landscape from "../landscape.js";
import { nats, percent, words } from "../rates.js";
import { get, moved, recipeOf } from "../state.js";

export const name = "Metrics";

const PARTS = { train: "training", valid: "validation", test: "test" };

export function open(into, complain) {
  let controller = null,
    later = 0,
    metrics = null;
  const curve = (title, format) =>
    chart(
      () => ({
        encoding: {
          x: {
            field: "epoch",
            type: "quantitative",
            title: "epoch",
            axis: { tickMinStep: 1, format: "d" },
            scale: { nice: false },
          },
          y: { field: "shown", type: "quantitative", title: title(), axis: { format }, scale: { zero: false } },
          // Colour means learning rate; the three parts of the data differ by their strokes.
          strokeDash: {
            field: "part",
            type: "nominal",
            title: null,
            scale: {
              domain: Object.values(PARTS),
              range: [
                [2, 3],
                [1, 0],
                [8, 4],
              ],
            },
            legend: null,
          },
          tooltip: [
            { field: "part", title: "images" },
            { field: "epoch" },
            { field: "value", title: title(), format: format === "~g" ? ".3~r" : format },
          ],
        },
        mark: {
          type: "line",
          color: css("ink"),
          strokeWidth: 2,
          point: { filled: true, color: css("ink"), size: 26 },
        },
      }),
      220,
    );
  const losses = curve(() => `mean loss (${landscape.measure(get().run && landscape.now.run?.reports)})`, "~g"),
    rights = curve(() => "share right", ".0%");
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
    controller?.abort();
    controller = new AbortController();
    const state = get();
    title.textContent = `Metrics: learning rate ${words(state.lr)}`;
    if (state.run) {
      stored();
      return;
    }
    try {
      metrics = await ask("/api/metrics", { ...recipeOf(state), learning_rate: state.lr }, controller.signal);
      complain(null);
      draw(metrics);
    } catch (error) {
      if (error.name !== "AbortError") complain(error, load);
    }
  }

  // A kept run has curves of its trials, on training and validation images.
  function stored() {
    const at = landscape.nearest(landscape.points(landscape.now), get().lr);
    if (!at) return;
    title.textContent = `Metrics: the kept training at ${words(at.rate)}`;
    const trial = at.trials[0];
    draw({
      ...trial,
      test_loss: [],
      test_accuracy: [],
      diverged: trial.status === "diverged",
      confusion: null,
      mistakes: [],
      class_names: [],
    });
    confusion.replaceChildren(h("p", {}, "A kept run has no confusion matrix: weights of trials are not kept."));
    mistakes.replaceChildren(h("p", {}, "Nor single images."));
  }

  function draw(m) {
    const reports = get().run ? landscape.now.run?.reports : null;
    const rows = (kind) =>
      Object.entries(PARTS).flatMap(([part, words_]) =>
        m[`${part}_${kind}`]
          .map((value, i) => ({ part: words_, epoch: i + 1, value: Number(value) }))
          .filter((row) => Number.isFinite(row.value))
          .map((row) => ({ ...row, shown: kind === "loss" ? framed(row.value, reports) : row.value })),
      );
    const last = (key) => Number(m[key].at(-1) ?? NaN);
    const [trained, valid] = [last("train_loss"), last("valid_loss")],
      gap = valid - trained,
      blind = m.class_names.length ? Math.log(m.class_names.length) : NaN,
      strokes = `Dotted: training, solid: validation${m.test_loss.length ? ", dashed: test" : ""}.`;
    losses.show(
      rows("loss"),
      m.diverged
        ? "The loss left the finite numbers"
        : Number.isNaN(gap)
          ? `Validation loss ends at ${nats(valid)}`
          : Math.abs(gap) > 0.1
            ? `Validation loss ends ${nats(Math.abs(gap))} ${gap > 0 ? "above" : "below"} training loss`
            : "Training and validation loss end within 0.1 of each other",
      `${strokes} The training loss is the mean while an epoch ran, so it lags behind the others.${rows("loss").some((row) => row.shown < row.value) ? ` Losses above ${TALLEST} stand at ${TALLEST}.` : ""}`,
    );
    rights.show(
      rows("accuracy"),
      m.diverged
        ? "This training diverged"
        : Number.isNaN(last("valid_accuracy"))
          ? "No share of right answers was reported"
          : `${percent(last("valid_accuracy"))} right on validation${m.test_accuracy.length ? `, ${percent(last("test_accuracy"))} on test` : ""}`,
      strokes,
    );
    says.replaceChildren(
      h(
        "p",
        {},
        h("b", {}, "Training "),
        `tells whether it learns at all. ${
          m.diverged
            ? "This one did not: its loss stopped being a finite number."
            : Number.isNaN(gap)
              ? "Of this one there is nothing to compare."
              : `In the last epoch it was ${nats(trained)} ${
                  valid > blind - 0.1
                    ? `and ${nats(valid)} on images that did not train; a blind guess has ${nats(blind)}: there is little or nothing learned.`
                    : gap > 0.1
                      ? `where images that did not train had ${nats(valid)}: the model has begun to learn its own by heart.`
                      : gap < -0.1
                        ? `and ${nats(valid)} right after it on images that did not train: the model is still getting better, or jumps.`
                        : `and ${nats(valid)} on images that did not train: nothing is learned by heart so far.`
                }`
        }`,
      ),
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
    if (!m.confusion) {
      if (m.diverged) {
        confusion.replaceChildren(
          h("p", {}, "A training that diverged has no model. Move the needle to a smaller rate."),
        );
        mistakes.replaceChildren();
      }
      return;
    }
    const names = m.class_names,
      sums = m.confusion.map((row) => row.reduce((a, b) => a + b, 0));
    confusion.replaceChildren(
      h(
        "table",
        { class: "matrix" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", {}, "it is \u2193  says \u2192"),
            names.map((text) => h("th", { class: "n" }, text)),
          ),
        ),
        h(
          "tbody",
          {},
          m.confusion.map((row, i) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, names[i]),
              row.map((count, j) =>
                h(
                  "td",
                  {
                    class: "n",
                    title: `${count} of ${sums[i]} images of ${names[i]} are called ${names[j]}`,
                    style: `background:color-mix(in srgb, var(--ghost) ${Math.round((60 * count) / Math.max(sums[i], 1))}%, transparent)`,
                  },
                  count ? h(i === j ? "b" : "span", {}, String(count)) : "",
                ),
              ),
            ),
          ),
        ),
      ),
    );
    mistakes.replaceChildren(
      ...(m.mistakes.length
        ? m.mistakes.map((one) =>
            h(
              "figure",
              {},
              digit(one.image, 84, `test image ${one.number}, ${a(one.label)}`),
              h("figcaption", {}, `${a(one.label)}, called ${one.said}`, h("br"), `with ${percent(one.confidence)}`),
            ),
          )
        : [h("p", {}, "It makes no mistake on the test images.")]),
    );
  }

  // Half the width of the 95 % interval of a share of so many images.
  function luck(m) {
    const n = m.confusion.flat().reduce((a, b) => a + b, 0),
      share = Math.min(Math.max(Number(m.test_accuracy.at(-1)), 0.5 / n), 1 - 0.5 / n);
    return `With ${n.toLocaleString("en")} images, luck alone moves it by ${(196 * Math.sqrt((share * (1 - share)) / n)).toFixed(1)} points either way.`;
  }

  const stop = landscape.watch(() => {
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
      controller?.abort();
      losses.close();
      rights.close();
    },
  };
}
