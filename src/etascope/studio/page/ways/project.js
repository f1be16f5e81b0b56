// Own images: dropped, checked, searched, reported; and runs that were kept.
import { ask, stream, Failure } from "../api.js";
import * as data from "../data-sets.js";
import { h, table } from "../elements.js";
import { axis, percent, words } from "../rates.js";
import { get, recipeOf, set } from "../state.js";
import { zip } from "../zip.js";

export const name = "Project";

// What an upload was understood as; `part` says what of it the other ways train on.
export function understood(upload, part) {
  const kinds = upload.class_names,
    named = `${kinds.slice(0, 12).join(", ")}${kinds.length > 12 ? " and more" : ""}`,
    whole = (upload.whole || upload.images).toLocaleString("en"),
    use = upload.whole
      ? `The dial and the other ways train on ${part}`
      : `${upload.development} to train and validate, ${upload.test} to test.`;
  return `${whole} images of ${upload.image_shape.join(" \u00d7 ")} in ${kinds.length} classes: ${named}. ${use}`;
}

// The answer of a search in a line.
export function answered(run) {
  if (run.learning_rate === null) return "It cannot be told yet";
  const basin = run.basin ? `, basin ${words(run.basin.low)} to ${words(run.basin.high)}` : "";
  return `Learning rate ${words(run.learning_rate)}${basin}${run.confidence ? `, ${run.confidence.word}` : ""}`;
}

// What opening a kept run changes: the needle goes to its rate, as far as the dial has it.
export function opening({ id, learning_rate: rate }) {
  return { run: id, ...(rate ? { lr: Math.min(Math.max(rate, axis.low), axis.high) } : {}) };
}

// All files of a drop, folders gone through.
async function dropped(transfer) {
  const files = [];
  const walk = async (entry, path) => {
    if (entry.isFile) {
      const file = await new Promise((done, fail) => entry.file(done, fail));
      files.push(Object.assign(file, { path: path + file.name }));
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const one of some) await walk(one, `${path}${entry.name}/`);
    }
  };
  for (const entry of [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean))
    await walk(entry, "");
  return files;
}

// Where images are dropped or chosen.
function dropZone(take) {
  const chosen = (label, attributes) =>
    h(
      "label",
      {},
      label,
      h("input", { type: "file", ...attributes, onchange: (event) => take([...event.target.files]) }),
    );
  const zone = h(
    "div",
    {
      class: "card drop",
      ondragover: (event) => {
        event.preventDefault();
        zone.classList.add("over");
      },
      ondragleave: () => zone.classList.remove("over"),
      ondrop: async (event) => {
        event.preventDefault();
        zone.classList.remove("over");
        take(await dropped(event.dataTransfer));
      },
    },
    h("b", {}, "Drop a zip or a folder here"),
    h("span", { class: "note" }, "A folder for each class, with its images inside; or choose:"),
    h(
      "span",
      { class: "row" },
      chosen("a zip of images", { accept: ".zip,application/zip" }),
      chosen("a folder of images", { webkitdirectory: true, multiple: true }),
    ),
  );
  return zone;
}

function runTable(kept) {
  const rate = ({ learning_rate, finished }) =>
    learning_rate !== null ? words(learning_rate) : finished ? "cannot tell" : "not finished";
  return table(
    ["when (UTC)", "images", "recipe", "learning rate", "in the dial"],
    kept.map((run) => [
      run.created.slice(0, 16).replace("T", " "),
      run.source.split("/").at(-1),
      run.recipe,
      rate(run),
      run.finished ? h("button", { "aria-label": `Open run ${run.id}`, onclick: () => set(opening(run)) }, "Open") : "",
    ]),
  );
}

// What a search came to, with its report and the ways to the dial.
function answerParts({ run, kept, notes }, pick) {
  return [
    h("h3", {}, answered(run)),
    ...run.reason.map((sentence) => h("p", {}, sentence)),
    ...notes.map((note) => h("p", { class: "note" }, note)),
    run.test ? h("p", {}, `The final model gets ${percent(run.test.accuracy)} of the test images right.`) : "",
    h(
      "div",
      { class: "row" },
      h("a", { href: `/api/picks/${pick}/report.html`, download: "etascope-report.html" }, "Download the report"),
      run.learning_rate === null
        ? ""
        : h("button", { onclick: () => set({ lr: run.learning_rate }) }, "Set the needle there"),
      kept ? h("button", { onclick: () => set({ run: kept }) }, "Open it in the dial") : "",
    ),
  ];
}

