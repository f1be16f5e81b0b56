// One prediction, followed from the image through the layers to the probability of each class.
import { a, digit, h } from "./elements.js";
import { nats, percent } from "./rates.js";

// More classes than this are cut to the most probable ones; more units and channels of a layer to the first ones.
const CLASSES = 12,
  UNITS = 1024,
  CHANNELS = 32;

// The prediction of a trace as one element; null where the training diverged and there is none. `picture` shows the
// image where the page has it already.
export function prediction(trace, picture = null) {
  const followed = trace.prediction;
  if (!followed) return null;
  return h(
    "div",
    { class: "columns" },
    h(
      "div",
      {},
      picture ?? digit(followed.image, 140, `test image ${followed.number}, ${a(followed.label_name)}`),
      h(
        "p",
        {},
        `This is ${a(followed.label_name)}; this model says ${followed.predicted_name} with ${percent(followed.confidence)}${followed.correct ? ", and is right." : ", and is wrong."}`,
      ),
    ),
    followed.layers.filter((layer) => layer.kind !== "input" && layer.kind !== "logits").map(figure),
    h("figure", {}, h("figcaption", {}, "Probability of each class"), bars(followed, trace.class_names)),
  );
}

// What one layer makes of the image.
export function figure(layer) {
  const maps = layer.shape.length === 3,
    size = layer.shape.reduce((a, b) => a * b, 1),
    extent = maps
      ? `${layer.shape[0]} channels of ${layer.shape[1]} \u00d7 ${layer.shape[2]} values, bright where strong`
      : `${size.toLocaleString("en")} ${layer.shape.length === 1 ? "units" : "values"}`,
    shown = maps ? CHANNELS : UNITS,
    all = maps ? layer.shape[0] : size;
  const note = !layer.values.length
    ? "; too many to show here"
    : all > shown
      ? `; the first ${shown.toLocaleString("en")} are shown`
      : "";
  return h(
    "figure",
    {},
    h("figcaption", {}, `${layer.name}: ${extent}, ${percent(layer.active)} of them active${note}`),
    layer.values.length ? (maps ? channels(layer) : units(layer)) : null,
  );
}

function units(layer) {
  const values = layer.values.map(Number),
    high = Math.max(...values, 1e-9);
  return h(
    "div",
    {
      class: "units",
      role: "img",
      "aria-label": `${values.length} units; the strongest is unit ${values.indexOf(Math.max(...values))} with ${nats(high)}`,
    },
    values.slice(0, UNITS).map((value, i) =>
      h("i", {
        title: `unit ${i}: ${nats(value)}`,
        style: `background:color-mix(in srgb, var(--ink) ${Math.round((100 * Math.max(value, 0)) / high)}%, var(--grid))`,
      }),
    ),
  );
}

// A layer that works on images, channel by channel as a picture: white is the strongest value of the layer.
function channels(layer) {
  const [count, height, width] = layer.shape,
    high = layer.values.reduce((most, value) => Math.max(most, Number(value)), 1e-9);
  const rows = (channel) =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) =>
        Math.round((255 * Math.max(Number(layer.values[(channel * height + y) * width + x]), 0)) / high),
      ),
    );
  return h(
    "div",
    { class: "maps" },
    Array.from({ length: Math.min(count, CHANNELS) }, (_, channel) =>
      digit(rows(channel), 56, `${layer.name}, channel ${channel + 1}`),
    ),
  );
}

function bars(followed, names) {
  const shares = followed.probabilities.map(Number),
    order = shares.map((_, i) => i),
    shown = order.length > CLASSES ? order.sort((a, b) => shares[b] - shares[a]).slice(0, CLASSES) : order,
    rest = 1 - shown.reduce((sum, i) => sum + shares[i], 0);
  return h(
    "div",
    { class: "bars" },
    shown.map((i) =>
      h(
        "div",
        { class: i === followed.predicted ? "top" : "" },
        h("span", {}, names[i], i === followed.label ? h("small", {}, " label") : null),
        h("i", { style: `width:${(100 * shares[i]).toFixed(1)}%` }),
        h("span", {}, percent(shares[i])),
      ),
    ),
    shown.length < shares.length
      ? h(
          "p",
          { class: "note" },
          `and ${shares.length - shown.length} more classes, together ${percent(Math.max(rest, 0))}`,
        )
      : null,
  );
}
