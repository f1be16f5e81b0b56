// Own images: dropped, checked, searched, reported; and runs that were kept.
import { ask, stream, Failure } from "../api.js";
import * as data from "../data-sets.js";
import { h } from "../elements.js";
import { percent, words } from "../rates.js";
import { get, recipeOf, set } from "../state.js";
import { zip } from "../zip.js";

export const name = "Project";

export function open(into, complain) {
  let controller = null,
    taking = null;
  const zone = h(
    "div",
    { class: "card drop" },
    h("b", {}, "Drop a zip or a folder here"),
    h("span", { class: "note" }, "A folder for each class, with its images inside; or choose:"),
    h(
      "span",
      { class: "row" },
      h(
        "label",
        {},
        "a zip of images",
        h("input", {
          type: "file",
          accept: ".zip,application/zip",
          onchange: (event) => take([...event.target.files]),
        }),
      ),
      h(
        "label",
        {},
        "a folder of images",
        h("input", {
          type: "file",
          webkitdirectory: true,
          multiple: true,
          onchange: (event) => take([...event.target.files]),
        }),
      ),
    ),
  );
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(await dropped(event.dataTransfer));
  });
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
    zone,
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
        h(
          "p",
          {},
          `${(upload.whole || upload.images).toLocaleString("en")} images of ${upload.image_shape.join(" \u00d7 ")} in ${upload.class_names.length} classes: ${upload.class_names.slice(0, 12).join(", ")}${upload.class_names.length > 12 ? " and more" : ""}.${upload.whole ? ` The dial and the other ways train on ${data.words(upload.name)}` : ` ${upload.development} to train and validate, ${upload.test} to test.`}`,
        ),
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

  function finish({ run, kept, notes }, pick) {
    far.textContent = `${run.cost.trials} trainings in ${run.seconds.toFixed(1)} s.`;
    answer.replaceChildren(
      h(
        "h3",
        {},
        run.learning_rate === null
          ? "It cannot be told yet"
          : `Learning rate ${words(run.learning_rate)}${run.basin ? `, basin ${words(run.basin.low)} to ${words(run.basin.high)}` : ""}${run.confidence ? `, ${run.confidence.word}` : ""}`,
      ),
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
    );
  }

  async function list() {
    try {
      const { runs: kept, notes } = await ask("/api/runs", { limit: 20, names: data.uploads() });
      runs.replaceChildren(
        kept.length
          ? h(
              "table",
              {},
              h(
                "thead",
                {},
                h(
                  "tr",
                  {},
                  ["when (UTC)", "images", "recipe", "learning rate", "in the dial"].map((text) => h("th", {}, text)),
                ),
              ),
              h(
                "tbody",
                {},
                kept.map((run) =>
                  h(
                    "tr",
                    {},
                    h("td", {}, run.created.slice(0, 16).replace("T", " ")),
                    h("td", {}, run.source.split("/").at(-1)),
                    h("td", {}, run.recipe),
                    h(
                      "td",
                      {},
                      run.learning_rate === null
                        ? run.finished
                          ? "cannot tell"
                          : "not finished"
                        : words(run.learning_rate),
                    ),
                    h(
                      "td",
                      {},
                      run.finished
                        ? h(
                            "button",
                            {
                              "aria-label": `Open run ${run.id}`,
                              onclick: () =>
                                set({
                                  run: run.id,
                                  ...(run.learning_rate ? { lr: Math.min(Math.max(run.learning_rate, 1e-5), 10) } : {}),
                                }),
                            },
                            "Open",
                          )
                        : "",
                    ),
                  ),
                ),
              ),
            )
          : h("p", {}, "None yet. A search here or by etascope pick is kept, and can be opened again."),
        ...notes.map((note) => h("p", { class: "note" }, note)),
      );
    } catch (error) {
      complain(error, list);
    }
  }

  // Which images a search would take.
  function name({ data: chosen }) {
    const set = data.known(chosen);
    images.replaceChildren(
      `The search takes ${data.title(chosen)}, `,
      ...(set?.whole && !set.class_names
        ? [
            `${set.images.toLocaleString("en")} of ${set.whole.toLocaleString("en")} images; for all of them: `,
            h("code", {}, `etascope pick ${chosen}`),
            ".",
          ]
        : [`all ${(set?.whole || set?.images || 0).toLocaleString("en")} images.`]),
    );
  }

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
