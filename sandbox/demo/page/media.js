// Pictures, films, sounds and files of messages, the galleries that hold them, and the enlarged view.

import { el, fileSize, icon } from "./dom.js";

const ROWS = { 1: [1], 2: [2], 3: [3], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [1, 3, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [1, 3, 3, 3] };

/** The free-standing attachments of a message: pictures in a gallery, then the rest one below the other. */
export function attachments(list) {
  const seen = list.filter((item) => item.kind === "image" || item.kind === "video");
  const others = list.filter((item) => !seen.includes(item));
  const out = el("div", { class: "attachments" });
  if (seen.length) out.append(gallery(seen.map((item) => ({ media: item, spoiler: item.spoiler, description: item.description }))));
  for (const item of others) out.append(item.kind === "audio" ? audio(item) : fileCard(item, item.spoiler));
  return out;
}

/** One to ten pieces of media, laid out as Discord lays them out. */
export function gallery(items) {
  const node = el("div", { class: `gallery gallery-${items.length}` });
  const pictures = items.map((item) => item.media).filter((media) => media.kind === "image");
  const perRow = (ROWS[items.length] ?? [3, 3, 3, 3]).flatMap((count) => Array(count).fill(count));
  items.forEach((item, index) => {
    const cell = mediaCell(item, pictures);
    if (items.length === 1) size(cell, item.media);
    else cell.dataset.perRow = String(perRow[index]);
    node.append(cell);
  });
  return node;
}

function size(cell, media) {
  if (!media.width || !media.height) return;
  const scale = Math.min(1, 550 / media.width, 480 / media.height);
  cell.style.width = `${Math.round(media.width * scale)}px`;
  cell.style.aspectRatio = `${media.width} / ${media.height}`;
}

function mediaCell({ media, spoiler, description }, pictures) {
  const cell = el("div", { class: "media" });
  const hidden = spoiler || media.spoiler;
  if (media.kind === "image") {
    const alt = description || media.description || media.name;
    const enlarge = () => lightbox(pictures, pictures.indexOf(media));
    cell.append(
      el("button", { type: "button", class: "media-open", "aria-label": `Enlarge ${alt}`, onclick: enlarge },
        el("img", { src: media.url, alt, title: description, draggable: "false" })),
    );
  } else if (media.kind === "video") {
    cell.append(el("video", { src: media.url, controls: true, preload: "metadata" }));
  } else if (media.kind) {
    cell.append(fileCard(media, false));
  } else {
    cell.append(elsewhere(media.url));
  }
  if (hidden) cell.append(spoilerCover(cell));
  return cell;
}

/** Media outside this machine is named, not loaded: the page makes no request elsewhere. */
function elsewhere(url) {
  const safe = /^https?:\/\//.test(url ?? "");
  return el("a", { class: "elsewhere", href: safe ? url : null, target: "_blank", rel: "noopener noreferrer" },
    icon("external"), el("span", {}, url ?? "No picture"));
}

export function thumbnail({ media, spoiler, description }) {
  const cell = mediaCell({ media, spoiler, description }, [media]);
  cell.classList.add("thumbnail");
  return cell;
}

function spoilerCover(cell) {
  cell.classList.add("hidden-media");
  return el("button", {
    type: "button", class: "media-cover",
    onclick: (event) => {
      cell.classList.remove("hidden-media");
      event.currentTarget.remove();
    },
  }, el("span", {}, "Spoiler"));
}

function audio(item) {
  return el("div", { class: "file-card audio" }, fileHead(item), el("audio", { src: item.url, controls: true, preload: "metadata" }));
}

/** A file to save. */
export function fileCard(item, spoiler) {
  const card = el("div", { class: "file-card" }, fileHead(item));
  if (spoiler) card.append(spoilerCover(card));
  return card;
}

function fileHead(item) {
  return el("div", { class: "file-head" },
    icon("file", 32),
    el("div", { class: "file-name" },
      el("a", { href: item.url, download: item.name }, item.name),
      el("small", {}, fileSize(item.size))),
    el("a", { class: "file-save", href: item.url, download: item.name, "aria-label": `Save ${item.name}` }, icon("download")));
}

/** Show pictures large, one at a time. */
export function lightbox(pictures, start) {
  let at = Math.max(0, start);
  const image = el("img", { alt: "" });
  const caption = el("div", { class: "lightbox-caption" });
  const go = (step) => {
    at = (at + step + pictures.length) % pictures.length;
    draw();
  };
  const arrow = (name, step, label) =>
    pictures.length > 1
      ? el("button", { type: "button", class: `lightbox-arrow ${name}`, "aria-label": label, onclick: () => go(step) }, icon(name, 28))
      : null;
  const dialog = el("dialog", {
    class: "lightbox", "aria-label": "Picture",
    onclick: (event) => event.target === dialog && dialog.close(),
    onclose: () => dialog.remove(),
    onkeydown: (event) => {
      if (event.key === "ArrowLeft") go(-1);
      if (event.key === "ArrowRight") go(1);
    },
  }, image, caption, arrow("left", -1, "Previous picture"), arrow("right", 1, "Next picture"),
  el("button", { type: "button", class: "lightbox-close", "aria-label": "Close", onclick: () => dialog.close() }, icon("close", 24)));
  const draw = () => {
    const picture = pictures[at];
    image.src = picture.url;
    image.alt = picture.description || picture.name;
    caption.replaceChildren(
      el("span", {}, picture.width ? `${picture.name} · ${picture.width} × ${picture.height}` : picture.name),
      el("a", { href: picture.url, download: picture.name }, "Save"));
  };
  draw();
  document.body.append(dialog);
  dialog.showModal();
}
