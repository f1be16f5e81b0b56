// Epochs one after the other: played, stepped and scrubbed.
import { h } from "./elements.js";

// An epoch stays this long, in milliseconds; many epochs go by in LONGEST altogether.
const STAY = 700,
  LONGEST = 12_000;

// `name` says what has the epochs. `go` is called with the epoch to show, and whether the next ones follow by themselves.
export function scrubber(name, go) {
  let at = 1,
    last = 1,
    timer = 0;
  const play = h("button", { type: "button", class: "main", onclick: () => run(!timer) }, "Play"),
    range = h("input", {
      type: "range",
      min: 1,
      max: 1,
      value: 1,
      "aria-label": `epoch of the ${name}`,
      oninput: () => {
        stop();
        show(Number(range.value));
      },
    }),
    position = h("span");
  const element = h(
    "div",
    { class: "row", role: "group", "aria-label": `Epochs of the ${name}` },
    play,
    button("Step", () => at + 1),
    button("Back to the start", () => 1),
    h("label", {}, "epoch", range, position),
  );

  function button(text, to) {
    return h(
      "button",
      {
        type: "button",
        onclick: () => {
          stop();
          show(to());
        },
      },
      text,
    );
  }

  function show(epoch) {
    at = Math.min(Math.max(epoch, 1), last);
    range.value = at;
    position.textContent = `${at} of ${last}`;
    range.setAttribute("aria-valuetext", position.textContent);
    go(at, timer !== 0);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }

  function run(on) {
    stop();
    if (!on) return;
    if (at >= last) at = 0;
    play.textContent = "Pause";
    timer = setInterval(
      () => {
        if (at + 1 >= last) stop();
        show(at + 1);
      },
      Math.min(STAY, Math.max(80, LONGEST / last)),
    );
    show(at + 1);
  }

  return {
    element,
    // There are `epochs` of them now, and the last one is shown. A single one leaves nothing to go through.
    begin(epochs) {
      stop();
      last = range.max = epochs;
      element.hidden = epochs < 2;
      show(epochs);
    },
    close: stop,
  };
}
