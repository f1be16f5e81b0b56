// The pipeline laid open for the rate under the needle, and one digit followed through the layers.
import { ask, latest } from "../api.js";
import { course } from "../course.js";
import * as data from "../data-sets.js";
import { a, digit, h, table } from "../elements.js";
import * as landscape from "../landscape.js";
import { prediction } from "../layers.js";
import { nats, percent, words } from "../rates.js";
import { predictions } from "../predictions.js";
import { get, recipeOf, set } from "../state.js";

export const name = "Trace";

// How many test images there are: the last stage says it.
export function testImages(trace) {
  return trace.stages.at(-1).shape_in[0];
}

export function shape(of) {
  return of.length ? of.join("\u00d7") : "one number";
}

// Whether more than the way has changed, which the page opens itself.
export function another(state, before) {
  return state.way === before.way && JSON.stringify(state) !== JSON.stringify(before);
}

function stageItems(trace) {
  const first = `the first training image, ${a(trace.class_names[trace.sample.label])}`;
  return trace.stages.map((stage, i) =>
    h(
      "li",
      {},
      h("b", {}, `${i + 1}. ${stage.name}`),
      ` ${shape(stage.shape_in)} \u2192 ${shape(stage.shape_out)}`,
      h("p", {}, stage.action),
      i === 0 ? digit(trace.sample.image, 84, first) : "",
      h("p", { class: "note" }, stage.example),
    ),
  );
}

function epochTable(trace) {
  return table(
    ["epoch", "training loss", "right", "what there is to see"],
    trace.epochs.map((epoch) => [
      String(epoch.epoch),
      nats(epoch.train_loss),
      percent(epoch.train_accuracy),
      epoch.observation,
    ]),
    [1, 2],
  );
}

// Only characters are drawn as they were by those who wrote them.
function canvas(draws, drawing) {
  return draws
    ? [h("h3", {}, "Draw one yourself, and see what models of other rates make of it"), drawing.element]
    : [
        h("h3", {}, "Drawing"),
        h(
          "p",
          { class: "note" },
          "What one draws can be shown to models that learned characters, gray and of 28 by 28 pixels: the digits, mnist, kmnist, or such images of your own. These images are of another kind; follow one of the test images above.",
        ),
      ];
}

export function open(into, complain) {
  let later = 0,
    tests = 200;
  const question = latest(complain),
    drawing = predictions(complain),
    walk = course();
  const stages = h("ol", { class: "stages" }),
    epochs = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Training, epoch by epoch" }),
    followed = h("div"),
    insight = h("div"),
    title = h("h2"),
    own = h("div"),
    label = h("span", {}, "test image");
  const pick = h("input", {
    type: "number",
    min: 0,
    max: 199,
    value: get().image,
    "aria-label": "number of the test image",
    oninput: () => {
      if (pick.checkValidity() && pick.value !== "") set({ image: Number(pick.value) });
    },
  });
  const turner = h(
    "div",
    { class: "row" },
    h("label", {}, label, pick),
    h("button", { onclick: () => turn(-1) }, "Previous"),
    h("button", { onclick: () => turn(1) }, "Next"),
  );
  into.append(
    title,
    h("p", {}, "The whole of one training at the rate under the needle, with the numbers that were really there."),
    h("h3", {}, "Five stages"),
    stages,
    h("h3", {}, "Epoch by epoch"),
    walk.element,
    epochs,
    h("h3", {}, "One prediction, followed through the layers"),
    turner,
    followed,
    own,
    h("h3", {}, "What to take away"),
    insight,
  );

  function turn(by) {
    const image = (get().image + by + tests) % tests;
    pick.value = image;
    set({ image });
  }

  async function load() {
    question.end();
    const { lr, image, run } = get();
    title.textContent = `Trace: learning rate ${words(lr)}`;
    pick.value = image;
    // A kept run has one image that was followed, and no weights to see others with.
    turner.hidden = own.hidden = Boolean(run);
    const draws = Boolean(data.known(get().data)?.draws);
    if (own.dataset.draws !== String(draws)) own.replaceChildren(...canvas(draws, drawing));
    own.dataset.draws = draws;
    if (run) {
      stored();
      return;
    }
    if (draws) drawing.look();
    await question.ask(async (signal) => {
      const trace = await ask("/api/trace", { ...recipeOf(get()), learning_rate: lr, image }, signal);
      complain(null);
      draw(trace);
    }, load);
  }

  // A kept run has the trace of its recommended rate.
  function stored() {
    const kept = landscape.now.run?.trace;
    if (!landscape.now.run) return;
    if (kept) {
      title.textContent = `Trace: the kept training at ${words(kept.learning_rate)}`;
      draw(kept);
    } else {
      title.textContent = "Trace";
      for (const part of [epochs, followed, insight]) part.replaceChildren();
      stages.replaceChildren(
        h("li", {}, "This kept run has no trace: its model was trained elsewhere, or no rate was recommended."),
      );
    }
  }

  function draw(trace) {
    tests = testImages(trace);
    pick.max = tests - 1;
    label.textContent = `test image, 0 to ${tests - 1}`;
    stages.replaceChildren(...stageItems(trace));
    epochs.replaceChildren(epochTable(trace));
    insight.replaceChildren(...trace.insight.map((sentence) => h("p", {}, sentence)));
    walk.show(trace);
    followed.replaceChildren(
      prediction(trace) ??
        h("p", {}, "This training diverged: there are no weights to predict with. Move the needle to a smaller rate."),
    );
  }

  const stop = landscape.subscribe(() => {
    if (get().run) stored();
  });
  load();
  return {
    change(state, before) {
      if (another(state, before)) {
        clearTimeout(later);
        later = setTimeout(load, 60);
        title.textContent = `Trace: learning rate ${words(state.lr)}`;
      }
    },
    close() {
      stop();
      drawing.close();
      walk.close();
      clearTimeout(later);
      question.end();
    },
  };
}
