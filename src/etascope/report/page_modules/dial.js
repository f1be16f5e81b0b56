// The dial: a logarithmic axis of learning rates with the landscape along it, and a needle to drag.
import { h, s } from "./elements.js";
import { epochs, lossLabel, measureOf, nearest, points, written } from "./points.js";
import { axis, colour, nats, percent, place, rateAt, words } from "./rates.js";

const H = 250,
  LEFT = 46,
  RIGHT = 14,
  TOP = 14,
  BOTTOM = 34;
// As wide as there is room for, so that letters keep their size on a small screen.
let W = 900;
const x = (rate) => LEFT + place(rate) * (W - LEFT - RIGHT);

export function dial(into, change) {
  const layers = Object.fromEntries(["back", "grid", "ghost", "line", "dots", "labels"].map((name) => [name, s("g")]));
  const hand = s("line", { y1: TOP - 6, y2: H - BOTTOM + 4, stroke: "var(--accent)", "stroke-width": 3 });
  const knob = s("circle", {
    r: 8,
    cy: H - BOTTOM + 4,
    fill: "var(--accent)",
    stroke: "var(--ground)",
    "stroke-width": 2,
  });
  const name = s("text", {
    y: H - 4,
    "text-anchor": "middle",
    fill: "var(--accent)",
    "font-size": 14,
    "font-weight": 700,
    // It stands on the ticks, and covers the one below.
    "paint-order": "stroke",
    stroke: "var(--ground)",
    "stroke-width": 8,
  });
  const needle = s(
    "g",
    {
      role: "slider",
      tabindex: 0,
      "aria-label": "learning rate",
      "aria-valuemin": plain(axis.low),
      "aria-valuemax": plain(axis.high),
      style: "cursor:ew-resize",
      onkeydown: (event) => {
        const step = {
          ArrowRight: 1,
          ArrowUp: 1,
          ArrowLeft: -1,
          ArrowDown: -1,
          PageUp: 10,
          PageDown: -10,
          Home: -1e9,
          End: 1e9,
        }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        // At least a hundredth of the rate, so that the last of its three digits moves.
        change(rateAt(place(rate) + step / Math.min(240, 100 * Math.log(axis.high / axis.low))));
      },
    },
    s("rect", { x: -14, y: 0, width: 28, height: H, fill: "transparent" }),
    hand,
    knob,
    name,
  );
  const svg = s(
    "svg",
    { viewBox: `0 0 ${W} ${H}`, "font-size": 13, "font-family": "inherit" },
    s(
      "defs",
      {},
      s(
        "pattern",
        { id: "wall", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        s("line", { x1: 0, y1: 0, x2: 0, y2: 7, stroke: "var(--wall)", "stroke-width": 5 }),
      ),
    ),
    ...Object.values(layers),
    needle,
  );
  let rate = 0.01,
    drawn = null;

  function drag(event) {
    const box = svg.getBoundingClientRect(),
      at = ((event.clientX - box.left) / box.width) * W;
    change(rateAt((at - LEFT) / (W - LEFT - RIGHT)));
  }
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    drag(event);
    needle.focus({ preventScroll: true });
  });
  svg.addEventListener("pointermove", (event) => {
    if (event.buttons) drag(event);
  });
  into.append(svg);
  function redraw() {
    if (!drawn) return;
    draw(layers, ...drawn);
    stand();
  }
  // The needle at its place; a tick that its own number would touch makes room.
  function stand() {
    needle.setAttribute("transform", `translate(${x(rate).toFixed(1)} 0)`);
    // Its letters are larger and bold.
    const half = (1.25 * width(words(rate))) / 2;
    name.setAttribute("x", Math.min(Math.max(0, half + 2 - x(rate)), W - half - 2 - x(rate)).toFixed(1));
    for (const tick of layers.grid.querySelectorAll("[data-rate]")) {
      const at = Number(tick.dataset.rate);
      tick.setAttribute(
        "visibility",
        Math.abs(x(at) - x(rate)) < half + width(tick.textContent) / 2 + 4 ? "hidden" : "visible",
      );
    }
  }
  new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width || Math.round(contentRect.width) === W) return;
    W = Math.round(contentRect.width);
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    redraw();
  }).observe(into);

  return {
    // `frame` holds points that are not drawn, and for which there is room.
    draw: (now, ghost, frame = []) => {
      drawn = [now, ghost, frame];
      redraw();
    },
    point: (to, text) => {
      rate = to;
      stand();
      name.textContent = words(to);
      needle.setAttribute("aria-valuenow", plain(to));
      needle.setAttribute("aria-valuetext", `${words(to)}. ${text}`);
    },
  };
}

