// The list above the composer: commands, choices, people. One row is active; the arrows move it, Enter or Tab takes it.

import { el } from "./dom.js";

/** A list in `host`. `show` draws rows {title, detail, side, badge, onPick}; `heading` may be a node. */
export class Picker {
  constructor(host) {
    this.host = host;
    this.rows = [];
    this.active = -1;
    this.hide();
  }

  get isOpen() {
    return !this.host.hidden && this.rows.length > 0;
  }

  show(heading, rows, { active = 0, empty = null } = {}) {
    this.rows = rows;
    this.active = rows.length ? active : -1;
    this.nodes = rows.map((row, index) =>
      el("div", {
        class: "pick", role: "option", id: `pick-${index}`,
        onpointerdown: (event) => event.preventDefault(),
        onclick: () => row.onPick(),
        onpointermove: () => this.active !== index && this.activate(index, false),
      },
      row.badge ?? null,
      el("div", { class: "pick-text" },
        el("div", { class: "pick-title" }, row.title, row.needs?.map((name) => el("span", { class: "pick-need" }, name))),
        row.detail ? el("div", { class: "pick-detail" }, row.detail) : null),
      row.side ? el("div", { class: "pick-side" }, row.side) : null));
    const list = el("div", { class: "pick-list", role: "listbox" }, this.nodes, !rows.length && empty ? el("div", { class: "pick-empty" }, empty) : null);
    this.host.replaceChildren(el("div", { class: "pick-heading" }, heading), list);
    this.host.hidden = false;
    this.activate(this.active);
  }

  hide() {
    this.rows = [];
    this.active = -1;
    this.host.hidden = true;
  }

  activate(index, scroll = true) {
    this.active = index;
    this.nodes.forEach((node, at) => node.setAttribute("aria-selected", String(at === index)));
    if (scroll) this.nodes[index]?.scrollIntoView({ block: "nearest" });
  }

  move(step) {
    if (!this.rows.length) return;
    const from = this.active < 0 && step < 0 ? 0 : this.active;
    this.activate((from + step + this.rows.length) % this.rows.length);
  }

  /** Take the active row; says whether there was one. */
  take() {
    const row = this.rows[this.active];
    if (!this.isOpen || !row) return false;
    row.onPick();
    return true;
  }
}
