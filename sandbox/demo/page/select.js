// Select menus of messages and forms: fixed options, people, roles and channels; one value or several.

import { avatar, el, icon } from "./dom.js";
import { closePopup, openPopup } from "./popup.js";

export const SELECT_TYPES = new Set([3, 5, 6, 7, 8]);

/** The options of a select component: {value, label, detail, badge()}. */
export function selectOptions(menu, world) {
  const people = world.people.map((person) => ({
    value: person.id, label: person.name, detail: person.handle, badge: () => avatar(person, 24),
  }));
  const roles = world.roles.filter((role) => !role.everyone).map((role) => ({
    value: role.id, label: `@${role.name}`, badge: () => icon("at"),
  }));
  const allowed = menu.channel_types ?? [];
  const channels = world.channels
    .filter((channel) => !allowed.length || allowed.includes(channel.type))
    .map((channel) => ({ value: channel.id, label: channel.name, badge: () => icon("hash") }));
  switch (menu.type) {
    case 5: return people;
    case 6: return roles;
    case 7: return [...people, ...roles];
    case 8: return channels;
    default:
      return (menu.options ?? []).map((option) => ({
        value: option.value, label: option.label, detail: option.description,
        badge: option.emoji?.name ? () => el("span", { class: "emoji" }, emojiText(option.emoji)) : null,
      }));
  }
}

export function emojiText(emoji) {
  return emoji.id ? `:${emoji.name}:` : emoji.name;
}

function initialValues(menu) {
  if (menu.type !== 3) return (menu.default_values ?? []).map((value) => String(value.id));
  return (menu.options ?? []).filter((option) => option.default).map((option) => option.value);
}

/**
 * A closed select. `onCommit(values)` runs when the list closes with other values than before.
 * The node has `values()`.
 */
export function selectBox(menu, world, onCommit = () => {}) {
  const options = selectOptions(menu, world);
  const least = menu.min_values ?? 1;
  const most = menu.max_values ?? 1;
  let chosen = initialValues(menu);
  const face = el("span", { class: "select-face" });
  const box = el(
    "button",
    {
      type: "button", class: "select", disabled: menu.disabled, "aria-haspopup": "listbox",
      dataset: { customId: menu.custom_id }, onclick: () => show(),
    },
    face, icon("chevron"),
  );
  box.values = () => chosen;
  const drawFace = () => {
    const picked = options.filter((option) => chosen.includes(option.value));
    const fallback = menu.placeholder || (most > 1 ? "Choose some" : "Make a selection");
    face.classList.toggle("placeholder", picked.length === 0);
    if (!picked.length) face.replaceChildren(fallback);
    else if (most === 1) face.replaceChildren(...faceOf(picked[0]));
    else face.replaceChildren(...picked.map((option) => el("span", { class: "chip" }, option.label)));
  };
  const show = () => {
    const before = JSON.stringify(chosen);
    const list = selectList(options, {
      most,
      chosen: () => chosen,
      search: menu.type !== 3 || options.length > 10,
      onPick: (value) => {
        if (most === 1) {
          chosen = chosen[0] === value && least === 0 ? [] : [value];
          closePopup();
        } else if (chosen.includes(value)) chosen = chosen.filter((other) => other !== value);
        else if (chosen.length < most) chosen = [...chosen, value];
        drawFace();
      },
    });
    const note = most > 1 ? el("div", { class: "select-note" }, countNote(least, most)) : null;
    openPopup(box, el("div", { class: "select-panel" }, list, note), {
      width: "anchor",
      label: menu.placeholder || "Options",
      onClose: () => {
        if (JSON.stringify(chosen) === before) return;
        if (chosen.length < least) {
          chosen = JSON.parse(before);
          drawFace();
        } else onCommit(chosen);
      },
    });
    (list.querySelector("input") ?? list.querySelector("[aria-selected=true], [role=option]"))?.focus();
  };
  drawFace();
  return box;
}

function faceOf(option) {
  return [option.badge?.(), el("span", {}, option.label)].filter(Boolean);
}

function countNote(least, most) {
  const count = least === most ? `exactly ${most}` : least > 0 ? `${least} to ${most}` : `up to ${most}`;
  return `Choose ${count}, then press Escape or click outside.`;
}

function selectList(options, { most, chosen, search, onPick }) {
  const rows = el("div", { class: "select-rows", role: "listbox", "aria-multiselectable": most > 1 });
  const draw = (typed = "") => {
    const focused = document.activeElement?.dataset?.value;
    const fitting = options.filter((option) => `${option.label} ${option.detail ?? ""}`.toLowerCase().includes(typed));
    rows.replaceChildren(...fitting.map((option) => row(option, chosen().includes(option.value), most, pick)));
    if (!fitting.length) rows.append(el("div", { class: "select-empty" }, "Nothing fits that."));
    if (focused) rows.querySelector(`[data-value="${CSS.escape(focused)}"]`)?.focus();
  };
  let typed = "";
  const pick = (value) => {
    onPick(value);
    draw(typed);
  };
  const box = el("input", {
    type: "text", class: "select-search", placeholder: "Search", "aria-label": "Search", autocomplete: "off",
    oninput: () => draw((typed = box.value.trim().toLowerCase())),
  });
  draw();
  return el("div", { class: "select-list", onkeydown: moveBetweenRows }, search ? box : null, rows);
}

function row(option, selected, most, onPick) {
  const mark = selected ? el("span", { class: "select-mark" }, icon("check", 16)) : null;
  return el(
    "button",
    {
      type: "button", role: "option", class: most > 1 ? "select-row many" : "select-row",
      "aria-selected": String(selected), dataset: { value: option.value }, onclick: () => onPick(option.value),
    },
    option.badge?.(),
    el("span", { class: "select-text" }, el("b", {}, option.label), option.detail ? el("small", {}, option.detail) : null),
    mark,
  );
}

function moveBetweenRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = [...event.currentTarget.querySelectorAll("[role=option]")];
  if (event.key === "Enter" && event.target.tagName === "INPUT" && rows.length) {
    event.preventDefault();
    rows[0].click();
  }
  if (!step || !rows.length) return;
  event.preventDefault();
  const at = rows.indexOf(document.activeElement);
  rows[(at + step + rows.length) % rows.length].focus();
}
