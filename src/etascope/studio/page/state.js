// The whole state of the page: what stands in its address, and nothing else.
const listeners = new Set();
let state = {};
let defaults = {};
let recipeKeys = [];

export function begin(recipe) {
  defaults = { way: "concept", lr: 0.01, image: 0, ...recipe, b: "", game: 1, pick: "", run: "" };
  recipeKeys = Object.keys(recipe);
  state = read();
  addEventListener("popstate", () => {
    const before = state;
    state = read();
    tell(before);
  });
}

export function get() {
  return state;
}

// Change some of the state. A `step` in the browser's history is made for a change of the way alone.
export function set(change) {
  const before = state;
  state = { ...state, ...change };
  if (Object.keys(state).every((key) => state[key] === before[key])) return;
  history[state.way === before.way ? "replaceState" : "pushState"](null, "", address(state));
  tell(before);
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
  const found = Object.fromEntries(recipeKeys.map((key) => [key, defaults[key]]));
  for (const [key, value] of new URLSearchParams(text))
    if (key in found) found[key] = typeof found[key] === "number" ? Number(value) : value;
  return found;
}

export function address(of) {
  return (
    "?" +
    Object.keys(defaults)
      .filter((key) => of[key] !== "" || recipeKeys.includes(key))
      .map((key) => `${key}=${encodeURIComponent(of[key])}`)
      .join("&")
  );
}

export function watch(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function recipeOf(of) {
  return Object.fromEntries(recipeKeys.map((key) => [key, of[key]]));
}

function read() {
  const found = { ...defaults };
  for (const [key, text] of new URLSearchParams(location.search)) {
    if (!(key in defaults)) continue;
    if (typeof defaults[key] !== "number") found[key] = text;
    else if (text !== "" && Number.isFinite(Number(text))) found[key] = Number(text);
  }
  found.lr = Math.min(Math.max(found.lr, 1e-5), 10) || 0.01;
  return found;
}

function tell(before) {
  for (const listener of listeners) listener(state, before);
}
