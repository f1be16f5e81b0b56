// The settings before: a short trail of finished landscapes, each told by what was changed after it.
import { title } from "./data-sets.js";
import { h, s } from "./elements.js";
import { nats, words } from "./rates.js";

const MOST = 4,
  DASHES = ["6 4", "4 4", "2 3", "1 4"],
  FADING = [0.95, 0.75, 0.6, 0.45];
const NAMES = {
  data: "images",
  optimizer: "optimizer",
  batch_size: "batch size",
  epochs: "epochs",
  hidden: "hidden units",
  schedule: "schedule",
  warmup: "warm-up",
  seed: "seed",
  run: "kept run",
};
// The latest last; it stays while other ways are looked at.
let kept = [];

export function leave(landscape) {
  // What a script reports has a scale of its own.
  if (landscape.run && landscape.run.measure.unit) kept = [...kept, landscape].slice(-MOST);
}

export function forget() {
  kept = [];
}

// The ghosts beside `now`, the latest first: what was changed after each, and how long ago.
export function ghosts(now) {
  // Whoever came back to the settings that were left last sees no ghost of them.
  if (kept.length && !change(kept.at(-1).of, now)) kept = kept.slice(0, -1);
  return kept
    .map((landscape, i) => ({ ...landscape, changed: change(landscape.of, kept[i + 1]?.of ?? now) }))
    .filter((landscape) => change(landscape.of, now))
    .reverse()
    .map((landscape, i) => ({ ...landscape, age: i + 1 }));
}

function change(a, b) {
  return Object.keys(NAMES)
    .filter((key) => a[key] !== b[key])
    .map((key) => `${NAMES[key]} ${inWords(key, a[key])} \u2192 ${inWords(key, b[key])}`)
    .join(", ");
}

function inWords(key, value) {
  if (key === "data") return title(value);
  if (key === "hidden") return value ? value.replace(",", " and ") : "none";
  return value === "" ? "none" : String(value);
}

// How a ghost of each age is drawn.
export const strokes = {
  strokeDash: {
    field: "age",
    type: "ordinal",
    legend: null,
    scale: { domain: [1, 2, 3, 4], range: DASHES.map((dash) => dash.split(" ").map(Number)) },
  },
  opacity: { field: "age", type: "ordinal", legend: null, scale: { domain: [1, 2, 3, 4], range: FADING } },
};

// Each ghost in words, beside a piece of its line, and a button that ends them all.
export function list(all, lowest, clear) {
  if (!all.length) return [];
  return [
    h(
      "ul",
      { class: "trail", "aria-label": "Settings before" },
      all.map((ghost) => {
        const best = lowest(ghost);
        return h(
          "li",
          {},
          s(
            "svg",
            { width: 34, height: 8, "aria-hidden": "true" },
            s("line", {
              x2: 34,
              y1: 4,
              y2: 4,
              stroke: "var(--ghost)",
              "stroke-width": 2,
              "stroke-dasharray": DASHES[ghost.age - 1],
              opacity: FADING[ghost.age - 1],
            }),
          ),
          h(
            "span",
            {},
            `before ${ghost.changed}: ${best ? `lowest ${nats(best.loss)} at ${words(best.rate)}` : "every rate diverged"}`,
          ),
        );
      }),
    ),
    h("button", { onclick: clear }, "Clear the ghosts"),
  ];
}
