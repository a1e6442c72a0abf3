// The bar at the bottom: plain messages, and slash commands with their options.

import { avatar, el, icon } from "./dom.js";
import { Pill, preview } from "./options.js";
import { encodeFile } from "./net.js";
import { Picker } from "./picker.js";
import { perform, room, state } from "./store.js";

export class Composer {
  /** `onAnswer(answer)` gets what the server said to an interaction, e.g. a form to show. */
  constructor(host, onAnswer) {
    this.onAnswer = onAnswer;
    this.pills = [];
    this.files = [];
    this.command = null;
    this.pickerHost = el("div", { class: "picker", hidden: true });
    this.picker = new Picker(this.pickerHost);
    this.error = el("div", { class: "error", role: "alert", hidden: true });
    this.tray = el("div", { class: "tray", hidden: true });
    this.bar = el("div", { class: "bar" });
    this.chooser = el("input", { type: "file", multiple: true, hidden: true, "aria-label": "Attach files", onchange: () => this.attach([...this.chooser.files]) });
    this.text = el("textarea", {
      class: "text", rows: 1, autocomplete: "off", "aria-label": "Message",
      oninput: () => this.typed(), onkeydown: (event) => this.key(event), onfocus: () => this.typed(), onblur: () => this.picker.hide(),
    });
    host.replaceChildren(this.pickerHost, this.error, el("div", { class: "box" }, this.tray, this.bar), this.chooser);
    host.addEventListener("dragover", (event) => event.preventDefault());
    host.addEventListener("drop", (event) => this.dropped(event));
    this.reset();
  }

  /** Back to an empty text box. */
  reset({ focus = false } = {}) {
    this.command = null;
    this.pills = [];
    this.files = [];
    this.text.value = "";
    this.picker.hide();
    this.drawTray();
    this.drawText();
    if (focus) this.text.focus();
  }

  drawText() {
    const { direct, name } = room() ?? {};
    this.text.placeholder = `Message ${direct ? "@" : "#"}${name ?? ""}`;
    this.text.disabled = name === undefined; // until the channel has come, which would take away what was typed
    this.bar.replaceChildren(
      el("button", { type: "button", class: "attach", "aria-label": "Attach files", title: "Attach files", onclick: () => this.chooser.click() }, icon("plus")),
      this.text,
      el("button", {
        type: "button", class: "slash-key", "aria-label": "Show the commands", title: "Show the commands",
        onpointerdown: (event) => event.preventDefault(),
        onclick: () => {
          this.text.value = "/";
          this.text.focus();
          this.typed();
        },
      }, "/"),
      this.sendKey());
    this.grow();
  }

  sendKey() {
    return el("button", { type: "button", class: "send-key", "aria-label": "Send", title: "Send", onclick: () => this.submit() }, icon("send"));
  }

  // ------------------------------------------------------------------ plain text

  typed() {
    this.complain(null);
    this.grow();
    const text = this.text.value;
    if (!text.startsWith("/") || text.includes("\n")) return this.picker.hide();
    const typed = text.slice(1).toLowerCase();
    const exact = state.commands.slash.find((leaf) => typed === `${leaf.name} `);
    if (exact) return this.choose(exact);
    const rank = (leaf) => (leaf.name.startsWith(typed) ? 0 : leaf.name.split(" ").some((word) => word.startsWith(typed)) ? 1 : 2);
    const fitting = state.commands.slash
      .filter((leaf) => leaf.name.includes(typed.trim()) || rank(leaf) < 2)
      .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
    const rows = fitting.map((leaf) => ({
      title: `/${leaf.name}`, detail: leaf.description, side: state.world.bot.name, badge: avatar({ ...state.world.bot, bot: true }, 28),
      needs: leaf.options.filter((option) => option.required).map((option) => option.name),
      onPick: () => this.choose(leaf),
    }));
    this.picker.show([avatar({ ...state.world.bot, bot: true }, 16), ` ${state.world.bot.name}`], rows, {
      empty: "There is no such command here.",
    });
  }

  /** The commands have come, perhaps after somebody began to type one. */
  refresh() {
    if (!this.command && this.text.value.startsWith("/")) this.typed();
  }

