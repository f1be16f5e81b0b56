// The playground: the recipe of the page (A) against one that was put aside (B), and the code of exactly this recipe.
import { ask, latest, stream } from "../api.js";
import { chart, colourOfRate, css, framed, lossAxis, rateAxis } from "../charts.js";
import * as data from "../data-sets.js";
import { h, table } from "../elements.js";
import * as landscape from "../landscape.js";
import { nats, percent, words } from "../rates.js";
import { get, moved, pack, recipeOf, set, unpack } from "../state.js";

export const name = "Try it";

const FRAMEWORKS = {
  pytorch: "PyTorch",
  keras: "Keras",
  sklearn: "scikit-learn",
  lightning: "Lightning",
  etascope: "etascope",
};

// A in colours, B dashed and square.
function spec(measure) {
  return {
    encoding: {
      x: rateAxis(),
      y: lossAxis(measure),
    },
    layer: [
      {
        transform: [{ filter: "datum.who == 'B'" }],
        mark: { type: "line", strokeDash: [5, 4], color: css("ghost"), strokeWidth: 2 },
      },
      { transform: [{ filter: "datum.who == 'A'" }], mark: { type: "line", color: css("quiet") } },
      {
        transform: [{ filter: "datum.who == 'A'" }],
        mark: { type: "point", filled: true, size: 60 },
        encoding: {
          color: colourOfRate(),
          tooltip: [
            { field: "rate", title: "learning rate" },
            { field: "loss", format: ".2f" },
          ],
        },
      },
      {
        transform: [{ filter: "datum.who == 'B'" }],
        mark: { type: "point", shape: "square", size: 50, color: css("ghost") },
        encoding: {
          tooltip: [
            { field: "rate", title: "learning rate, B" },
            { field: "loss", format: ".2f" },
          ],
        },
      },
    ],
  };
}

// Rows, title and words of both landscapes in one picture.
export function landOf(now, other, needle) {
  const measure = landscape.measureOf(now.run),
    shown = (of, who) =>
      landscape
        .points(of)
        .filter((at) => Number.isFinite(at.loss))
        .map(({ rate, loss }) => ({ who, rate, loss, shown: framed(loss, measure) }));
  const title = !now.run
    ? "A is being trained"
    : !other?.run
      ? `A: ${words(now.run.learning_rate ?? needle)} is recommended`
      : verdict(now.run, other.run);
  return [
    [...shown(now, "A"), ...(other ? shown(other, "B") : [])],
    title,
    `Coloured dots: A, the recipe above.${other ? " Dashed, squares: B." : ""}`,
  ];
}

function sideBySide(now, recipe, other) {
  const left = describe(now, recipe),
    right = other ? describe(other, other.recipe) : null;
  return table(
    ["what", "A, above", "B, put aside"],
    Object.keys(left).map((key) => [h("th", { scope: "row" }, key), left[key], right ? right[key] : "nothing yet"]),
  );
}

