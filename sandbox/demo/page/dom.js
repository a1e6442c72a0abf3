// Builds DOM nodes. Text always becomes a text node, so nothing that a bot or a member wrote is read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `props`: class, on* handlers, dataset, boolean and plain attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "dataset") setData(node, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setData(node, values) {
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== null) node.dataset[name] = value;
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

const PATHS = {
  hash: "M9 3 7 21M17 3l-2 18M4 8.5h17M3 15.5h17",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7.1",
  menu: "M4 6h16M4 12h16M4 18h16",
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  close: "M6 6l12 12M18 6 6 18",
  eye: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7-10-7-10-7Zm13 0a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  chevron: "m6 9 6 6 6-6",
  check: "m5 12.5 4.5 4.5L19 7.5",
  plus: "M12 5v14M5 12h14",
  file: "M14 3H6v18h12V7l-4-4Zm0 0v4h4",
  download: "M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 6 6l1-1",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  apps: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM17 14v6M14 17h6",
  warning: "M12 4 2.5 20h19L12 4Zm0 6v4.5m0 2.5v.5",
  info: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Zm-9-1v5m0-8.5V8",
  left: "m14 6-6 6 6 6",
  right: "m10 6 6 6-6 6",
  send: "M4 12 3 4l18 8-18 8 1-8Zm0 0h8",
};

export function icon(name, size = 20) {
  const path = svg("path", {
    d: PATHS[name], fill: "none", stroke: "currentColor",
    "stroke-width": name === "dots" ? 3.5 : 2, "stroke-linecap": "round", "stroke-linejoin": "round",
  });
  return svg("svg", { viewBox: "0 0 24 24", width: size, height: size, class: "icon", "aria-hidden": "true" }, path);
}

const AVATAR_COLOURS = ["#5865f2", "#3ba55c", "#c2791c", "#d8436b", "#8e5bd6", "#1b8ea6", "#6d7a8c"];

/** A round picture with the person's initial; the bot gets a brush stroke instead. */
export function avatar(person, size = 40) {
  const colour = person.bot ? "#5865f2" : AVATAR_COLOURS[Number(BigInt(person.id || 0) % 7n)];
  const inside = person.bot
    ? [
        svg("path", { d: "M11 27c5 1 8-1 8-5 0-2-2-4-4-4-4 0-3 5-6 6 0 2 1 3 2 3Z", fill: "#ffd45e" }),
        svg("path", { d: "M17.5 17.5 29 9c2 0 3 1 3 3l-8.500 11.500Z", fill: "#fff" }),
      ]
    : [letter(person.name)];
  return svg(
    "svg",
    { viewBox: "0 0 40 40", width: size, height: size, class: "avatar", "aria-hidden": "true" },
    svg("circle", { cx: 20, cy: 20, r: 20, fill: colour }), ...inside,
  );
}

function letter(name) {
  const text = svg("text", {
    x: 20, y: 27, "text-anchor": "middle", "font-size": 19, "font-weight": 600, fill: "#fff",
  });
  text.append([...(name || "?")][0].toUpperCase());
  return text;
}

const parts = new WeakMap();

/**
 * Make `parent` hold the given parts in order, keeping the node of every part whose data did not change: a button
 * stays pressed, a picture stays loaded and a menu stays open while the message around it is edited.
 * A part is {key, data, make(data), update?(node, data)}.
 */
export function reconcile(parent, wanted) {
  const before = parts.get(parent) ?? new Map();
  const after = new Map();
  for (const part of wanted) {
    const json = JSON.stringify(part.data);
    const old = before.get(part.key);
    let node;
    if (old?.json === json) node = old.node;
    else if (old && part.update) part.update((node = old.node), part.data);
    else node = part.make(part.data);
    after.set(part.key, { json, node });
  }
  const keep = new Set([...after.values()].map((entry) => entry.node));
  for (const { node } of before.values()) if (!keep.has(node)) node.remove();
  let next = parent.firstChild;
  for (const { node } of after.values()) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  parts.set(parent, after);
}

/** Three moving dots. */
export function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}

/** Bytes in the words of people. */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
