// A race: learning rates side by side, from the same weights, on the same batches, step by step.
import { ask, latest } from "../api.js";
import { chart, colourOfRate } from "../charts.js";
import { h, table } from "../elements.js";
import { colour, nats, percent, place, rateAt, words } from "../rates.js";
import { get, recipeOf, set } from "../state.js";

export const name = "Why";

// Each line is a training, in the colour of its rate; a dot stands at its end.
function spec(steps, top) {
  return {
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        title: "training steps done",
        scale: { domain: [0, steps], nice: false },
        axis: { tickCount: 8 },
      },
      y: {
        field: "loss",
        type: "quantitative",
        title: "training loss, mean of the last ten steps (nats)",
        scale: { domain: [0, top], clamp: true },
      },
      color: colourOfRate(),
    },
    layer: [
      { mark: { type: "line", strokeWidth: 2.2, clip: true }, encoding: { detail: { field: "rate" } } },
      {
        transform: [{ filter: "datum.end" }],
        mark: { type: "point", filled: true, size: 70, clip: true },
        encoding: {
          tooltip: [
            { field: "rate", title: "learning rate" },
            { field: "loss", title: "training loss", format: ".2f" },
            { field: "step", title: "steps done" },
          ],
        },
      },
    ],
  };
}

function standings(race, at, standing) {
  const epoch = Math.floor(at / race.steps_per_epoch);
  return table(
    [
      "learning rate",
      "training loss",
      epoch ? `right on validation, epoch ${epoch}` : "right on validation",
      "how it goes",
    ],
    standing.map(({ runner, loss, out }) => [
      [
        h("span", { class: "swatch", style: `background:${colour(runner.learning_rate)}` }),
        words(runner.learning_rate),
        runner.learning_rate === get().lr ? " (needle)" : "",
      ],
      out ? "" : nats(loss),
      epoch && !out ? percent(Number(runner.valid_accuracy[epoch - 1])) : "",
      out ? `diverged in step ${runner.diverged_at + 1}` : course(race, runner, at),
    ]),
    [1, 2],
  );
}

