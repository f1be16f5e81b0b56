// The units of one layer, as bright as they are active.
import { h } from "./elements.js";
import { nats, percent } from "./rates.js";

export function units(layer) {
  const values = layer.values.map(Number),
    high = Math.max(...values, 1e-9);
  return h(
    "figure",
    {},
    h("figcaption", {}, `${layer.name}: ${values.length} units, ${percent(layer.active)} of them active`),
    h(
      "div",
      {
        class: "units",
        role: "img",
        "aria-label": `${values.length} units; the strongest is unit ${values.indexOf(Math.max(...values))} with ${nats(high)}`,
      },
      values.map((value, i) =>
        h("i", {
          title: `unit ${i}: ${nats(value)}`,
          style: `background:color-mix(in srgb, var(--ink) ${Math.round((100 * Math.max(value, 0)) / high)}%, var(--grid))`,
        }),
      ),
    ),
  );
}
