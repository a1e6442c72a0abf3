// One floating panel at a time, beside the thing that opened it: menus, pickers, cards.

import { el } from "./dom.js";

let open = null;

export function closePopup() {
  if (!open) return;
  const { panel, onClose, controller, anchor } = open;
  open = null;
  controller.abort();
  panel.remove();
  anchor.setAttribute?.("aria-expanded", "false");
  onClose?.();
}

/** Show `content` near `anchor`; it closes on Escape, on a press outside and when `anchor` leaves the page. */
export function openPopup(anchor, content, { onClose, width, above = false, label = "Menu" } = {}) {
  closePopup();
  const panel = el("div", { class: "popup", role: "dialog", "aria-label": label }, content);
  const host = anchor.closest("dialog") ?? document.body;
  host.append(panel);
  const controller = new AbortController();
  const options = { capture: true, signal: controller.signal };
  const place = () => (anchor.isConnected ? position(panel, anchor.getBoundingClientRect(), width, above) : closePopup());
  addEventListener("pointerdown", (event) => {
    if (!panel.contains(event.target) && !anchor.contains(event.target)) closePopup();
  }, options);
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    closePopup();
    anchor.focus?.();
  }, options);
  addEventListener("resize", place, options);
  addEventListener("scroll", place, options);
  open = { panel, onClose, controller, anchor };
  anchor.setAttribute?.("aria-expanded", "true");
  place();
  return panel;
}

function position(panel, rect, width, above) {
  const gap = 4;
  const edge = 8;
  if (width === "anchor") panel.style.width = `${rect.width}px`;
  const { offsetWidth, offsetHeight } = panel;
  const below = innerHeight - rect.bottom - gap - edge;
  const over = rect.top - gap - edge;
  const up = above ? over >= Math.min(offsetHeight, 160) : below < offsetHeight && over > below;
  panel.style.maxHeight = `${Math.max(120, up ? over : below)}px`;
  const height = Math.min(offsetHeight, Math.max(120, up ? over : below));
  panel.style.left = `${Math.max(edge, Math.min(rect.left, innerWidth - offsetWidth - edge))}px`;
  panel.style.top = `${up ? rect.top - gap - height : rect.bottom + gap}px`;
}

/** A menu of {label, icon?, danger?, onPick} entries; a string is a heading. */
export function openMenu(anchor, entries) {
  const items = entries.map((entry) =>
    typeof entry === "string"
      ? el("div", { class: "menu-heading" }, entry)
      : el("button", {
          type: "button", role: "menuitem", class: entry.danger ? "menu-item danger" : "menu-item",
          onclick: () => {
            closePopup();
            entry.onPick();
          },
        }, el("span", {}, entry.label), entry.icon),
  );
  const menu = el("div", { class: "menu", role: "menu", onkeydown: arrowKeys }, items);
  openPopup(anchor, menu, { label: "Actions" });
  menu.querySelector("button")?.focus();
}

function arrowKeys(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  buttons[(at + step + buttons.length) % buttons.length].focus();
}