function draw(layers, now, ghost, frame) {
  const all = points(now),
    old = ghost ? points(ghost) : [];
  const finite = [...all, ...old, ...frame].map((at) => at.loss).filter((loss) => Number.isFinite(loss) && loss > 0);
  if (!finite.length) finite.push(1);
  // Losses in nats get the same frame in every recipe; what a script reports has a measure of its own.
  const measure = measureOf(now.run),
    own = !measure.unit;
  const low = (own ? Math.min(...finite) : Math.min(...finite, 1)) * 0.85;
  const high = own
    ? Math.min(Math.max(...finite), 20 * Math.min(...finite)) * 1.1
    : Math.max(Math.min(Math.max(...finite, 2.4), Math.max(6, 3 * Math.min(...finite))), 2.6) * 1.05;
  // Whoever sees two dots at the edge must not take them for equal.
  const cut = [...all, ...old].some((at) => Number.isFinite(at.loss) && at.loss > high)
    ? `above ${nats(high)}: at the edge`
    : "";
  const y = (loss) =>
    TOP + (1 - Math.log(Math.min(Math.max(loss, low), high) / low) / Math.log(high / low)) * (H - TOP - BOTTOM);
  const path = (along) =>
    along
      .filter((at) => Number.isFinite(at.loss))
      .map((at, i) => `${i ? "L" : "M"}${x(at.rate).toFixed(1)} ${y(at.loss).toFixed(1)}`)
      .join("");
  const ticks = Array.from({ length: 25 }, (_, e) => [1, 2, 5].map((m) => Number(`${m}e${e - 12}`)))
    .flat()
    .filter((tick) => tick > low && tick < high)
    // From the top; a tick that the one above would touch is left out.
    .reverse()
    .reduce((kept, tick) => (kept.length && y(tick) - y(kept.at(-1)) < 18 ? kept : [...kept, tick]), []);
  layers.grid.replaceChildren(
    ...ticks.flatMap((tick) => [
      s("line", { x1: LEFT, x2: W - RIGHT, y1: y(tick), y2: y(tick), stroke: "var(--grid)" }),
      s("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end", fill: "var(--quiet)" }, String(tick)),
    ]),
    ...marks().map((tick) =>
      s(
        "text",
        { x: x(tick), y: H - 4, "text-anchor": "middle", fill: "var(--quiet)", "data-rate": tick },
        words(tick),
      ),
    ),
    s("text", { x: LEFT, y: TOP - 2, fill: "var(--quiet)" }, lossLabel(measure)),
    // At the left, where the losses that are cut are not.
    s("text", { x: LEFT + width(lossLabel(measure)) + 12, y: TOP - 2, fill: "var(--quiet)", class: "cut" }, cut),
  );
  layers.ghost.replaceChildren(
    ...(old.length
      ? [
          s("path", {
            d: path(old),
            fill: "none",
            stroke: "var(--ghost)",
            "stroke-width": 1.5,
            "stroke-dasharray": "5 4",
          }),
        ]
      : []),
  );
  layers.line.replaceChildren(s("path", { d: path(all), fill: "none", stroke: "var(--quiet)", "stroke-width": 1.5 }));
  layers.dots.replaceChildren(
    ...all.map((at) =>
      Number.isFinite(at.loss)
        ? s(
            "circle",
            { cx: x(at.rate), cy: y(at.loss), r: 5.5, fill: colour(at.rate), stroke: "var(--ground)" },
            s(
              "title",
              {},
              `${words(at.rate)}: ${written(at.loss, measure)}${Number.isFinite(at.accuracy) ? `, ${percent(at.accuracy)} right` : ""}`,
            ),
          )
        : s(
            "text",
            { x: x(at.rate), y: TOP + 12, "text-anchor": "middle", fill: colour(at.rate), "font-weight": 700 },
            "×",
            s("title", {}, `${words(at.rate)}: diverged`),
          ),
    ),
  );
  const { basin, walls } = now.run ?? {},
    back = [],
    labels = [];
  const tall = { y: TOP, height: H - TOP - BOTTOM };
  if (walls?.low)
    back.push(s("rect", { x: LEFT, width: Math.max(0, x(walls.low) - LEFT), ...tall, fill: "url(#wall)" }));
  if (walls?.high)
    back.push(
      s("rect", { x: x(walls.high), width: Math.max(0, W - RIGHT - x(walls.high)), ...tall, fill: "url(#wall)" }),
    );
  // The longest words that there is room for, so that no two touch.
  const fit = (from, to, ...texts) => {
    const text = texts.find((one) => width(one) + 8 <= to - from);
    if (text) labels.push(label((from + to) / 2, text));
  };
  if (walls?.low) fit(LEFT, x(walls.low), "too small for this budget", "too small");
  if (walls?.high) fit(x(walls.high), W - RIGHT, "too large");
  if (basin) {
    back.push(
      s("rect", {
        x: x(basin.low),
        width: Math.max(2, x(basin.high) - x(basin.low)),
        ...tall,
        fill: "var(--accent)",
        opacity: 0.18,
      }),
    );
    // Above the curve, which is low there.
    labels.push(label((x(basin.low) + x(basin.high)) / 2, "basin", TOP + 18));
  }
  layers.back.replaceChildren(...back);
  layers.labels.replaceChildren(...labels);
}

