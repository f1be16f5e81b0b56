// Elements of the page, made from plain text: nothing that a name says becomes markup.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") element.style.cssText = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

// A table: what stands above its columns, and its rows; those of `numbers` stand at the right. What is no cell yet
// becomes one.
export function table(heads, rows, numbers = [], attributes = {}) {
  const cell = (tag) => (content, i) =>
    content instanceof HTMLTableCellElement ? content : h(tag, { class: numbers.includes(i) && "n" }, content);
  return h(
    "table",
    attributes,
    h("thead", {}, h("tr", {}, heads.map(cell("th")))),
    h(
      "tbody",
      {},
      rows.map((row) => h("tr", {}, row.map(cell("td")))),
    ),
  );
}

// A name with its article: a 7, an 8, an Ankle boot.
export function a(name) {
  return `${/^([aeiou]|8|11|18)/i.test(name) ? "an" : "a"} ${name}`;
}

// A gray or colour image as a canvas, `side` pixels wide.
export function digit(rows, side, label) {
  const canvas = h("canvas", {
    class: "digit",
    width: rows[0].length,
    height: rows.length,
    role: "img",
    "aria-label": label,
    style: `width:${side}px;height:${Math.round((side * rows.length) / rows[0].length)}px`,
  });
  const pixels = rows.flatMap((row) =>
    row.flatMap((cell) => {
      const c = [cell].flat();
      return [c[0], c[1] ?? c[0], c[2] ?? c[0], 255];
    }),
  );
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels), rows[0].length), 0, 0);
  return canvas;
}
