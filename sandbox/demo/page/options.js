// The options of a slash command as pills: what each accepts, what it offers, and what is sent for it.

import { avatar, el, fileSize, icon } from "./dom.js";
import { encodeFile } from "./net.js";
import { perform, state } from "./store.js";

const TYPE = { string: 3, integer: 4, number: 10, boolean: 5, user: 6, channel: 7, role: 8, mentionable: 9, attachment: 11 };
const LOOKUP_PAUSE_MS = 150;

/** What a person should know before filling in an option. */
export function hint(option) {
  const bounds = [];
  const [least, most] = [option.min_value, option.max_value];
  if (least !== undefined && most !== undefined) bounds.push(`${least} to ${most}`);
  else if (least !== undefined) bounds.push(`at least ${least}`);
  else if (most !== undefined) bounds.push(`at most ${most}`);
  if (option.max_length !== undefined) bounds.push(`up to ${option.max_length} characters`);
  const kind = { [TYPE.integer]: "whole number", [TYPE.number]: "number" }[option.type];
  return [kind, ...bounds].filter(Boolean).join(", ");
}

/** The fixed offers of an option as {label, value, detail, badge}, or null where anything may be typed. */
function offers(option) {
  const { people, roles, channels } = state.world;
  const members = () => people.map((person) => ({ label: person.name, value: person.id, detail: person.handle, badge: avatar(person, 24) }));
  const ranks = () => roles.map((role) => ({ label: role.name.startsWith("@") ? role.name : `@${role.name}`, value: role.id, badge: icon("at") }));
  switch (option.type) {
    case TYPE.boolean: return [{ label: "True", value: true }, { label: "False", value: false }];
    case TYPE.user: return members();
    case TYPE.role: return ranks();
    case TYPE.mentionable: return [...members(), ...ranks()];
    case TYPE.channel:
      return channels
        .filter((channel) => !option.channel_types?.length || option.channel_types.includes(channel.type))
        .map((channel) => ({ label: channel.name, value: channel.id, badge: icon("hash") }));
    default:
      return option.choices?.length ? option.choices.map((choice) => ({ label: choice.name, value: choice.value })) : null;
  }
}

/**
 * One option. `host` is the composer: picker, values(), next(pill), remove(pill), submit(), cancel(), complain().
 */
export class Pill {
  constructor(option, commandName, host) {
    this.option = option;
    this.commandName = commandName;
    this.host = host;
    this.picked = null;
    this.lookup = 0;
    this.node = el("div", { class: "pill", dataset: { option: option.name }, onclick: () => this.focus() },
      el("span", { class: "pill-name" }, option.name),
      (this.input = option.type === TYPE.attachment ? this.fileField() : this.textField()));
  }

  textField() {
    const long = this.option.type === TYPE.string && !this.option.autocomplete && !this.option.choices?.length;
    const input = el(long ? "textarea" : "input", {
      ...(long ? { rows: 1 } : { type: "text" }), class: "pill-input", autocomplete: "off", spellcheck: "false", "aria-label": this.option.name,
      onfocus: () => this.offer(), onblur: () => this.leave(), onkeydown: (event) => this.key(event),
      oninput: () => {
        this.picked = null;
        if (long) input.value = input.value.replace(/\s*\n\s*/g, " ");
        this.node.classList.remove("wrong");
        fit(input);
        this.offer();
      },
    });
    fit(input);
    return input;
  }

  fileField() {
    this.chooser = el("input", {
      type: "file", class: "pill-file", "aria-label": this.option.name, tabindex: "-1",
      onchange: () => this.takeFile(this.chooser.files[0]),
    });
    const face = el("button", {
      type: "button", class: "pill-choose", onkeydown: (event) => this.key(event), onfocus: () => this.showHint(),
      onclick: (event) => {
        event.stopPropagation();
        this.chooser.click();
      },
    }, "Choose a file");
    this.face = face;
    return el("span", { class: "pill-upload" }, face, this.chooser);
  }

  takeFile(file) {
    if (!file) return;
    this.file = file;
    this.node.classList.remove("wrong");
    this.face.replaceChildren(file.name, el("small", {}, fileSize(file.size)));
    preview(file).then((canvas) => canvas && this.file === file && this.face.prepend(canvas));
    this.face.focus();
  }

  focus() {
    (this.face ?? this.input).focus();
  }

  get isEmpty() {
    return this.option.type === TYPE.attachment ? !this.file : this.picked === null && this.input.value === "";
  }

  heading() {
    const note = hint(this.option);
    return [el("b", {}, this.option.name), " ", this.option.description, note ? el("span", { class: "pick-note" }, note) : null].filter(Boolean);
  }

  showHint() {
    this.host.picker.show(this.heading(), []);
  }