export function open(into, complain) {
  let other = null,
    later = 0,
    scripts = {},
    framework = get().code;
  const training = latest(complain),
    coding = latest(complain),
    land = chart(() => spec(landscape.measureOf(landscape.now.run)), 280);
  const compared = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "A against B" }),
    code = h("pre", { class: "code", tabindex: 0 }),
    note = h("span", { role: "status" });
  const tabs = h(
    "select",
    {
      "aria-label": "framework",
      onchange: () => {
        framework = tabs.value;
        set({ code: framework });
        print();
      },
    },
    Object.entries(FRAMEWORKS).map(([key, text]) => h("option", { value: key, selected: key === framework }, text)),
  );
  const aside = h("button", { class: "main", onclick: () => set({ b: pack(recipeOf(get())) }) }, "Put aside as B"),
    swap = h(
      "button",
      {
        onclick: () => {
          const { b } = get();
          if (b) set({ ...unpack(b), b: pack(recipeOf(get())) });
        },
      },
      "Swap A and B",
    ),
    forget = h("button", { onclick: () => set({ b: "" }) }, "Forget B");
  into.append(
    h("h2", {}, "Try it: your recipe against another"),
    h(
      "p",
      {},
      "Put the settings of this moment aside as B, then change the recipe above: A is trained at once, and both stand in one picture.",
    ),
    h("div", { class: "row" }, aside, swap, forget),
    land.element,
    compared,
    h("h3", {}, "The code of exactly this recipe, at the rate under the needle"),
    h("div", { class: "row" }, h("label", {}, "framework", tabs), h("button", { onclick: copy }, "Copy"), note),
    code,
  );

  async function load() {
    training.end();
    other = null;
    draw();
    if (!get().b) return;
    const trained = { trials: [], run: null, recipe: unpack(get().b) };
    const each = (event) => {
      if (event.event === "trials") trained.trials.push(...event.trials);
      if (event.event === "run") Object.assign(trained, { trials: event.run.trials, run: event.run });
      other = trained;
      draw();
    };
    await training.ask((signal) => stream("/api/landscape", trained.recipe, signal, each), load);
  }

  function draw() {
    // A kept run can be compared, but not be trained again from this page's address.
    aside.disabled = Boolean(get().run);
    swap.disabled = aside.disabled || !get().b;
    forget.disabled = !get().b;
    const { now } = landscape;
    land.show(...landOf(now, other, get().lr));
    compared.replaceChildren(sideBySide(now, now.stored ? now.run.recipe : recipeOf(get()), other));
  }

  async function write() {
    const { lr: learning_rate, run } = get(),
      [path, recipe] = run ? [`/api/runs/${run}/code`, {}] : ["/api/code", recipeOf(get())];
    await coding.ask(async (signal) => {
      scripts = await ask(path, { ...recipe, learning_rate }, signal);
      print();
    }, write);
  }

  function print() {
    code.textContent = scripts[framework] ?? "";
    note.textContent = "";
  }

  async function copy() {
    await navigator.clipboard.writeText(code.textContent).then(
      () => {
        note.textContent = "Copied.";
      },
      () => {
        getSelection().selectAllChildren(code);
        note.textContent = "Selected: copy it with Ctrl+C.";
      },
    );
  }

  const stop = landscape.subscribe(draw);
  load();
  write();
  return {
    change(state, before) {
      if (state.b !== before.b) load();
      else draw();
      if (moved(state, before) || state.lr !== before.lr) {
        clearTimeout(later);
        later = setTimeout(write, 200);
      }
    },
    close() {
      stop();
      clearTimeout(later);
      training.end();
      coding.end();
      land.close();
    },
  };
}

// Which of two runs gets more right, each at its best rate.
export function verdict(a, b) {
  const [x, y] = [a, b].map((run) => Number(run.valid?.accuracy ?? NaN));
  if (Number.isNaN(x) || Number.isNaN(y)) return "Not both have an answer";
  const apart = Math.round(100 * Math.abs(x - y));
  return apart < 1
    ? `A and B get about as many right on validation at their best rates: ${percent(x)} and ${percent(y)}`
    : `${x > y ? "A" : "B"} gets ${apart} point${apart > 1 ? "s" : ""} more right on validation: A ${percent(x)}, B ${percent(y)}, each at its best rate`;
}

// A landscape in a column of the table.
export function describe(of, recipe) {
  const run = of.run,
    best = landscape.points(of).reduce((a, at) => (a && a.loss <= at.loss ? a : at), null);
  return {
    // A kept run has its own.
    images: recipe?.data ? data.title(recipe.data) : (run?.dataset?.source ?? "those of your own script"),
    recipe: recipe
      ? `${recipe.optimizer}, batches of ${recipe.batch_size}, ${recipe.epochs} epochs, ${recipe.model ?? network(String(recipe.hidden))}, ${recipe.schedule}, seed ${recipe.seed}`
      : "that of your own script",
    "recommended rate": run ? (run.learning_rate === null ? "cannot tell yet" : words(run.learning_rate)) : "training",
    basin: run?.basin ? `${words(run.basin.low)} to ${words(run.basin.high)}` : "not known",
    "lowest validation loss": best ? `${nats(best.loss)} at ${words(best.rate)}` : "training",
    "right on validation there": best ? percent(best.accuracy) : "training",
  };
}

function network(hidden) {
  return hidden ? `${hidden.replace(",", " and ")} hidden units` : "no hidden layer";
}