// A number without an exponent, which may not stand in these attributes.
function plain(rate) {
  return rate < 1e-6 ? rate.toFixed(15) : String(rate);
}

// About how wide a text is, in the dial's own size of letters.
function width(text) {
  return 7.4 * text.length;
}

// Rates that the axis names: decades, and what lies between where few of them are seen.
function marks() {
  const wide = Math.log10(axis.high / axis.low),
    between = wide > 3.5 ? [1] : wide > 1.2 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  return Array.from({ length: 41 }, (_, i) => between.map((m) => Number(`${m}e${i - 30}`)))
    .flat()
    .filter((tick) => place(tick) > -0.001 && place(tick) < 1.001);
}

function label(at, text, y = H - BOTTOM - 8) {
  return s(
    "text",
    {
      x: at,
      y,
      "text-anchor": "middle",
      fill: "var(--ink)",
      "paint-order": "stroke",
      stroke: "var(--ground)",
      "stroke-width": 4,
    },
    text,
  );
}

// What the needle stands on, in words.
export function reading(rate, now) {
  const all = points(now),
    at = onItsSide(all, rate, now.run?.basin);
  if (now.error && !at) return { word: "unknown", text: "no rate was trained; what went wrong stands below." };
  if (!at)
    return now.done
      ? { word: "unknown", text: "no training of this run came to the end of an epoch." }
      : { word: "training", text: "every rate of the dial is being trained." };
  const here = Math.abs(Math.log(at.rate / rate)) <= 0.02,
    where = here ? "" : `At ${words(at.rate)}, the nearest that was trained, `,
    begin = (text) => (here ? text[0].toUpperCase() + text.slice(1) : where + text);
  if (at.trials.some((trial) => trial.status === "diverged"))
    return { word: "diverged", text: begin("the loss stopped being a finite number.") };
  // Between trained rates the basin knows more than the neighbour.
  const verdict = now.run?.trials.find((trial) => trial.learning_rate === at.rate)?.word,
    word = !here && inside(rate, now.run?.basin) ? "good" : verdict || "trained";
  const longest = epochs(now),
    trained = epochs(at),
    until = trained < longest ? `training was stopped after epoch ${trained} of ${longest}; ` : "";
  const losses = at.trials[0].train_loss.map(Number).filter(Number.isFinite),
    rises = losses.slice(1).filter((loss, i) => loss > losses[i]).length,
    whose = at.trials.length > 1 ? `in the first of ${at.trials.length} trainings the loss` : "the training loss",
    course =
      losses.length < 2
        ? ""
        : rises
          ? `${whose} rose in ${rises} of ${losses.length - 1} epochs after the first; `
          : `${whose} fell in every epoch; `;
  if (!Number.isFinite(at.accuracy))
    return { word, text: begin(`${until}${course}it ends at ${written(at.loss, measureOf(now.run))}.`) };
  const best = Math.max(...all.map((other) => other.accuracy).filter((accuracy) => !Number.isNaN(accuracy))),
    behind = 100 * (best - at.accuracy),
    rounded = Math.round(behind);
  const against =
    behind < 1e-9
      ? "as good as any"
      : rounded < 1
        ? "less than a point below the best"
        : `${rounded} point${rounded > 1 ? "s" : ""} below the best`;
  return { word, text: begin(`${until}${course}${percent(at.accuracy)} right on validation, ${against}.`) };
}

function inside(rate, basin) {
  return Boolean(basin) && rate >= basin.low && rate <= basin.high;
}

// The nearest trained rate on the same side of the basin; where there is none, the nearest of all.
function onItsSide(all, rate, basin) {
  const side = (of) => (inside(of, basin) ? 0 : of < basin.low ? -1 : 1),
    same = basin && !inside(rate, basin) ? all.filter((at) => side(at.rate) === side(rate)) : all;
  return nearest(same.length ? same : all, rate);
}
