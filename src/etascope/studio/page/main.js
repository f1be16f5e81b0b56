// The page: the dial and the recipe stay, the way changes.
import { ask } from "./api.js";
import * as data from "./data-sets.js";
import { dial, reading } from "./dial.js";
import { h } from "./elements.js";
import * as landscape from "./landscape.js";
import * as points from "./points.js";
import * as rates from "./rates.js";
import { controls } from "./recipe.js";
import * as address from "./state.js";
import * as challenge from "./ways/challenge.js";
import * as concept from "./ways/concept.js";
import * as deepDive from "./ways/deep-dive.js";
import * as metrics from "./ways/metrics.js";
import * as project from "./ways/project.js";
import * as recall from "./ways/recall.js";
import * as trace from "./ways/trace.js";
import * as tryIt from "./ways/try-it.js";
import * as why from "./ways/why.js";

const WAYS = { concept, why, "deep-dive": deepDive, trace, "try-it": tryIt, metrics, challenge, project, recall };
const EMPTY = { rates: [], trials: [], run: null };
const [nav, section, alert, readout, heading] = ["ways", "way", "failure", "reading", "dial-title"].map((id) =>
  document.getElementById(id),
);

async function begin() {
  const [studio] = await Promise.all([ask("/api/studio"), data.begin()]);
  rates.begin(studio.colours, rates.axis, studio.customary);
  points.begin(studio.measure);
  address.begin(studio.recipe, studio.choices, studio.limits, Object.keys(WAYS));
  controls(document.getElementById("recipe"), studio.choices);
  const instrument = dial(document.getElementById("dial"), (lr) => address.set({ lr }));

  let frame = 0,
    open = null;
  // In a challenge the dial shows nothing before the choice is made.
  const veiled = () => open?.veiled?.() ?? false;
  const redraw = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      instrument.draw(veiled() ? EMPTY : landscape.now, veiled() ? null : landscape.ghost);
      point();
    });
  };
  const point = () => {
    const { lr } = address.get(),
      { word, text } = veiled()
        ? { word: "unknown", text: "In the challenge the dial is empty: probe, then choose." }
        : reading(lr, landscape.now);
    instrument.point(lr, `${word}: ${text}`);
    heading.textContent = veiled() ? "The dial" : title(landscape.now);
    readout.replaceChildren(h("b", {}, `${rates.words(lr)}: ${word}. `), text, ...(veiled() ? [] : answer()));
  };
  let adopted = "";
  landscape.subscribe((now) => {
    // A kept run brings its recipe along, as far as it is one of the dense networks.
    if (!now.stored) adopted = "";
    if (now.stored && now.stored !== adopted && now.run.recipe && !now.run.recipe.model) {
      adopted = now.stored;
      const { optimizer, batch_size, epochs, hidden, schedule, warmup, seed } = now.run.recipe;
      queueMicrotask(() =>
        address.set({ optimizer, batch_size, epochs, hidden: hidden.join(","), schedule, warmup, seed }),
      );
    }
    redraw();
    complain("dial", now.error, () => landscape.again(address.get()));
  });
  rates.dark.addEventListener("change", redraw);

  const show = () => {
    const { way: current } = address.get();
    for (const link of nav.children) link.toggleAttribute("aria-current", link.dataset.way === current);
    for (const link of nav.children) if (link.dataset.way === current) link.setAttribute("aria-current", "page");
    open?.close?.();
    complain("way", null);
    section.replaceChildren();
    document.title = `${WAYS[current].name} · etascope studio`;
    open = WAYS[current].open(section, (error, again) => complain("way", error, again), redraw) ?? null;
    redraw();
  };
  nav.append(
    ...Object.entries(WAYS).map(([way, { name }]) =>
      h(
        "a",
        {
          "data-way": way,
          href: address.address({ ...address.get(), way }),
          onclick: (event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            address.set({ way });
          },
        },
        name,
      ),
    ),
  );
  address.subscribe((state, before) => {
    for (const link of nav.children) link.href = address.address({ ...state, way: link.dataset.way });
    if (state.way !== before.way) show();
    point();
    landscape.request(state);
    open?.change?.(state, before);
    odd();
  });
  // What of the address could not be used stands there until something is changed.
  const odd = () => complain("address", address.refused.length ? new Error(address.refused.join(" ")) : null);
  // A page that the browser had put away, and brings back, has lost its streams.
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    landscape.again(address.get());
    show();
  });
  odd();
  landscape.request(address.get());
  show();
}

function title({ run }) {
  const { basin } = run ?? {};
  return basin ? `The dial: the loss is low from ${rates.words(basin.low)} to ${rates.words(basin.high)}` : "The dial";
}

// The recommended rate, as a link that takes the needle there.
function answer() {
  const run = landscape.now.run;
  if (!run) return [];
  if (run.learning_rate === null) return [" For this recipe no rate can be recommended yet."];
  return [
    " Recommended here: ",
    h(
      "a",
      {
        href: address.address({ ...address.get(), lr: run.learning_rate }),
        onclick: (event) => {
          event.preventDefault();
          address.set({ lr: run.learning_rate });
        },
      },
      rates.words(run.learning_rate),
    ),
    ".",
  ];
}

// What went wrong with the dial and with the way; one button tries all of it again.
const failures = new Map();

function complain(where, error, again) {
  if (error) failures.set(where, { error, again });
  else failures.delete(where);
  alert.hidden = failures.size === 0;
  if (alert.hidden) return;
  const messages = [...new Set([...failures.values()].map((one) => one.error.message))],
    agains = [...failures.values()].map((one) => one.again).filter(Boolean);
  alert.replaceChildren(
    ...messages.map((sentence) => h("p", {}, sentence)),
    agains.length
      ? h(
          "button",
          {
            onclick: () => {
              failures.clear();
              alert.hidden = true;
              for (const one of agains) one();
            },
          },
          "Try again",
        )
      : "",
  );
}

begin().catch((error) => complain("page", error, () => location.reload()));
