// The data sets that can be chosen: those of this machine, and the uploads of this session.
import { ask } from "./api.js";
import { h } from "./elements.js";

const KEPT = "etascope-uploads";
let sets = [];

export async function begin() {
  const named = new URLSearchParams(location.search).get("data") ?? "";
  const uploads = [...new Set([...kept(), named])].filter((name) => name.startsWith("upload-"));
  ({ sets } = await ask("/api/data", { names: uploads.slice(-8).join(",") }));
  keep();
}

export function add(upload) {
  sets = [...sets.filter((one) => one.name !== upload.name), upload];
  keep();
}

export function known(name) {
  return sets.find((one) => one.name === name);
}

// A set in a word or two.
export function title(name) {
  if (name === "digits") return "handwritten digits";
  if (!name.startsWith("upload-")) return name;
  const kinds = known(name)?.class_names;
  return kinds
    ? `your images: ${kinds.slice(0, 3).join(", ")}${kinds.length > 3 ? " ..." : ""}`
    : "images that are gone";
}

// What is trained on, in a sentence.
export function words(name) {
  const set = known(name);
  if (!set?.here) return "These images are not here. ";
  const count = (of) => of.toLocaleString("en"),
    of = set.whole ? ` of ${count(set.whole)}` : "",
    test = set.test ?? set.images / 5;
  const what = name === "digits" ? "handwritten digits" : name.startsWith("upload-") ? "images of your own" : "images";
  return `${count(set.images)}${of} ${what}${of ? ", each class in proportion" : ""}: ${count(set.images - test)} to train and validate, ${count(test)} to test. `;
}

// The options of a field; what is not on this machine can be seen and not chosen.
export function options(chosen) {
  const names = sets.map((one) => one.name);
  return [...names, ...(names.includes(chosen) ? [] : [chosen])].map((name) => {
    const away = known(name) && !known(name).here;
    return h("option", { value: name, disabled: away }, away ? `${name} (not on this machine)` : title(name));
  });
}

// How to fetch what is not here.
export function more() {
  const away = sets.filter((one) => !one.here);
  return away.length
    ? h(
        "details",
        { class: "note", style: "grid-column:1/-1" },
        h("summary", {}, "More data sets"),
        h("p", {}, "Your own images: the way Project takes them."),
        h(
          "p",
          {},
          "The studio downloads nothing. These commands fetch what is not on this machine; load the page again after:",
        ),
        ...away.map((one) => h("p", {}, h("code", {}, one.fetch))),
      )
    : "";
}

// The uploads that this page knows of, as a question has them.
export function uploads() {
  return kept().slice(-8).join(",");
}

function kept() {
  return (sessionStorage.getItem(KEPT) ?? "").split(",").filter(Boolean);
}

function keep() {
  const names = sets.map((one) => one.name).filter((name) => name.startsWith("upload-"));
  sessionStorage.setItem(KEPT, names.join(","));
}
