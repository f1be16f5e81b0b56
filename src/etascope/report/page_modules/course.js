// A training from epoch to epoch: its curve as far as it has come, its numbers, and what there is to see.
import { chart, css } from "./charts.js";
import { h } from "./elements.js";
import { nats, percent, words } from "./rates.js";
import { scrubber } from "./scrubber.js";

// Means over at most so many parts of the training draw the loss of single steps.
const PARTS = 300;
// Losses beyond this many times the first epoch's are drawn at the upper edge.
const CEILING = 2.5;

// Means of epochs as dots, single steps as a thin line.
function spec() {
  return {
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        title: "epochs",
        scale: { nice: false, zero: true },
        // A short training has ticks between its epochs.
        axis: { labelExpr: "datum.value % 1 ? '' : datum.value" },
      },
      y: { field: "loss", type: "quantitative", title: "loss (nats)", scale: { nice: false, zero: true } },
    },
    layer: [
      // Corners that are not seen keep the frame still while the curve grows.
      { transform: [{ filter: "datum.kind == 'corner'" }], mark: { type: "point", opacity: 0 } },
      {
        transform: [{ filter: "datum.kind == 'step'" }],
        mark: { type: "line", color: css("quiet"), opacity: 0.5, strokeWidth: 1 },
      },
      {
        transform: [{ filter: "datum.kind == 'training' || datum.kind == 'validation'" }],
        mark: { type: "line", color: css("accent"), strokeWidth: 2.4 },
        encoding: {
          strokeDash: {
            field: "kind",
            type: "nominal",
            scale: {
              domain: ["training", "validation"],
              range: [
                [1, 0],
                [6, 4],
              ],
            },
            legend: null,
          },
        },
      },
      {
        transform: [{ filter: "datum.kind == 'training' || datum.kind == 'validation'" }],
        mark: { type: "point", stroke: css("accent"), strokeWidth: 2, size: 50, opacity: 1 },
        encoding: {
          fill: {
            condition: { test: "datum.kind == 'validation'", value: css("ground") },
            value: css("accent"),
          },
          tooltip: [
            { field: "epoch", title: "epoch" },
            { field: "kind", title: "of" },
            { field: "value", title: "loss", format: ".3f" },
            { field: "observation", title: "observation" },
          ],
        },
      },
      {
        transform: [{ filter: "datum.kind == 'end'" }],
        mark: { type: "text", text: "\u00d7 diverged", align: "left", baseline: "top", fontSize: 13 },
      },
    ],
  };
}

export function course() {
  let trace = null,
    rows = [];
  const curve = chart(spec, 220);
  const reading = h("p", { class: "reading", "aria-live": "polite" }),
    walk = scrubber("training", show);

  function show(at, playing) {
    const epoch = trace.epochs[at - 1],
      known = epoch.valid_loss !== null;
    reading.setAttribute("aria-live", playing ? "off" : "polite");
    const finite = Number.isFinite(Number(epoch.train_loss));
    reading.replaceChildren(
      h("b", {}, `Epoch ${epoch.epoch} of ${trace.epochs.length}: `),
      finite
        ? `training loss ${nats(epoch.train_loss)}, ${percent(epoch.train_accuracy)} right`
        : "the training loss is no finite number",
      known ? `; validation loss ${nats(epoch.valid_loss)}, ${percent(epoch.valid_accuracy)} right. ` : ". ",
      `${epoch.observation.charAt(0).toUpperCase()}${epoch.observation.slice(1)}.`,
    );
    curve.show(
      rows.filter((row) => row.epoch <= at || row.kind === "corner"),
      `The training at ${words(trace.learning_rate)} after ${at} of ${trace.epochs.length} ${trace.epochs.length > 1 ? "epochs" : "epoch"}: ${finite ? `training loss ${nats(epoch.train_loss)}` : "diverged"}`,
      `Dots are the means of an epoch, the thin line is the loss of single steps.${known ? ` Dashed and hollow: validation, ${trace.validation}.` : ""}${cut()}`,
    );
  }

  // What the frame cuts off is told, whatever has been played.
  function cut() {
    const top = rows.find((row) => row.value > row.loss)?.loss;
    return top === undefined ? "" : ` Losses above ${nats(top)} stand at ${nats(top)}.`;
  }

  return {
    element: h("div", {}, walk.element, reading, curve.element),
    show(next) {
      trace = next;
      rows = drawn(next);
      walk.begin(next.epochs.length);
    },
    close() {
      walk.close();
      curve.close();
    },
  };
}

function drawn(trace) {
  const n = trace.epochs.length,
    means = steps(trace).filter((row) => Number.isFinite(row.value)),
    dots = trace.epochs
      .flatMap(({ epoch, train_loss, valid_loss, observation }) => [
        { epoch, kind: "training", value: Number(train_loss), observation },
        { epoch, kind: "validation", value: Number(valid_loss ?? NaN), observation },
      ])
      .filter((row) => Number.isFinite(row.value));
  const first = dots.find((row) => row.kind === "training")?.value ?? 1,
    highest = Math.max(...[...dots, ...means].map((row) => row.value), 1e-9),
    held = dots.filter((row) => row.kind === "validation").map((row) => row.value);
  const lost = trace.epochs.find((epoch) => !Number.isFinite(Number(epoch.train_loss)));
  const top = Math.min(1.04 * highest, Math.max(CEILING * first, ...held));
  return [
    { kind: "corner", epoch: 0, loss: 0 },
    { kind: "corner", epoch: n, loss: top },
    ...(lost ? [{ kind: "end", epoch: lost.epoch, loss: top }] : []),
    ...[...means, ...dots].map((row) => ({ ...row, loss: Math.min(row.value, top) })),
  ];
}

// The loss of single steps, averaged in equal parts, each at its middle.
function steps(trace) {
  const all = trace.step_loss.map(Number),
    parts = Math.min(PARTS, all.length),
    edge = (part) => Math.floor((part * all.length) / parts);
  return Array.from({ length: parts }, (_, part) => {
    const [start, end] = [edge(part), edge(part + 1)],
      value = all.slice(start, end).reduce((sum, loss) => sum + loss, 0) / (end - start);
    return { kind: "step", epoch: ((start + end) / 2 / all.length) * trace.epochs.length, value };
  });
}
