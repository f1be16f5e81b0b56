"use strict";
// Charts come as Vega-Lite specifications whose colours are tokens: the ground decides what they stand for.
(function () {
  const data = JSON.parse(document.getElementById("charts").textContent);
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  function themed(node, tokens, rates) {
    if (typeof node === "string") return node === "@rates" ? rates : tokens[node] ?? node;
    if (Array.isArray(node)) return node.map((item) => themed(item, tokens, rates));
    if (node === null || typeof node !== "object") return node;
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => [name, name === "values" ? value : themed(value, tokens, rates)]),
    );
  }

  async function draw(place) {
    const ground = darkness.matches ? "dark" : "light";
    const chart = data.charts[place.dataset.chart];
    const spec = themed(chart.panels[Number(place.dataset.panel)], data.tokens[ground], chart.rates[ground]);
    const before = drawn.get(place);
    // The interpreter ("ast") lets expressions run where the policy forbids eval.
    const options = {
      ast: true,
      mode: "vega-lite",
      actions: false,
      renderer: "svg",
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    };
    drawn.set(place, await vegaEmbed(place, spec, options));
    if (before) before.finalize();
    // The place says what is seen, and a table has the numbers; marks without a name say nothing more.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    place.dataset.drawn = ground;
  }

  function drawAll() {
    document.querySelectorAll(".panel").forEach((place) => {
      draw(place).catch((error) => {
        place.textContent = "This chart cannot be drawn here; its numbers are in the table below.";
        console.error(error);
      });
    });
  }

  function value(row, column) {
    const said = row.cells[column].textContent.trim();
    const number = Number.parseFloat(said.replace(/,/g, ""));
    return Number.isNaN(number) ? said : number;
  }

  function compare(a, b) {
    const numbers = (typeof a === "number") - (typeof b === "number");
    if (numbers) return -numbers;
    return typeof a === "number" ? a - b : a.localeCompare(b);
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.firstElementChild.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => (down ? -1 : 1) * compare(value(a, column), value(b, column)));
        table.tBodies[0].append(...rows);
      });
    });
  }

  function copying(button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  document.querySelectorAll("table[data-sort]").forEach(sortable);
  document.querySelectorAll("button[data-copy]").forEach(copying);
  darkness.addEventListener("change", drawAll);
  drawAll();
})();