// Which images a search would take.
function searched(chosen) {
  const images = data.known(chosen);
  return [
    `The search takes ${data.title(chosen)}, `,
    ...(images?.whole && !images.class_names
      ? [
          `${images.images.toLocaleString("en")} of ${images.whole.toLocaleString("en")} images; for all of them: `,
          h("code", {}, `etascope pick ${chosen}`),
          ".",
        ]
      : [`all ${(images?.whole || images?.images || 0).toLocaleString("en")} images.`]),
  ];
}

export function open(into, complain) {
  let controller = null,
    taking = null;
  const images = h("p", { class: "note" });
  const check = h("div", { role: "status" }),
    bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "how far the search is" }),
    far = h("p", { role: "status" });
  const start = h("button", { class: "main", onclick: begin }, "Find the learning rate"),
    stop = h("button", { hidden: true, onclick: cancel }, "Stop"),
    answer = h("div", { "aria-live": "polite" }),
    runs = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Kept runs" });
  into.append(
    h("h2", {}, "Project: your own images"),
    h(
      "p",
      {},
      "The images stay on this machine, and take the place of the digits above. The recipe above is searched as ",
      h("code", {}, "etascope pick"),
      " does it.",
    ),
    dropZone(take),
    check,
    images,
    h("div", { class: "row" }, start, stop),
    bar,
    far,
    answer,
    h("h3", {}, "Runs that were kept"),
    runs,
  );

  async function take(files) {
    if (!files.length) return;
    taking?.abort();
    taking = new AbortController();
    check.replaceChildren(h("p", { class: "note" }, `Reading ${files.length} file${files.length > 1 ? "s" : ""}.`));
    try {
      const body = files.length === 1 && files[0].name.toLowerCase().endsWith(".zip") ? files[0] : await zip(files);
      const upload = await ask("/api/uploads", {}, taking.signal, {
        method: "POST",
        body,
        headers: { "content-type": "application/zip" },
      });
      complain(null);
      data.add(upload);
      set({ data: upload.name, run: "", image: 0 });
      check.replaceChildren(
        h("p", {}, understood(upload, data.words(upload.name))),
        ...upload.notes.map((note) => h("p", { class: "note" }, note)),
      );
    } catch (error) {
      if (error.name === "AbortError") return;
      check.replaceChildren();
      complain(error instanceof Failure ? error : new Failure(`The files could not be read: ${error.message}`));
    }
  }

  async function begin() {
    start.disabled = true;
    try {
      const { id } = await ask("/api/picks", recipeOf(get()), undefined, { method: "POST" });
      set({ pick: id });
    } catch (error) {
      complain(error, begin);
    }
    start.disabled = false;
  }

  async function cancel() {
    await ask(`/api/picks/${get().pick}`, {}, undefined, { method: "DELETE" }).catch(() => {});
  }

  // Follow the search that the address names; after a reload, from its beginning.
  async function follow() {
    controller?.abort();
    answer.replaceChildren();
    const { pick } = get();
    if (!pick) return;
    controller = new AbortController();
    bar.hidden = stop.hidden = false;
    bar.removeAttribute("value");
    far.textContent = "The search begins.";
    try {
      await stream(`/api/picks/${pick}/events`, {}, controller.signal, (event) => {
        if (event.event === "progress") {
          bar.value = event.done / event.total;
          far.textContent = `Round ${event.round}: ${event.done} of ${event.total} parts, ${event.trials} trainings.`;
        }
        if (event.event === "cancelled") far.textContent = "Stopped. Nothing was lost but this search.";
        if (event.event === "run") finish(event, pick);
      });
    } catch (error) {
      if (error.name === "AbortError") return;
      far.textContent = "";
      complain(error, follow);
    }
    bar.hidden = stop.hidden = true;
    list();
  }

  function finish(event, pick) {
    far.textContent = `${event.run.cost.trials} trainings in ${event.run.seconds.toFixed(1)} s.`;
    answer.replaceChildren(...answerParts(event, pick));
  }

  async function list() {
    try {
      const { runs: kept, notes } = await ask("/api/runs", { limit: 20, names: data.uploads() });
      runs.replaceChildren(
        kept.length
          ? runTable(kept)
          : h("p", {}, "None yet. A search here or by etascope pick is kept, and can be opened again."),
        ...notes.map((note) => h("p", { class: "note" }, note)),
      );
    } catch (error) {
      complain(error, list);
    }
  }

  const name = (state) => images.replaceChildren(...searched(state.data));
  name(get());
  follow();
  list();
  return {
    change(state, before) {
      if (state.pick !== before.pick) follow();
      name(state);
    },
    close() {
      controller?.abort();
      taking?.abort();
    },
  };
}
