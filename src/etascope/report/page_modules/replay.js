// The report replays its run: the dial over the landscape, the final training from epoch to epoch, and one prediction.
import { course } from "./course.js";
import { dial, reading } from "./dial.js";
import { h } from "./elements.js";
import { prediction } from "./layers.js";
import { after, epochs, points } from "./points.js";
import * as rates from "./rates.js";
import { scrubber } from "./scrubber.js";

const { run, trace, colours, axis, start } = JSON.parse(document.getElementById("replay").textContent);
const place = (name) => document.querySelector(`[data-replay="${name}"]`);

function landscape(into) {
  const whole = { trials: run.trials, run },
    last = epochs(whole),
    each = Array.from({ length: last }, (_, i) => after(i + 1, whole)),
    frame = each.flatMap(points);
  const known = points(whole);
  if (!known.length) return;
  let now = whole,
    rate = start,
    at = last;
  const readout = h("p", { class: "reading", "aria-live": "polite" }),
    box = h("div", { class: "dial" }),
    instrument = dial(box, (to) => {
      rate = to;
      point();
    });
  const walk = scrubber("landscape", (epoch, playing) => {
    at = epoch;
    now = each[epoch - 1] ?? whole;
    readout.setAttribute("aria-live", playing ? "off" : "polite");
    draw();
  });
  const draw = () => {
    // The end stays as a dashed line, to see what is still to come.
    instrument.draw(now, now === whole ? null : whole, frame);
    point();
  };
  const point = () => {
    const { word, text } = reading(rate, now),
      when = at < last ? `after epoch ${at} of ${last}` : word;
    instrument.point(rate, `${when}: ${text}`);
    readout.replaceChildren(h("b", {}, `${rates.words(rate)}${at < last ? " " : ": "}${when}. `), text);
  };
  const answer =
    run.learning_rate === null
      ? "From this search no rate can be recommended yet."
      : h(
          "button",
          {
            type: "button",
            onclick: () => {
              rate = run.learning_rate;
              point();
              into.querySelector("[role=slider]").focus();
            },
          },
          `Back to the recommended ${rates.words(run.learning_rate)}`,
        );
  const left = new Set(run.trials.map((trial) => trial.learning_rate)).size - known.length;
  into.append(
    h("h3", {}, "Drag the needle: what each rate led to"),
    h(
      "p",
      { class: "note" },
      "The mean over the trainings at each rate, as the dial of the studio shows it. Arrow keys move the needle, too",
      last > 1 ? "; play the epochs to see the landscape come about. Dashed is its end." : ".",
      left > 0 ? ` Rates that were stopped within their first epoch are not on it: ${left}.` : "",
    ),
    box,
    readout,
    walk.element,
    h("p", {}, answer),
  );
  walk.begin(last);
  rates.dark.addEventListener("change", draw);
}

function training(into) {
  const shown = course();
  into.append(shown.element);
  shown.show(trace);
}

function followed(into) {
  // The same in words and a table is for pages without scripts; its image is kept.
  const written = document.querySelector("[data-instead]"),
    element = prediction(trace, written.querySelector("img")?.cloneNode());
  if (!element) return;
  into.append(h("h3", {}, "One prediction, followed through the layers"), element);
  written.hidden = true;
}

rates.begin(colours, axis);
landscape(place("landscape"));
if (trace) {
  training(place("epochs"));
  followed(place("prediction"));
}
