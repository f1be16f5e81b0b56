// Why too large a rate fails: the limit that theory takes from the sharpness of the loss, beside the measured wall.
import { ask, latest } from "./api.js";
import { chart, css } from "./charts.js";
import { h } from "./elements.js";
import * as landscape from "./landscape.js";
import { words } from "./rates.js";
import { get, recipeOf } from "./state.js";

// Theory's wall beside the one that was measured.
function spec() {
  return {
    encoding: {
      x: { field: "step", type: "quantitative", title: "training step", scale: { nice: false } },
      y: {
        field: "limit",
        type: "quantitative",
        title: "limit of the learning rate (logarithmic)",
        scale: { type: "log", nice: false },
        axis: { format: "~g", values: [0.001, 0.01, 0.1, 1, 10, 100] },
      },
    },
    layer: [
      {
        transform: [{ filter: "datum.kind == 'limit'" }],
        mark: {
          type: "line",
          color: css("quiet"),
          point: { filled: true, color: css("ink"), size: 46 },
          tooltip: true,
        },
      },
      {
        transform: [{ filter: "datum.kind == 'needle'" }],
        mark: { type: "rule", color: css("accent"), strokeWidth: 2 },
        encoding: { x: null },
      },
      {
        transform: [{ filter: "datum.kind == 'measured'" }],
        mark: { type: "rule", strokeDash: [6, 4], color: css("ink") },
        encoding: { x: null },
      },
    ],
  };
}

export function sharpnessWall(complain) {
  let measured = null;
  const question = latest(complain),
    wall = chart(spec, 200);
  const theory = h("p", {}),
    steep = h("div", {}, h("h3", {}, "Why too large a rate fails: the sharpness wall"), theory, wall.element);

  async function sharpen() {
    measured = null;
    steep.hidden = false;
    await question.ask(async (signal) => {
      measured = await ask("/api/sharpness", { ...recipeOf(get()), learning_rate: get().lr }, signal);
      limit(measured);
    }, sharpen);
  }

  function limit(answer) {
    const points = answer.points.filter((point) => point.limit !== null && Number.isFinite(Number(point.limit)));
    theory.textContent = answer.why;
    wall.element.hidden = !points.length;
    if (!points.length) return;
    const high = landscape.now.run?.walls?.high ?? null,
      last = points.at(-1);
    const rows = points.map((point) => ({
      kind: "limit",
      step: point.step,
      limit: Number(point.limit),
      sharpness: Number(point.sharpness),
    }));
    wall.show(
      [...rows, { kind: "needle", limit: get().lr }, ...(high ? [{ kind: "measured", limit: high }] : [])],
      `By ${answer.formula} the limit goes from ${words(Number(points[0].limit))} to ${words(Number(last.limit))} along this training${high ? `; the measured wall is ${words(high)}` : ""}`,
      "Dots: the limit by the largest curvature of the loss. Whole line: the rate under the needle. Dashed: the measured wall, the lowest rate that was clearly worse.",
    );
  }

  return {
    element: steep,
    ask: sharpen,
    hide() {
      question.end();
      steep.hidden = true;
    },
    // The measured wall is known when the landscape is.
    again() {
      if (measured && !steep.hidden) limit(measured);
    },
    close() {
      question.end();
      wall.close();
    },
  };
}
