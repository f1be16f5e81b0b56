// Charts by Vega-Lite: made once, given new rows after that.
import { h } from "./elements.js";
import { lossLabel } from "./points.js";
import { colours, dark, domain } from "./rates.js";

// A colour of the page, by its name in style.css: a canvas cannot read it there.
export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function colourOfRate() {
  return {
    field: "rate",
    type: "quantitative",
    legend: null,
    scale: { type: "log", domain: domain(), range: colours(), interpolate: "rgb" },
  };
}

export function rateAxis() {
  return {
    field: "rate",
    type: "quantitative",
    title: "learning rate (logarithmic)",
    scale: { type: "log", domain: [1e-5, 10], nice: false },
    axis: {
      labelExpr: "datum.value < 1e-3 ? format(datum.value, '.0e') : format(datum.value, '~g')",
      values: [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10],
    },
  };
}

// Losses in nats are drawn up to this one; what a script reports has a frame of its own.
export const TALLEST = 6;

// The axis of a validation loss: `shown` is what `framed` makes of it. Ticks outside of what there is are left out by
// Vega as long as the scale does not clamp.
export function lossAxis(measure) {
  return {
    field: "shown",
    type: "quantitative",
    title: `validation loss (${lossLabel(measure)}, logarithmic)`,
    scale: { type: "log", nice: false, ...(measure.unit ? { domainMax: TALLEST } : {}) },
    axis: { ...(measure.unit ? { values: [0.05, 0.1, 0.2, 0.5, 1, 2, 5] } : {}), format: "~g" },
  };
}

export function framed(loss, { unit }) {
  return unit ? Math.min(loss, TALLEST) : loss;
}

function config() {
  const [ink, quiet, grid] = ["ink", "quiet", "grid"].map(css);
  return {
    background: "transparent",
    // A canvas knows no "inherit", and would write small.
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: {
      labelColor: quiet,
      titleColor: quiet,
      gridColor: grid,
      domain: false,
      ticks: false,
      titleFontWeight: "normal",
      labelFontSize: 13,
      titleFontSize: 13,
      labelPadding: 6,
      labelOverlap: true,
    },
    axisX: { grid: false },
    axisY: { titleAngle: 0, titleAlign: "left", titleAnchor: "end", titleY: -10, titleX: 0, tickCount: 4 },
    title: { anchor: "start", color: ink, fontSize: 15, fontWeight: 600, offset: 22 },
    text: { color: ink, fontSize: 12 },
    rule: { color: quiet },
    legend: { labelColor: quiet, titleColor: quiet, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
  };
}

// A chart in a figure: `title` says what to see, `spec` draws the data named `rows`.
export function chart(spec, height = 260) {
  const box = h("div", { class: "chart" }),
    title = h("h3", {}, "Being measured"),
    note = h("figcaption");
  let view = null,
    rows = [],
    waiting = null,
    drawn = "",
    gone = false;
  async function embed() {
    const next = spec();
    drawn = JSON.stringify(next);
    const embedded = await vegaEmbed(
      box,
      {
        $schema: "https://vega.github.io/schema/vega-lite/v6.json",
        width: "container",
        height,
        autosize: { type: "fit-x", contains: "padding" },
        config: config(),
        data: { name: "rows", values: rows },
        ...next,
      },
      { ast: true, actions: false, renderer: "canvas", tooltip: { disableDefaultStyle: true }, logLevel: 1 },
    );
    if (gone) {
      embedded.finalize();
      return;
    }
    view?.finalize();
    view = embedded.view;
  }
  const restyle = () => {
    waiting = embed();
  };
  dark.addEventListener("change", restyle);
  return {
    element: h("figure", {}, title, note, box),
    async show(next, says, about = "") {
      rows = next;
      if (title.textContent !== says) title.textContent = says;
      if (note.textContent !== about) note.textContent = about;
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", `${says}. ${about}`);
      if (!waiting) waiting = new Promise((done) => requestAnimationFrame(() => done(embed())));
      await waiting;
      // A frame that follows the data, like the steps of a race, may have moved.
      if (!gone && JSON.stringify(spec()) !== drawn) await (waiting = embed());
      if (!gone) await view?.data("rows", rows).runAsync();
    },
    // What is drawn, for whoever wants to look at its scales.
    get view() {
      return view;
    },
    close() {
      gone = true;
      dark.removeEventListener("change", restyle);
      view?.finalize();
    },
  };
}