  offer() {
    if (this.option.autocomplete) return this.lookUp();
    const fixed = offers(this.option);
    if (!fixed) return this.showHint();
    const typed = this.picked === null ? this.input.value.trim().toLowerCase() : "";
    const fitting = fixed.filter((entry) => `${entry.label} ${entry.detail ?? ""}`.toLowerCase().includes(typed));
    this.list(fitting, "Nothing fits that; choose from the list.");
  }

  list(entries, empty) {
    const rows = entries.map((entry) => ({ title: entry.label, side: entry.detail, badge: entry.badge, onPick: () => this.pick(entry) }));
    this.host.picker.show(this.heading(), rows, { empty });
  }

  lookUp() {
    const ticket = ++this.lookup;
    const typed = this.input.value;
    if (this.picked === null) this.host.picker.show(this.heading(), [], { empty: "Looking…" });
    setTimeout(async () => {
      if (ticket !== this.lookup || document.activeElement !== this.input) return;
      const body = { name: this.commandName, option: this.option.name, typed, options: this.host.plainValues(this) };
      const found = await perform("autocomplete", body).catch(() => ({ choices: [] }));
      if (ticket !== this.lookup || document.activeElement !== this.input) return;
      this.list(found.choices.map((choice) => ({ label: choice.name, value: choice.value })), "The bot suggests nothing for that.");
    }, LOOKUP_PAUSE_MS);
  }

  pick(entry) {
    this.picked = entry;
    this.input.value = entry.label;
    this.node.classList.remove("wrong");
    fit(this.input);
    this.host.next(this);
  }

  /** A label typed in full counts as picked. */
  leave() {
    this.lookup += 1;
    const fixed = offers(this.option);
    if (this.picked !== null || !fixed) return;
    const typed = this.input.value.trim().toLowerCase();
    this.picked = fixed.find((entry) => entry.label.toLowerCase() === typed) ?? null;
  }

  key(event) {
    const { picker } = this.host;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      picker.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      if (this.input.value === "" || !picker.take()) this.host.next(this);
    } else if (event.key === "Enter" && !this.face) {
      event.preventDefault();
      if (this.picked !== null || !picker.take()) this.host.submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (picker.isOpen) picker.hide();
      else this.host.cancel();
    } else if (event.key === "Backspace" && this.isEmpty) {
      event.preventDefault();
      this.host.remove(this);
    }
  }

  /** What is wrong with the value, in words, or null. */
  complaint() {
    const { option } = this;
    if (this.isEmpty) return option.required ? `Fill in “${option.name}”: it is required.` : null;
    if (option.type === TYPE.attachment) return null;
    this.leave();
    if (offers(option) && !option.autocomplete) return this.picked === null ? `Choose one of the offered values for “${option.name}”.` : null;
    const text = this.input.value.trim();
    const whole = option.type === TYPE.integer;
    if (!whole && option.type !== TYPE.number) return lengthComplaint(option, this.input.value);
    if (this.picked !== null) return null;
    const fits = whole ? /^-?\d+$/.test(text) : text !== "" && Number.isFinite(Number(text));
    const value = Number(text);
    if (fits && !(value < option.min_value) && !(value > option.max_value)) return null;
    return `“${option.name}” must be a ${hint(option).replace(/, (\d|-)/, " from $1")}.`;
  }

  /** The value as the server wants it. */
  async value() {
    if (this.file) return encodeFile(this.file);
    if (this.picked !== null) return this.picked.value;
    return this.plain();
  }

  plain() {
    if (this.picked !== null) return this.picked.value;
    const numeric = this.option.type === TYPE.integer || this.option.type === TYPE.number;
    return numeric ? Number(this.input.value) : this.input.value;
  }
}

function lengthComplaint(option, text) {
  if (option.max_length !== undefined && text.length > option.max_length) {
    return `“${option.name}” may have ${option.max_length} characters; shorten it by ${text.length - option.max_length}.`;
  }
  if (option.min_length !== undefined && text.length < option.min_length) {
    return `“${option.name}” needs at least ${option.min_length} characters.`;
  }
  return null;
}

function fit(input) {
  input.style.width = `${Math.max(input.value.length, 4) + 3}ch`;
  if (input.tagName !== "TEXTAREA") return;
  input.style.height = "auto";
  input.style.height = `${Math.max(input.scrollHeight, 30)}px`;
}

/** A small drawing of a picture file; drawn on a canvas, so that no address has to be made for it. */
export async function preview(file) {
  if (!/^image\/(png|jpeg|webp|gif)$/.test(file.type)) return null;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const canvas = el("canvas", { class: "preview", width: 48, height: 48 });
  const side = Math.min(picture.width, picture.height);
  canvas.getContext("2d").drawImage(
    picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, 48, 48);
  picture.close();
  return canvas;
}
