// The recipe's controls: what they say goes into the page's address.
import * as data from "./data-sets.js";
import { h } from "./elements.js";
import { get, set, subscribe } from "./state.js";

const NAMES = {
  sgd: "SGD",
  momentum: "SGD with momentum",
  nesterov: "Nesterov momentum",
  adam: "Adam",
  adamw: "AdamW",
  rmsprop: "RMSprop",
  adagrad: "Adagrad",
};

export function controls(form, choices) {
  const state = get();
  const fields = {
    data: h("select", {}, data.options(state.data)),
    optimizer: select(choices.optimizer, (value) => NAMES[value] ?? value),
    batch_size: select([4, 8, 16, 32, 64, 128]),
    epochs: number(1, 20),
    hidden: select(["", "32", "128", "256", "128,64"], (value) =>
      value ? `${value.replace(",", " and ")} units` : "none (softmax)",
    ),
    schedule: select(choices.schedule),
    seed: number(0, 9999),
  };
  const labels = {
    data: "images",
    optimizer: "optimizer",
    batch_size: "batch size",
    epochs: "epochs",
    hidden: "hidden layers",
    schedule: "schedule",
    seed: "seed",
  };
  const about = h("p", { class: "note", style: "grid-column:1/-1;margin:0" });
  form.append(about);
  const tell = ({ data: chosen, run }) => {
    about.replaceChildren(
      run ? `The kept run ${run}, as it was trained. ` : data.words(chosen),
      run || !data.known(chosen)?.here
        ? h("button", { type: "button", onclick: () => set({ run: "", data: "digits" }) }, "Back to the digits")
        : "",
    );
    // An upload may have come.
    if (fields.data.value !== chosen) fields.data.replaceChildren(...data.options(chosen));
  };
  tell(state);
  subscribe(tell);
  for (const [name, field] of Object.entries(fields)) {
    field.name = name;
    field.setAttribute("aria-label", labels[name]);
    put(field, state[name]);
    field.addEventListener("input", () => {
      if (!field.checkValidity() || (field.value === "" && name !== "hidden")) return;
      const value = typeof state[name] === "number" ? Number(field.value) : field.value;
      set({ run: "", ...(name === "data" ? { image: 0 } : {}), [name]: value });
    });
    form.append(h("label", { class: name }, labels[name], field));
  }
  form.append(data.more());
  form.addEventListener("submit", (event) => event.preventDefault());
  subscribe((now) => {
    for (const [name, field] of Object.entries(fields))
      // "08" that is being typed is 8 already.
      if (field.tagName === "SELECT" ? field.value !== String(now[name]) : Number(field.value) !== now[name])
        put(field, now[name]);
  });
}

// A kept run, or an address, may have what no option has.
function put(field, value) {
  if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === String(value)))
    field.append(h("option", { value }, String(value)));
  field.value = value;
}

function select(values, name = String) {
  return h(
    "select",
    {},
    values.map((value) => h("option", { value }, name(value))),
  );
}

function number(min, max) {
  return h("input", { type: "number", min, max, step: 1, required: true });
}
