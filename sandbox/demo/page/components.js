// The components of a message: rows of buttons, menus, and Discord's newer layout pieces (containers, sections...).

import { dots, el, icon, reconcile } from "./dom.js";
import { fileCard, gallery, thumbnail } from "./media.js";
import { emojiText, selectBox, SELECT_TYPES } from "./select.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "secondary" };

/**
 * Parts for `reconcile`. `context` has: world, write(text) → nodes, go(link), click(customId) and
 * choose(customId, values), which both return promises.
 */
export function componentParts(components, context) {
  const seen = new Map();
  return components.map((component) => {
    const count = seen.get(component.type) ?? 0;
    seen.set(component.type, count + 1);
    return part(component, `${component.type}.${count}`, context);
  });
}

function part(component, key, context) {
  const { id, ...data } = component;
  const nested = NESTED[component.type];
  if (nested) {
    return {
      key, data,
      make: () => {
        const node = el("div", { class: nested.class });
        nested.update(node, data, context);
        return node;
      },
      update: (node) => nested.update(node, data, context),
    };
  }
  const make = MAKERS[component.type];
  const keyed = component.custom_id ? `${key.split(".")[0]}:${component.custom_id}` : key;
  return { key: keyed, data, make: () => (make ? make(data, context) : el("div", { class: "unknown" }, `Component ${component.type}`)) };
}

const NESTED = {
  1: {
    class: "action-row",
    update: (node, row, context) => reconcile(node, componentParts(row.components, context)),
  },
  9: {
    class: "section",
    update: (node, section, context) => {
      node.firstElementChild ?? node.append(el("div", { class: "section-text" }), el("div", { class: "section-side" }));
      reconcile(node.firstElementChild, componentParts(section.components, context));
      reconcile(node.lastElementChild, componentParts([section.accessory], context));
    },
  },
  17: {
    class: "container",
    update: (node, box, context) => {
      node.firstElementChild ?? node.append(el("div", { class: "container-inside" }));
      const accent = box.accent_color;
      node.classList.toggle("accented", accent !== undefined && accent !== null);
      if (accent !== undefined && accent !== null) node.style.setProperty("--accent", `#${accent.toString(16).padStart(6, "0")}`);
      reconcile(node.firstElementChild, componentParts(box.components, context));
      if (box.spoiler && node.dataset.covered === undefined) cover(node);
    },
  },
};

const MAKERS = {
  2: button,
  10: (text, context) => el("div", { class: "markdown text-display" }, context.write(text.content)),
  11: (item) => thumbnail(item),
  12: (box) => gallery(box.items),
  13: (box) => fileCard({ size: 0, name: "file", ...box.file }, box.spoiler),
  14: (line) => el("div", { class: `separator spacing-${line.spacing ?? 1}${line.divider === false ? "" : " divided"}` }),
};
for (const type of SELECT_TYPES) MAKERS[type] = menu;

function cover(node) {
  node.dataset.covered = "";
  node.append(el("button", { type: "button", class: "media-cover", onclick: (event) => event.currentTarget.remove() },
    el("span", {}, "Spoiler")));
}

function button(data, context) {
  const inside = [
    data.emoji?.name ? el("span", { class: "emoji" }, emojiText(data.emoji)) : null,
    data.label ? el("span", { class: "label" }, data.label) : null,
  ];
  if (data.style === 5) return linkButton(data, inside, context);
  const node = el("button", {
    type: "button", class: `button ${BUTTON_STYLES[data.style] ?? "secondary"}`, disabled: data.disabled,
    "aria-label": data.label ? null : data.emoji?.name, dataset: { customId: data.custom_id },
    onclick: () => busyWhile(node, context.click(data.custom_id)),
  }, inside, dots());
  return node;
}

function linkButton(data, inside, { go }) {
  const safe = /^https?:\/\//.test(data.url ?? "");
  if (data.disabled || !safe) return el("button", { type: "button", class: "button link", disabled: true }, inside, icon("external", 16));
  return el("a", {
    class: "button link", href: data.url, target: "_blank", rel: "noopener noreferrer",
    onclick: (event) => go(data.url) && event.preventDefault(),
  }, inside, icon("external", 16));
}

function menu(data, context) {
  const box = selectBox(data, context.world, (values) => busyWhile(box, context.choose(data.custom_id, values)));
  return box;
}

async function busyWhile(node, work) {
  node.classList.add("busy");
  node.setAttribute("aria-busy", "true");
  try {
    await work;
  } finally {
    node.classList.remove("busy");
    node.removeAttribute("aria-busy");
  }
}
