// Charts by Vega-Lite: made once, given new rows after that.
import { h } from "./elements.js";
import { colours, dark, domain } from "./rates.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function colourOfRate() {
  return {
    field: "rate",
    type: "quantitative",
    legend: null,
    scale: { type: "log", domain: domain(), range: colours(), interpolate: "rgb" },
  };
}

export function rateAxis(title = "learning rate (logarithmic)") {
  return {
    field: "rate",
    type: "quantitative",
    title,
    scale: { type: "log", domain: [1e-5, 10], nice: false },
    axis: {
      labelExpr: "datum.value < 1e-3 ? format(datum.value, '.0e') : format(datum.value, '~g')",
      values: [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10],
    },
  };
}

// The ticks of a clamped axis that lie within it; without this the others are drawn at its end.
export const WITHIN =
  "datum.value < domain('y')[0] * 0.999 || datum.value > domain('y')[1] * 1.001 ? '' : format(datum.value, '~g')";

function config() {
  const [ink, quiet, grid] = ["ink", "quiet", "grid"].map(css);
  return {
    background: "transparent",
    font: "inherit",
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
    legend: { labelColor: quiet, titleColor: quiet },
  };
}

// A chart in a figure: `title` says what to see, `spec` draws the data named `rows`.
export function chart(spec, height = 260) {
  const box = h("div", { class: "chart" }),
    title = h("h3"),
    note = h("figcaption");
  let view = null,
    rows = [],
    waiting = null,
    gone = false;
  async function embed() {
    const found = await vegaEmbed(
      box,
      {
        $schema: "https://vega.github.io/schema/vega-lite/v6.json",
        width: "container",
        height,
        autosize: { type: "fit-x", contains: "padding" },
        config: config(),
        data: { name: "rows", values: rows },
        ...spec(),
      },
      { ast: true, actions: false, renderer: "canvas", tooltip: true, logLevel: 1 },
    );
    if (gone) {
      found.finalize();
      return;
    }
    view?.finalize();
    view = found.view;
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
      await view?.data("rows", rows).runAsync();
    },
    close() {
      gone = true;
      dark.removeEventListener("change", restyle);
      view?.finalize();
    },
  };
}
