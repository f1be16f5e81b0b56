// The whole state of the page: what stands in its address, and nothing else.
const listeners = new Set();
let state = {};
let defaults = {};

export function begin(recipe) {
  defaults = { way: "concept", lr: 0.01, image: 0, ...recipe };
  state = read();
  addEventListener("popstate", () => { const before = state; state = read(); tell(before); });
}

export function get() { return state; }

// Change some of the state. A `step` in the browser's history is made for a change of the way alone.
export function set(change) {
  const before = state;
  state = { ...state, ...change };
  if (Object.keys(state).every((key) => state[key] === before[key])) return;
  history[state.way === before.way ? "replaceState" : "pushState"](null, "", address(state));
  tell(before);
}

export function address(of) {
  return "?" + Object.keys(defaults).map((key) => `${key}=${encodeURIComponent(of[key])}`).join("&");
}

export function watch(listener) { listeners.add(listener); return () => listeners.delete(listener); }

export function recipeOf(of) {
  return Object.fromEntries(Object.keys(defaults).filter((key) => !["way", "lr", "image"].includes(key)).map((key) => [key, of[key]]));
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

function tell(before) { for (const listener of listeners) listener(state, before); }
