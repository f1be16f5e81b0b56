// A task from a number, three probes, one choice; scored by the accuracy that was lost against the best rate.
import { ask, stream } from "../api.js";
import { chart, css, rateAxis } from "../charts.js";
import * as images from "../data-sets.js";
import { h, table } from "../elements.js";
import * as landscape from "../landscape.js";
import { axis, customaryRate, percent, words } from "../rates.js";
import { address, get, recipeOf, set } from "../state.js";

export const name = "Challenge";

const PROBES = 3,
  GUESSES = ["less than 1 point", "1 to 3 points", "3 to 10 points", "more than 10 points"];

// Mulberry32: the same number gives a class the same task.
function random(seed) {
  let at = seed >>> 0;
  return (n) => {
    at = (at + 0x6d2b79f5) >>> 0;
    let t = Math.imul(at ^ (at >>> 15), at | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export function task(game) {
  const pick = random(game * 2654435761),
    of = (values) => values[pick(values.length)];
  return {
    optimizer: of(["sgd", "momentum", "nesterov", "adam", "rmsprop", "adagrad"]),
    batch_size: of([8, 16, 32, 64]),
    epochs: of([2, 3, 5, 8]),
    hidden: of(["", "32", "128", "128,64"]),
    schedule: of(["constant", "linear", "cosine"]),
    seed: pick(1000),
  };
}

// Means over the folds by rate, where a rate of which a fold diverged gets nothing right.
export function outcomes(trials) {
  return landscape.points({ trials }).map((at) => {
    const diverged = at.trials.some((trial) => trial.status === "diverged");
    return { ...at, diverged, accuracy: diverged ? 0 : at.accuracy };
  });
}

// What a choice lost against the best of all rates, in points, and what is said of it; `guess` counts GUESSES.
export function scored(all, rate, customary, guess) {
  const at = (where) => all.find((point) => point.rate === where),
    best = all.reduce((a, b) => (b.accuracy > a.accuracy ? b : a)),
    [lost, par] = [rate, customary].map((where) => 100 * (best.accuracy - at(where).accuracy)),
    badge = lost < 0.5 ? "Gold" : lost < 2 ? "Silver" : lost < 5 ? "Bronze" : null,
    against = lost < par - 0.05 ? "you beat it" : lost > par + 0.05 ? "it beats you" : "you are level with it",
    said = GUESSES[guess],
    was = GUESSES[lost < 1 ? 0 : lost < 3 ? 1 : lost < 10 ? 2 : 3];
  const points = (value) => `${value.toFixed(1)} point${value.toFixed(1) === "1.0" ? "" : "s"}`,
    gets = at(rate).diverged
      ? `${words(rate)} diverges, which counts as nothing right`
      : `${words(rate)} gets ${percent(at(rate).accuracy)} right`;
  return {
    best,
    title: badge ? `${badge}: you lost ${points(lost)}` : `You lost ${points(lost)}`,
    says: [
      `On three folds ${gets}; the best rate, ${words(best.rate)}, gets ${percent(best.accuracy)}. The customary ${words(customary)} would have lost ${points(par)}: ${against}.`,
      said === was ? `You predicted ${said}, and that is what it was.` : `You predicted ${said}; it was ${was}.`,
    ],
  };
}

function probeTable(probes) {
  const loss = (value) => (Number.isFinite(Number(value)) ? Number(value).toFixed(2) : "not finite");
  return table(
    ["probe", "learning rate", "right on validation", "validation loss, epoch by epoch"],
    probes.map((at, i) => [
      String(i + 1),
      words(at.rate),
      at.diverged ? "diverged" : percent(at.accuracy),
      at.losses.map(loss).join(", "),
    ]),
  );
}

// The best rate, the probes and the choice in one picture.
function spec() {
  return {
    encoding: {
      x: rateAxis(),
      y: { field: "accuracy", type: "quantitative", title: "right on validation", axis: { format: ".0%" } },
    },
    layer: [
      {
        transform: [{ filter: "datum.kind == 'mean'" }],
        mark: { type: "line", color: css("quiet"), point: { filled: true, color: css("quiet") }, tooltip: true },
      },
      {
        transform: [{ filter: "datum.kind == 'probe'" }],
        mark: { type: "point", shape: "diamond", size: 120, color: css("ink") },
        encoding: {
          tooltip: [
            { field: "rate", title: "probe" },
            { field: "accuracy", format: ".0%" },
          ],
        },
      },
      {
        transform: [{ filter: "datum.kind == 'chosen'" }],
        mark: { type: "rule", color: css("accent"), strokeWidth: 2.5 },
        encoding: { y: null },
      },
    ],
  };
}

function taskWords(number, r) {
  const units = r.hidden ? `${r.hidden.replace(",", " and ")} hidden units` : "no hidden layer";
  return `Task ${number}, on ${images.title(r.data)}: ${r.optimizer}, ${r.schedule} schedule, batches of ${r.batch_size}, ${r.epochs} epochs, ${units}. The recipe above does not count here, and the dial is empty: set the needle, probe, and choose.`;
}

// What a probe showed, as the table and the picture take it.
export function probed(rate, { diverged, valid_accuracy: right, valid_loss: losses }) {
  return { rate, diverged, accuracy: diverged ? 0 : Number(right.at(-1)), losses };
}

function landRows(all, probes, chosen) {
  return [
    ...all.map(({ rate, accuracy }) => ({ kind: "mean", rate, accuracy })),
    ...probes.map((one) => ({ kind: "probe", ...one })),
    { kind: "chosen", ...chosen },
  ];
}

export function open(into, complain, redraw) {
  let game = null,
    controller = new AbortController();
  const number = h("input", {
    type: "number",
    min: 1,
    max: 9999,
    value: get().game,
    "aria-label": "number of the task",
    onchange: () => {
      if (number.checkValidity()) set({ game: Number(number.value), probes: "" });
    },
  });
  const says = h("p"),
    shared = h("span", { role: "status" }),
    probes = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Probes" }),
    guess = h(
      "select",
      { "aria-label": "what the choice will lose" },
      GUESSES.map((text, i) => h("option", { value: i }, text)),
    );
  const probe = h("button", { onclick: () => test(get().lr) }, "Probe the rate under the needle"),
    choose = h("button", { class: "main", onclick: reveal }, "Choose it"),
    result = h("div", { "aria-live": "polite" });
  const land = chart(spec, 240);
  into.append(
    h("h2", {}, "Challenge: find the rate with three probes"),
    says,
    h(
      "div",
      { class: "row" },
      h("label", {}, "task", number),
      h("button", { onclick: () => set({ game: 1 + (get().game % 9999), probes: "" }) }, "Next task"),
      h("button", { onclick: share }, "Copy the link for a class"),
      shared,
    ),
    h("div", { class: "row" }, probe, h("label", {}, "I predict that it loses", guess), choose),
    probes,
    result,
  );

  function begin() {
    controller.abort();
    controller = new AbortController();
    const { data } = get();
    game = { recipe: { ...recipeOf(get()), data, warmup: 0, ...task(get().game) }, probes: [], over: false };
    number.value = get().game;
    shared.textContent = "";
    says.textContent = taskWords(get().game, game.recipe);
    result.replaceChildren();
    draw();
    redraw();
    again(game);
  }

  // The probes that stand in the address, after a reload.
  async function again(mine) {
    const rates = get().probes.split(",").map(Number);
    for (const rate of rates.filter((one) => one >= axis.low && one <= axis.high).slice(0, PROBES))
      if (mine === game) await test(rate);
  }

  function draw() {
    probe.disabled = game.over || game.probes.length >= PROBES;
    choose.disabled = game.over;
    guess.disabled = game.over;
    probe.textContent = `Probe the rate under the needle (${PROBES - game.probes.length} left)`;
    probes.replaceChildren(game.probes.length ? probeTable(game.probes) : "");
  }

  async function test(rate) {
    const mine = game;
    probe.disabled = true;
    try {
      const metrics = await ask("/api/metrics", { ...mine.recipe, learning_rate: rate }, controller.signal);
      mine.probes.push(probed(rate, metrics));
    } catch (error) {
      if (error.name !== "AbortError") complain(error, () => test(rate));
    }
    if (mine !== game) return;
    draw();
    set({ probes: mine.probes.map((one) => one.rate).join(",") });
  }

  async function reveal() {
    const rate = get().lr,
      mine = game,
      trials = [];
    mine.over = true;
    draw();
    result.replaceChildren(
      h(
        "p",
        { class: "note" },
        "Training your rate and the 25 of the dial on three folds each, to see what the best would have been.",
      ),
    );
    try {
      await stream("/api/landscape", { ...mine.recipe, folds: 3, also: rate }, controller.signal, (event) => {
        if (event.event === "trials") trials.push(...event.trials);
      });
    } catch (error) {
      if (error.name !== "AbortError") {
        mine.over = false;
        draw();
        complain(error, reveal);
      }
      return;
    }
    if (mine === game) score(outcomes(trials), rate);
  }

  function score(all, rate) {
    const { best, title, says } = scored(all, rate, customaryRate(game.recipe.optimizer), Number(guess.value));
    result.replaceChildren(h("h3", {}, title), ...says.map((text) => h("p", {}, text)), land.element);
    land.show(
      landRows(all, game.probes, { rate, accuracy: best.accuracy }),
      `The best rate of task ${get().game} is ${words(best.rate)}`,
      "Mean of three folds by learning rate. Diamonds: your probes, on one fold. The upright line: your choice.",
    );
    redraw();
  }

  async function share() {
    const link = new URL(address({ ...get(), lr: 0.01, probes: "" }), location.href);
    await navigator.clipboard.writeText(String(link)).then(
      () => {
        shared.textContent = "Copied.";
      },
      () => {
        shared.textContent = `Copy it from here: ${link}`;
      },
    );
  }

  begin();
  return {
    change(state, before) {
      if (state.game !== before.game || state.data !== before.data) begin();
    },
    close() {
      controller.abort();
      land.close();
    },
    veiled: () => true,
  };
}
