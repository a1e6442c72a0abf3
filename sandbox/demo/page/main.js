// Puts the page together: sidebar, header, messages and composer, and keeps them in step with the server.

import { Composer } from "./composer.js";
import { avatar, el, icon } from "./dom.js";
import * as messages from "./messages.js";
import { showModal } from "./modal.js";
import { closePopup } from "./popup.js";
import { enterRoom, room, state, subscribe, switchViewer, unread, viewer } from "./store.js";
import { startTicking } from "./time.js";

const at = (id) => document.getElementById(id);
const composer = new Composer(at("composer"), answered);

/** What came of an interaction: a sentence to show, a form to fill in, or nothing. */
async function answered(answer) {
  if (answer?.notice) composer.complain(answer.notice);
  if (!answer?.modal) return;
  try {
    await answered(await showModal(answer.modal));
  } catch (error) {
    composer.complain(error.message);
  }
}

async function tell(promise) {
  try {
    composer.complain(null);
    await answered(await promise);
  } catch (error) {
    composer.complain(error.message);
  }
}

function drawSidebar() {
  const { world, roomId } = state;
  const entry = (channel) => {
    const count = channel.id === roomId ? 0 : unread(channel.id);
    return el("button", {
      type: "button", class: "channel", "aria-current": channel.id === roomId ? "page" : null,
      dataset: { unread: count ? "" : undefined },
      onclick: () => {
        document.body.classList.remove("drawer");
        enterRoom(channel.id).catch((error) => composer.complain(error.message));
      },
    },
    channel.direct ? avatar({ ...world.bot, bot: true }, 24) : icon("hash"),
    el("span", {}, channel.name),
    count && channel.direct ? el("b", { class: "count" }, String(count)) : null);
  };
  const me = viewer();
  at("sidebar").replaceChildren(
    el("header", {}, el("h1", {}, world.guild.name)),
    el("div", { class: "channels" },
      el("h2", {}, "Text channels"), world.rooms.filter((channel) => !channel.direct).map(entry),
      el("h2", {}, "Direct messages"), world.rooms.filter((channel) => channel.direct).map(entry)),
    el("footer", {}, avatar(me, 32), el("div", {}, el("b", {}, me.name), el("small", {}, me.label))));
}

function drawHeader() {
  const { world } = state;
  const { name, topic, direct } = room();
  at("header").replaceChildren(
    el("button", { type: "button", class: "drawer-key", "aria-label": "Channels", onclick: () => document.body.classList.toggle("drawer") }, icon("menu", 24)),
    el("span", { class: "mark" }, icon(direct ? "at" : "hash", 24)),
    el("h1", {}, name),
    el("p", { class: "topic", title: topic }, topic),
    el("div", { class: "viewers", role: "radiogroup", "aria-label": "See the server as" }, world.viewers.map((entry) =>
      el("button", {
        type: "button", role: "radio", "aria-checked": String(entry.key === world.me.key), dataset: { viewer: entry.key },
        title: `See the server as ${entry.name}`,
        onclick: () => entry.key !== world.me.key && switchViewer(entry.key).catch((error) => composer.complain(error.message)),
      }, avatar(entry, 20), entry.label))));
}

subscribe((kind) => {
  if (kind === "connection") {
    at("banner").hidden = !state.lost;
    at("banner").textContent = "The connection to the demo was lost. Trying again…";
    return;
  }
  if (kind === "commands") return composer.refresh();
  if (kind !== "messages") {
    closePopup();
    document.body.classList.remove("drawer");
    drawHeader();
    messages.clear();
    composer.reset({ focus: matchMedia("(hover: hover)").matches });
    composer.complain(null);
  }
  drawSidebar();
  messages.draw();
});

messages.setUp(at("scroller"), at("log"), at("present"), tell);
at("main").addEventListener("click", (event) => {
  if (!event.target.closest("#header")) document.body.classList.remove("drawer");
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, dialog, .popup, button, a");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  composer.text.value = "/";
  composer.text.focus();
});
startTicking();
switchViewer(null).catch((error) => composer.complain(error.message));