export function open(into, complain) {
  let race = null,
    at = 0,
    playing = false,
    last = 0,
    later = 0,
    frame = 0;
  const question = latest(complain),
    line = chart(() => spec(race?.steps ?? 200, top(race)), 320);
  const play = h("button", { class: "main", onclick: () => run(!playing) }, "Play"),
    scrub = h("input", {
      type: "range",
      min: 0,
      value: 0,
      "aria-label": "training step",
      oninput: () => halt(Number(scrub.value)),
    });
  const count = h(
    "select",
    { "aria-label": "how many learning rates race", onchange: () => set({ runners: Number(count.value) }) },
    [...new Set([3, 5, 8, 12, 16, get().runners])]
      .sort((a, b) => a - b)
      .map((n) => h("option", { value: n, selected: n === get().runners }, String(n))),
  );
  const board = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Standing" });
  into.append(
    h("h2", {}, "Why: a race from the same start"),
    h(
      "p",
      {},
      "Every runner starts from the same weights and sees the same batches in the same order. Only the learning rate differs. One runner has the rate under the needle.",
    ),
    h(
      "div",
      { class: "row" },
      play,
      h("button", { onclick: () => halt(at + 1) }, "Step"),
      h("button", { onclick: () => halt(0) }, "Back to the start"),
      h("label", {}, "step", scrub),
      h("label", {}, "runners", count),
    ),
    line.element,
    board,
  );

  async function load() {
    const n = get().runners,
      rates = new Set([get().lr]);
    for (let i = 0; rates.size < n && i < 40; i += 1)
      rates.add(
        rateAt(
          place(1e-4) +
            ((i % (n - 1)) / Math.max(n - 2, 1)) * (place(3) - place(1e-4)) +
            Math.floor(i / (n - 1)) * 0.02,
        ),
      );
    await question.ask(async (signal) => {
      race = await ask("/api/race", { ...recipeOf(get()), rates: [...rates].join(",") }, signal);
      complain(null);
      scrub.max = race.steps;
      go(0);
      run(!matchMedia("(prefers-reduced-motion: reduce)").matches);
    }, load);
  }

  function run(on) {
    playing = on && race !== null;
    if (playing && at >= race.steps) at = 0;
    play.textContent = playing ? "Pause" : "Play";
    cancelAnimationFrame(frame);
    last = performance.now();
    if (playing) frame = requestAnimationFrame(tick);
  }

  function halt(step) {
    run(false);
    go(step);
  }

  function tick(time) {
    const steps = Math.floor(((time - last) / 1000) * (race.steps / 8));
    if (steps > 0) {
      last = time;
      go(at + steps);
    }
    if (at >= race.steps) run(false);
    else if (playing) frame = requestAnimationFrame(tick);
  }

  function go(step) {
    if (!race) return;
    at = Math.min(Math.max(step, 0), race.steps);
    scrub.value = at;
    scrub.setAttribute("aria-valuetext", `step ${at} of ${race.steps}`);
    const { rows, standing } = positions(race, at);
    const lead = standing[0];
    const title =
      at === 0
        ? `All runners start at the same loss, ${nats(lead.loss)}`
        : lead.out
          ? `After step ${at} of ${race.steps}, all runners have diverged`
          : `After step ${at} of ${race.steps}, ${words(lead.runner.learning_rate)} leads with a loss of ${nats(lead.loss)}`;
    line.show(
      rows,
      title,
      `Each line is one training, coloured by its learning rate: dark is small, bright is large. ${top(race)} stands for all that is above.`,
    );
    board.replaceChildren(standings(race, at, standing));
  }

  load();
  return {
    change(state, before) {
      if (["lr", "runners", ...Object.keys(recipeOf(state))].some((key) => state[key] !== before[key])) {
        count.value = state.runners;
        clearTimeout(later);
        later = setTimeout(load, 150);
      }
    },
    close() {
      run(false);
      clearTimeout(later);
      question.end();
      line.close();
    },
  };
}

// Mean loss of the last of the steps done, each before its update; null where one of them is not finite.
function smooth(losses, done, wide = 10) {
  const part = losses.slice(Math.max(0, done - wide), Math.max(done, 1)).map(Number),
    value = part.reduce((a, b) => a + b, 0) / part.length;
  return Number.isFinite(value) ? value : null;
}

// Twice a blind guess: what is above is not learning, and would press the rest together.
function top(race) {
  return Math.ceil(2 * (race?.blind ?? 2.3));
}

// The lines up to a step, and who leads then; a runner that has diverged is behind all others.
export function positions({ runners, steps }, at) {
  const every = Math.max(1, Math.round(steps / 100)),
    rows = [];
  const standing = runners.map((runner) => {
    const end = runner.diverged_at >= 0 ? Math.min(at, runner.diverged_at) : at;
    let now = null;
    for (let i = 0; i <= end; i = i < end ? Math.min(i + every, end) : end + 1) {
      now = smooth(runner.step_loss, i);
      if (now !== null) rows.push({ rate: runner.learning_rate, step: i, loss: now, end: i === end });
    }
    return { runner, loss: now, out: runner.diverged_at >= 0 && at > runner.diverged_at };
  });
  standing.sort((a, b) => a.out - b.out || (a.loss ?? Infinity) - (b.loss ?? Infinity));
  return { rows, standing };
}

// An epoch beside the one before it, or halves of what there is: single batches go up and down at any rate.
export function course({ steps_per_epoch: perEpoch, blind }, runner, step) {
  if (step < 20) return "just started";
  const wide = Math.min(perEpoch, Math.floor(step / 2)),
    [before, now] = [step - wide, step].map((done) => smooth(runner.step_loss, done, wide));
  if (now === null) return "diverged";
  if (now > blind + 0.3) return "worse than a blind guess";
  if (now > 1.05 * before) return "rising";
  if (now > blind - 0.15) return "hardly moving";
  return now < 0.8 * before ? "falling fast" : now < 0.97 * before ? "falling" : "level";
}
