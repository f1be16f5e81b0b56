// A square to draw a digit in, made into an image as the digits of the data set are: 28 by 28, centred.
import { h } from "./elements.js";

const SIDE = 252,
  CELLS = 28,
  BOX = 20;

export function pad(drawn) {
  const canvas = h("canvas", {
    width: SIDE,
    height: SIDE,
    class: "digit pad",
    tabindex: 0,
    role: "application",
    "aria-label":
      "Draw a digit with the mouse or a finger; with the keyboard, move with the arrow keys and hold Shift to draw, Delete clears",
  });
  const context = canvas.getContext("2d", { willReadFrequently: true }),
    // Where the keyboard stands; the mouse has a pointer of its own.
    mark = h("i", { class: "cursor", hidden: true });
  let at = null,
    cursor = { x: SIDE / 2, y: SIDE / 5 };
  function line(to) {
    context.strokeStyle = "#fff";
    context.lineWidth = 20;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo((at ?? to).x, (at ?? to).y);
    context.lineTo(to.x + 0.01, to.y);
    context.stroke();
    at = to;
  }
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
  };
  const tell = () => {
    const pixels = image(context);
    drawn(pixels);
  };
  function clear() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    at = null;
  }
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    at = null;
    line(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) line(place(event));
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      at = null;
      tell();
    });
  canvas.addEventListener("blur", () => {
    mark.hidden = true;
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-12, 0], ArrowRight: [12, 0], ArrowUp: [0, -12], ArrowDown: [0, 12] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") {
      clear();
      drawn(null);
    }
    if (!step) return;
    event.preventDefault();
    if (event.shiftKey) {
      at = { ...cursor };
    }
    cursor = {
      x: Math.min(Math.max(cursor.x + step[0], 12), SIDE - 12),
      y: Math.min(Math.max(cursor.y + step[1], 12), SIDE - 12),
    };
    mark.hidden = false;
    mark.style.cssText = `left:${cursor.x}px;top:${cursor.y}px`;
    if (event.shiftKey) {
      line({ ...cursor });
      tell();
    }
  });
  clear();
  return {
    element: h(
      "div",
      {},
      h("div", { class: "marked" }, canvas, mark),
      h(
        "div",
        { class: "row" },
        h(
          "button",
          {
            onclick: () => {
              clear();
              drawn(null);
            },
          },
          "Clear",
        ),
      ),
    ),
  };
}

// The drawing cut to what is drawn, fitted into 20 by 20, its centre of mass in the middle; null where it is empty.
function image(context) {
  const { data } = context.getImageData(0, 0, SIDE, SIDE),
    ink = (x, y) => data[4 * (y * SIDE + x)];
  let [left, top, right, bottom] = [SIDE, SIDE, -1, -1];
  for (let y = 0; y < SIDE; y += 1)
    for (let x = 0; x < SIDE; x += 1)
      if (ink(x, y) > 40) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
  if (right < 0) return null;
  const scale = Math.max(right - left + 1, bottom - top + 1) / BOX,
    mid = CELLS / 2;
  const small = (cx, cy) =>
    Array.from({ length: CELLS }, (_, row) =>
      Array.from({ length: CELLS }, (_, column) => {
        let sum = 0;
        for (let i = 0; i < 4; i += 1)
          for (let j = 0; j < 4; j += 1) {
            const x = Math.round(cx + (column - mid + (j + 0.5) / 4) * scale),
              y = Math.round(cy + (row - mid + (i + 0.5) / 4) * scale);
            if (x >= 0 && x < SIDE && y >= 0 && y < SIDE) sum += ink(x, y);
          }
        return Math.round(sum / 16);
      }),
    );
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2],
    first = small(cx, cy);
  let [mass, mx, my] = [0, 0, 0];
  first.forEach((row, y) =>
    row.forEach((value, x) => {
      mass += value;
      mx += value * (x + 0.5);
      my += value * (y + 0.5);
    }),
  );
  return mass ? small(cx + (mx / mass - mid) * scale, cy + (my / mass - mid) * scale) : null;
}
