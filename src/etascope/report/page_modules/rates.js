// Learning rates as places, colours and words.
let scale = { rates: [1e-5, 10], light: ["#000000", "#000000"], dark: ["#ffffff", "#ffffff"] };
let customary = {};
// The ends of the dial's axis.
export const axis = { low: 1e-5, high: 10 };
export const dark = matchMedia("(prefers-color-scheme: dark)");

// Which rates have which colours, the ends of the axis, where they are not the studio's, and what rates are customary.
export function begin(colours, ends = axis, usual = customary) {
  scale = colours;
  customary = usual;
  Object.assign(axis, ends);
}

export function customaryRate(optimizer) {
  return customary[optimizer];
}

// Where a rate stands on the axis, 0 to 1.
export function place(rate) {
  return Math.log(rate / axis.low) / Math.log(axis.high / axis.low);
}

export function rateAt(share) {
  return round(axis.low * (axis.high / axis.low) ** Math.min(Math.max(share, 0), 1));
}

export function colours() {
  return dark.matches ? scale.dark : scale.light;
}

export function domain() {
  return scale.rates;
}

export function colour(rate) {
  const all = colours(),
    [low, high] = [scale.rates[0], scale.rates.at(-1)],
    share = Math.log(rate / low) / Math.log(high / low),
    at = Math.min(Math.max(share, 0), 1) * (all.length - 1),
    i = Math.min(Math.floor(at), all.length - 2);
  const [a, b] = [all[i], all[i + 1]].map((hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16)));
  return `rgb(${a.map((channel, k) => Math.round(channel + (at - i) * (b[k] - channel))).join(" ")})`;
}

function round(rate) {
  return Number(rate.toPrecision(3));
}

export function words(rate) {
  return rate < 1e-3 ? rate.toExponential(2).replace(/\.?0+e/, "e") : String(round(rate));
}

// What is not quite all, or not quite nothing, is not called so.
export function percent(share) {
  const n = Number(share ?? NaN);
  if (Number.isNaN(n)) return "unknown";
  if (n > 0 && n < 0.005) return "< 1 %";
  return n < 1 && n >= 0.995 ? "> 99 %" : `${(100 * n).toFixed(0)} %`;
}

export function nats(value) {
  const n = Number(value);
  return value === null || !Number.isFinite(n)
    ? "not finite"
    : n >= 100
      ? String(Number(n.toPrecision(3)))
      : n !== 0 && Math.abs(n) < 0.095
        ? String(Number(n.toPrecision(2)))
        : n.toFixed(2);
}
