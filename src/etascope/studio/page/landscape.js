// The landscape of the recipe under way: asked for once, told to all who subscribe, as it comes.
import { ask, letAhead, stream } from "./api.js";
import { recipeOf } from "./state.js";

export { lossLabel, mean, measureOf, nearest, points } from "./points.js";

const listeners = new Set();
let key = "",
  controller = null;
export let now = nothing();
// The last whole landscape of another recipe, to see what moved.
export let ghost = null;

function nothing() {
  return { rates: [], trials: [], run: null, done: false, error: null };
}

export function subscribe(listener) {
  listeners.add(listener);
  listener(now);
  return () => listeners.delete(listener);
}

export async function request(state) {
  const recipe = recipeOf(state),
    name = state.run || JSON.stringify(recipe);
  // What failed is asked again when somebody says so, not with every move of the needle.
  if (name === key) return;
  controller?.abort();
  controller = new AbortController();
  const mine = controller;
  if (now.run) ghost = now;
  // Losses of other images, or of a script, have nothing to do with these.
  if (ghost && (ghost.recipe.data !== recipe.data || ghost.stored || state.run)) ghost = null;
  key = name;
  now = { ...nothing(), recipe, began: performance.now() };
  let go = () => {};
  letAhead(new Promise((resolve) => (go = resolve)));
  notify();
  try {
    if (state.run) {
      const run = await ask(`/api/runs/${state.run}`, {}, mine.signal);
      if (mine !== controller) return;
      now = {
        ...now,
        stored: state.run,
        rates: run.trials.map((trial) => trial.learning_rate),
        run,
        trials: run.trials,
        done: true,
      };
      notify();
      return;
    }
    const each = (event) => {
      if (mine !== controller) return;
      if (event.event === "begin") now = { ...now, rates: event.rates };
      if (event.event === "trials")
        now = { ...now, trials: [...now.trials, ...event.trials].sort((a, b) => a.learning_rate - b.learning_rate) };
      if (event.event === "run") now = { ...now, run: event.run, trials: event.run.trials, done: true };
      notify();
      if (event.event !== "begin") go();
    };
    await stream("/api/landscape", recipe, mine.signal, each, true);
  } catch (error) {
    if (mine !== controller || error.name === "AbortError") return;
    now = { ...now, error };
    notify();
  } finally {
    go();
  }
}

export function again(state) {
  key = "";
  return request(state);
}

function notify() {
  for (const listener of listeners) listener(now);
}
