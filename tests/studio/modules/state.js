import { equal } from "./assertions.js";
import { address, begin, get, moved, pack, recipeOf, refused, set, subscribe, unpack } from "/state.js";

const RECIPE = { data: "digits", optimizer: "momentum", epochs: 5, hidden: "128" };

function opened(query) {
  history.replaceState(null, "", query);
  begin(RECIPE, { optimizer: ["sgd", "momentum"] }, { epochs: [1, 20] }, ["concept", "why"]);
}

export function the_address_is_the_state() {
  opened("?way=why&lr=0.3&optimizer=sgd&epochs=7&hidden=");
  equal([get().way, get().lr, get().optimizer, get().epochs, get().hidden], ["why", 0.3, "sgd", 7, ""]);
  equal(address(get()), "?way=why&lr=0.3&data=digits&optimizer=sgd&epochs=7&hidden=");
  equal(refused, []);
}

export function what_cannot_be_used_is_refused_with_a_sentence_and_stands_at_its_default() {
  opened("?lr=99&epochs=2.5&optimizer=adam&hidden=x&elsewhere=1");
  equal([get().lr, get().epochs, get().optimizer, get().hidden], [0.01, 5, "momentum", "128"]);
  equal(refused, [
    "The address says lr=99, but lr is a number from 0.00001 to 10; it stands at 0.01.",
    "The address says epochs=2.5, but epochs is a whole number from 1 to 20; it stands at 5.",
    "The address says optimizer=adam, but optimizer is one of sgd, momentum; it stands at momentum.",
    "The address says hidden=x, but that is no hidden; it stands at 128.",
  ]);
}

export function a_change_is_passed_on_once_and_stands_in_the_address() {
  opened("?");
  const changes = [],
    stop = subscribe((state, before) => changes.push([before.lr, state.lr]));
  set({ lr: 0.1 });
  set({ lr: 0.1 });
  stop();
  set({ lr: 0.2 });
  equal(changes, [[0.01, 0.1]]);
  equal(new URLSearchParams(location.search).get("lr"), "0.2");
}

export function a_recipe_is_packed_and_unpacked_and_what_is_wrong_in_it_is_left_out() {
  opened("?");
  const recipe = { ...RECIPE, epochs: 9 };
  equal(unpack(pack(recipe)), recipe);
  equal(unpack("epochs=99&optimizer=sgd&lr=1"), { ...RECIPE, optimizer: "sgd" });
  equal(recipeOf({ ...recipe, lr: 3 }), recipe);
  equal([moved(get(), { ...get(), lr: 1 }), moved(get(), { ...get(), epochs: 1 })], [false, true]);
}
