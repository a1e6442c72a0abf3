// Forms that the bot opens: text fields, menus, file fields, choices and check boxes.

import { el, fileSize, icon } from "./dom.js";
import { encodeFile } from "./net.js";
import { markdown } from "./markdown.js";
import { preview } from "./options.js";
import { selectBox, SELECT_TYPES } from "./select.js";
import { namesFor, perform, state } from "./store.js";

/** Show a form; resolves with the server's answer once it was sent, or null if it was closed. */
export function showModal(modal) {
  return new Promise((resolve) => {
    const fields = [];
    const body = modal.components.map((component) => block(component, fields));
    const error = el("div", { class: "error", role: "alert", hidden: true });
    const send = el("button", { type: "submit", class: "button primary" }, "Submit");
    const form = el("form", { method: "dialog", novalidate: true, onsubmit: submit },
      el("header", {}, el("h2", {}, modal.title),
        el("button", { type: "button", class: "modal-close", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
      el("div", { class: "modal-fields" }, body), error,
      el("footer", {}, el("button", { type: "button", class: "button plain", onclick: () => dialog.close() }, "Cancel"), send));
    const dialog = el("dialog", {
      class: "modal", "aria-label": modal.title,
      onclose: () => {
        dialog.remove();
        resolve(null);
      },
    }, form);

    async function submit(event) {
      event.preventDefault();
      const wrong = fields.find((field) => field.complaint());
      error.hidden = !wrong;
      if (wrong) {
        error.replaceChildren(icon("warning", 16), wrong.complaint());
        return wrong.focus();
      }
      send.disabled = true;
      try {
        const values = {};
        for (const field of fields) {
          const value = await field.value();
          if (value !== undefined) values[field.id] = value;
        }
        resolve(await perform("modal", { handle: modal.handle, values }));
        dialog.close();
      } catch (failure) {
        error.hidden = false;
        error.replaceChildren(icon("warning", 16), failure.message);
        send.disabled = false;
      }
    }

    document.body.append(dialog);
    dialog.showModal();
    fields[0]?.focus();
  });
}

function block(component, fields) {
  if (component.type === 10) return el("div", { class: "markdown" }, markdown(component.content, namesFor(null), () => false));
  if (component.type === 1) return component.components.map((child) => labelled(child, child.label, null, fields));
  if (component.type === 18) return labelled(component.component, component.label, component.description, fields);
  return labelled(component, component.label, null, fields);
}

function labelled(control, label, description, fields) {
  const build = BUILDERS[control.type] ?? (SELECT_TYPES.has(control.type) ? selectField : null);
  if (!build) return el("p", {}, "This page cannot show a part of this form.");
  const name = label || "This field";
  const required = control.required ?? (control.type === 4 || SELECT_TYPES.has(control.type));
  const field = { id: control.custom_id, ...build(control, { name, required }) };
  fields.push(field);
  return el("div", { class: "modal-field" },
    label ? el("label", {}, label, required ? el("span", { class: "required", title: "Required" }, "*") : null) : null,
    description ? el("p", { class: "modal-description" }, description) : null,
    field.node);
}

const BUILDERS = { 4: textField, 19: fileField, 21: choiceField, 22: choiceField, 23: checkField };

function textField(control, { name, required }) {
  const common = {
    name: control.custom_id, placeholder: control.placeholder, maxlength: control.max_length, autocomplete: "off", "aria-label": name,
  };
  const node = control.style === 2 ? el("textarea", { ...common, rows: 4 }) : el("input", { ...common, type: "text" });
  node.value = control.value ?? "";
  const complaint = () => {
    if (!node.value) return required ? `Fill in “${name}”: it is required.` : null;
    return node.value.length < (control.min_length ?? 0) ? `“${name}” needs at least ${control.min_length} characters.` : null;
  };
  return { node, focus: () => node.focus(), complaint, value: async () => node.value };
}

function selectField(control, { name, required }) {
  const node = selectBox({ ...control, disabled: false }, state.world);
  const complaint = () => (required && !node.values().length ? `Choose something for “${name}”: it is required.` : null);
  return { node, focus: () => node.focus(), complaint, value: async () => (node.values().length ? node.values() : undefined) };
}

function fileField(control, { name, required }) {
  const most = control.max_values ?? 1;
  let files = [];
  const shown = el("div", { class: "upload-list" });
  const input = el("input", { type: "file", class: "pill-file", multiple: most > 1, "aria-label": name, onchange: () => take([...input.files]) });
  const zone = el("button", { type: "button", class: "upload", onclick: () => input.click() }, icon("plus"), most > 1 ? `Choose up to ${most} files` : "Choose a file");
  const take = (chosen) => {
    files = chosen.slice(0, most);
    shown.replaceChildren(...files.map((file) => {
      const line = el("div", { class: "tray-file" }, el("span", {}, `${file.name} · ${fileSize(file.size)}`));
      preview(file).then((canvas) => canvas && line.prepend(canvas));
      return line;
    }));
  };
  return {
    node: el("div", {}, zone, input, shown),
    focus: () => zone.focus(),
    complaint: () => (required && !files.length ? `Choose a file for “${name}”: it is required.` : null),
    value: async () => (files.length ? Promise.all(files.map(encodeFile)) : undefined),
  };
}

function choiceField(control, { name, required }) {
  const single = control.type === 21;
  const inputs = control.options.map((option) => el("input", {
    type: single ? "radio" : "checkbox", name: control.custom_id, value: option.value, checked: option.default,
  }));
  const node = el("div", { class: "choices" }, control.options.map((option, index) =>
    el("label", {}, inputs[index], el("span", {}, option.label, option.description ? el("small", {}, option.description) : null))));
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    node, focus: () => inputs[0]?.focus(),
    complaint: () => (required && !chosen().length ? `Choose something for “${name}”: it is required.` : null),
    value: async () => (chosen().length ? (single ? chosen()[0] : chosen()) : undefined),
  };
}

function checkField(control, { name }) {
  const node = el("input", { type: "checkbox", checked: control.default, "aria-label": name });
  return { node, focus: () => node.focus(), complaint: () => null, value: async () => node.checked };
}
