// The whole state of the page: what stands in its address, and nothing else.
const listeners = new Set();
let state = {};
let defaults = {};
let recipeKeys = [];
let bounds = {};
// Of the recipe in words alone: what the server would refuse.
const SHAPES = {
  probes: /^[0-9.e,-]{0,80}$/,
  hidden: /^(\d{1,3}(,\d{1,3}){0,2})?$/,
  pick: /^[0-9a-z]{0,32}$/,
  run: /^[0-9a-z]{0,32}$/,
};
// What of the address could not be used, a sentence each.
export let refused = [];

// `choices` and `limits` are what each part of the recipe may be; so are `ways` of the way.
export function begin(recipe, choices, limits, ways) {
  defaults = {
    way: "concept",
    lr: 0.01,
    image: 0,
    ...recipe,
    ...{ b: "", runners: 5, epoch: 0, code: "pytorch", game: 1, probes: "", pick: "", run: "" },
  };
  bounds = {
    code: ["pytorch", "keras", "sklearn", "lightning", "etascope"],
    ...{ lr: [1e-5, 10], image: [0, 99999], runners: [3, 16], epoch: [0, 20], game: [1, 9999] },
    ...limits,
    ...choices,
    way: ways,
  };
  recipeKeys = Object.keys(recipe);
  state = read();
  addEventListener("popstate", () => {
    const before = state;
    state = read();
    notify(before);
  });
}

export function get() {
  return state;
}

// Change some of the state. A `step` in the browser's history is made for a change of the way alone.
export function set(change) {
  const before = state;
  state = { ...state, ...change };
  refused = [];
  if (Object.keys(state).every((key) => state[key] === before[key])) return;
  history[state.way === before.way ? "replaceState" : "pushState"](null, "", address(state));
  notify(before);
}

// Whether the recipe, or the run that stands in its place, is another.
export function moved(a, b) {
  return a.run !== b.run || recipeKeys.some((key) => a[key] !== b[key]);
}

// Recipes in words and as text for the address.
export function pack(recipe) {
  return new URLSearchParams(recipe).toString();
}

export function unpack(text) {
  const parsed = Object.fromEntries(recipeKeys.map((key) => [key, defaults[key]]));
  for (const [key, value] of new URLSearchParams(text))
    if (recipeKeys.includes(key) && !wrong(key, value)) parsed[key] = usable(key, value);
  return parsed;
}

export function address(of) {
  return (
    "?" +
    Object.keys(defaults)
      .filter((key) => ["way", "lr", ...recipeKeys].includes(key) || of[key] !== defaults[key])
      .map((key) => `${key}=${encodeURIComponent(of[key])}`)
      .join("&")
  );
}

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function recipeOf(of) {
  return Object.fromEntries(recipeKeys.map((key) => [key, of[key]]));
}

function read() {
  const parsed = { ...defaults };
  refused = [];
  for (const [key, text] of new URLSearchParams(location.search)) {
    if (!Object.hasOwn(defaults, key)) continue;
    const why = wrong(key, text);
    if (!why) parsed[key] = usable(key, text);
    else
      refused.push(
        `The address says ${key}=${text.slice(0, 40)}, but ${why}; it stands at ${defaults[key] === "" ? "nothing" : defaults[key]}.`,
      );
  }
  return parsed;
}

function usable(key, text) {
  return typeof defaults[key] === "number" ? Number(text) : text;
}

// Why a value cannot be used, or nothing.
function wrong(key, text) {
  const known = bounds[key];
  if (typeof defaults[key] === "number") {
    const value = text.trim() === "" ? NaN : Number(text),
      [low, high] = known ?? [-Infinity, Infinity],
      whole = key !== "lr" && key !== "warmup";
    if (value >= low && value <= high && Number.isFinite(value) && (!whole || Number.isInteger(value))) return "";
    return `${key} is a ${whole ? "whole " : ""}number from ${low} to ${high}`;
  }
  if (Array.isArray(known) && !known.includes(text)) return `${key} is one of ${known.join(", ")}`;
  return SHAPES[key]?.test(text) === false ? `that is no ${key}` : "";
}

function notify(before) {
  for (const listener of listeners) listener(state, before);
}