  key(event) {
    if (event.isComposing) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (this.picker.isOpen && moves) {
      event.preventDefault();
      this.picker.move(moves);
    } else if (this.picker.isOpen && (event.key === "Tab" || event.key === "Enter")) {
      event.preventDefault();
      this.picker.take();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") {
      this.picker.hide();
    }
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 220)}px`;
  }

  attach(files) {
    this.chooser.value = "";
    this.files.push(...files.slice(0, 10 - this.files.length));
    this.drawTray();
    this.text.focus();
  }

  dropped(event) {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    if (!this.command) return this.attach(files);
    const option = this.command.options.find((entry) => entry.type === 11);
    if (option) (this.pills.find((pill) => pill.option === option) ?? this.addPill(option)).takeFile(files[0]);
  }

  drawTray() {
    this.tray.hidden = this.files.length === 0;
    this.tray.replaceChildren(...this.files.map((file) => {
      const remove = () => {
        this.files = this.files.filter((other) => other !== file);
        this.drawTray();
      };
      const card = el("div", { class: "tray-file" }, el("span", {}, file.name),
        el("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close", 16)));
      preview(file).then((canvas) => canvas && card.prepend(canvas));
      return card;
    }));
  }

  // ------------------------------------------------------------------ commands

  choose(leaf) {
    this.command = leaf;
    this.files = [];
    this.drawTray();
    this.picker.hide();
    this.pills = leaf.options.filter((option) => option.required).map((option) => new Pill(option, leaf.name, this));
    this.tail = el("input", {
      type: "text", class: "tail", autocomplete: "off", "aria-label": "More options",
      onfocus: () => this.offerOptions(), oninput: () => this.offerOptions(), onkeydown: (event) => this.tailKey(event),
    });
    this.drawCommand();
    (this.pills[0] ?? this.tail).focus();
  }

  drawCommand() {
    const rest = this.restOptions();
    this.tail.placeholder = rest.length ? `+${rest.length} more` : "";
    this.tail.classList.toggle("bare", rest.length === 0);
    this.more = el("div", { class: "pills" }, this.pills.map((pill) => pill.node), this.tail);
    this.bar.replaceChildren(
      el("button", { type: "button", class: "attach", "aria-label": "Leave this command", title: "Leave this command", onclick: () => this.reset({ focus: true }) }, icon("close")),
      el("div", { class: "command" }, el("span", { class: "command-name" }, `/${this.command.name}`), this.more),
      this.sendKey());
  }

  restOptions() {
    return this.command.options.filter((option) => !this.pills.some((pill) => pill.option === option));
  }

  offerOptions() {
    const typed = this.tail.value.trim().toLowerCase();
    const rest = this.restOptions().filter((option) => option.name.includes(typed));
    if (!rest.length && !typed) return this.picker.hide();
    this.picker.show("Options", rest.map((option) => ({
      title: option.name, detail: option.description, onPick: () => this.addPill(option),
    })), { active: typed ? 0 : -1, empty: "There is no such option." });
  }

  addPill(option) {
    const pill = new Pill(option, this.command.name, this);
    this.pills.push(pill);
    this.tail.value = "";
    this.drawCommand();
    pill.focus();
    return pill;
  }

  tailKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.picker.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) {
      event.preventDefault();
      if (!this.picker.take() && event.key === "Enter") this.submit();
      else if (event.key === "Tab" && this.picker.isOpen && document.activeElement === this.tail) this.picker.move(1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.picker.isOpen) this.picker.hide();
      else this.cancel();
    } else if (event.key === "Backspace" && this.tail.value === "") {
      event.preventDefault();
      const last = this.pills.at(-1);
      if (last) last.focus();
      else this.cancel();
    }
  }

  /** From one pill to the next empty one, or to the list of further options. */
  next(pill) {
    const after = this.pills.slice(this.pills.indexOf(pill) + 1).find((other) => other.isEmpty);
    if (after) after.focus();
    else this.tail.focus();
  }

  remove(pill) {
    if (pill.option.required) return this.cancel();
    const at = this.pills.indexOf(pill);
    this.pills.splice(at, 1);
    this.drawCommand();
    (this.pills[at - 1] ?? this.tail).focus();
  }

  cancel() {
    const { name } = this.command;
    this.reset({ focus: true });
    this.text.value = `/${name}`;
    this.typed();
  }

  /** The values of the other options that can be sent as they are, for autocompletion. */
  plainValues(except) {
    const filled = this.pills.filter((pill) => pill !== except && !pill.file && !pill.isEmpty);
    return Object.fromEntries(filled.map((pill) => [pill.option.name, pill.plain()]));
  }

  // ------------------------------------------------------------------ sending

  async submit() {
    if (this.bar.classList.contains("busy")) return;
    const wrong = this.command && this.pills.find((pill) => pill.complaint());
    if (wrong) return this.blame(wrong.complaint(), wrong);
    if (!this.command && !this.text.value.trim() && !this.files.length) return;
    if (!this.command && /^\/\w/.test(this.text.value) && !this.files.length) {
      this.picker.hide();
      return this.complain("There is no such command. Type / to see the commands of this channel.");
    }
    this.bar.classList.add("busy");
    this.picker.hide();
    try {
      const answer = this.command ? await this.sendCommand() : await this.sendText();
      this.reset({ focus: !answer.modal });
      this.complain(null);
      this.onAnswer(answer);
    } catch (error) {
      this.blame(error.message, this.pills.find((pill) => pill.option.name === error.option));
    } finally {
      this.bar.classList.remove("busy");
    }
  }

  async sendCommand() {
    const filled = this.pills.filter((pill) => !pill.isEmpty);
    const options = {};
    for (const pill of filled) options[pill.option.name] = await pill.value();
    return perform("slash", { name: this.command.name, options });
  }

  async sendText() {
    return perform("send", { content: this.text.value, files: await Promise.all(this.files.map(encodeFile)) });
  }

  blame(sentence, pill) {
    if (pill) {
      pill.focus();
      pill.node.classList.add("wrong");
    }
    this.complain(sentence);
  }

  /** Show one sentence above the bar, or take it away. */
  complain(sentence) {
    this.error.hidden = !sentence;
    this.error.replaceChildren(...(sentence
      ? [icon("warning", 16), el("span", {}, sentence),
         el("button", { type: "button", "aria-label": "Close", onclick: () => this.complain(null) }, icon("close", 14))]
      : []));
  }
}
