// Embeds: the framed cards of messages without layout components.

import { el } from "./dom.js";
import { gallery, thumbnail } from "./media.js";
import { clockText } from "./time.js";

export function embedCard(embed, write) {
  const card = el("article", { class: "embed" });
  if (embed.color !== undefined && embed.color !== null) {
    card.style.setProperty("--accent", `#${embed.color.toString(16).padStart(6, "0")}`);
  }
  const text = el("div", { class: "embed-text" });
  if (embed.author?.name) text.append(el("div", { class: "embed-author" }, linked(embed.author.name, embed.author.url)));
  if (embed.title) text.append(el("div", { class: "embed-title markdown" }, linkedNodes(write(embed.title), embed.url)));
  if (embed.description) text.append(el("div", { class: "embed-description markdown" }, write(embed.description)));
  if (embed.fields?.length) {
    text.append(el("div", { class: "embed-fields" }, embed.fields.map((field) =>
      el("div", { class: field.inline ? "embed-field inline" : "embed-field" },
        el("div", { class: "embed-field-name markdown" }, write(field.name)),
        el("div", { class: "markdown" }, write(field.value))))));
  }
  card.append(text);
  if (embed.thumbnail) card.append(thumbnail({ media: embed.thumbnail }));
  if (embed.image) card.append(el("div", { class: "embed-image" }, gallery([{ media: embed.image }])));
  const when = embed.timestamp ? Date.parse(embed.timestamp) / 1000 : NaN;
  const foot = [embed.footer?.text, Number.isNaN(when) ? null : clockText(when)].filter(Boolean);
  if (foot.length) card.append(el("footer", {}, foot.join(" • ")));
  return card;
}

function linkedNodes(nodes, url) {
  if (!/^https?:\/\//.test(url ?? "")) return nodes;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, nodes);
}

function linked(text, url) {
  return linkedNodes(document.createTextNode(text), url);
}
