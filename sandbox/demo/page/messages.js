// The list of messages: drawn once, then changed only where a message changed, and kept at its end while one reads it.

import { avatar, dots, el, icon, reconcile } from "./dom.js";
import { componentParts } from "./components.js";
import { embedCard } from "./embeds.js";
import { attachments } from "./media.js";
import { markdown } from "./markdown.js";
import { openMenu } from "./popup.js";
import { enterRoom, messageIds, namesFor, perform, room, state } from "./store.js";
import { clockText, dayNumber, dayText, fullTime, shortTime } from "./time.js";

const GROUP_S = 7 * 60;
const NEAR_PX = 120;
const LINK = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/[\w@]+\/(\d+)(?:\/(\d+))?$/;

let view; // {scroller, log, present, tell}
let atEnd = true;

/** `tell(promise)` reports how an interaction went. */
export function setUp(scroller, log, present, tell) {
  view = { scroller, log, present, tell };
  scroller.addEventListener("scroll", () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    present.hidden = atEnd;
  }, { passive: true });
  const stay = new ResizeObserver(() => atEnd && toEnd());
  stay.observe(log);
  stay.observe(scroller);
  present.addEventListener("click", toEnd);
}

export function toEnd() {
  atEnd = true;
  view.present.hidden = true;
  view.scroller.scrollTop = view.scroller.scrollHeight;
}

/** Start afresh for another channel or viewer. */
export function clear() {
  reconcile(view.log, []);
  toEnd();
}

export function draw() {
  const parts = [{ key: "welcome", data: room().id, make: welcome }];
  let before = null;
  for (const id of messageIds()) {
    const message = state.messages.get(id);
    if (!message) continue;
    if (!before || dayNumber(before.at) !== dayNumber(message.at)) {
      parts.push({ key: `day-${dayNumber(message.at)}`, data: dayText(message.at), make: divider });
    }
    const cause = message.cause?.message ? state.messages.get(message.cause.message) ?? null : null;
    const data = { message, follows: isFollowing(message, before), cause: cause && quoteOf(cause) };
    parts.push({ key: id, data, make: makeMessage, update: updateMessage });
    before = message;
  }
  reconcile(view.log, parts);
  if (atEnd) toEnd();
}

function isFollowing(message, before) {
  return Boolean(
    before && !message.cause && before.author.id === message.author.id && message.at - before.at < GROUP_S &&
    before.ephemeral === message.ephemeral && dayNumber(before.at) === dayNumber(message.at),
  );
}

function quoteOf(message) {
  const text = message.content || (message.components.length ? "Click to see the message" : "Click to see the attachment");
  return { id: message.id, author: message.author, text: text.slice(0, 120).replaceAll("\n", " ") };
}

function welcome() {
  const { name, direct } = room();
  return el("div", { class: "welcome" },
    el("div", { class: "welcome-mark" }, direct ? avatar({ bot: true, name }, 80) : icon("hash", 44)),
    el("h1", {}, direct ? name : `Welcome to #${name}!`),
    el("p", {}, direct ? `This is the beginning of your direct messages with ${name}.` : `This is the start of the #${name} channel.`));
}

function divider(text) {
  return el("div", { class: "day", role: "separator" }, el("span", {}, text));
}

function makeMessage(data) {
  const node = el("article", { class: "message", id: `message-${data.message.id}` });
  updateMessage(node, data);
  return node;
}

function updateMessage(node, { message, follows, cause }) {
  node.classList.toggle("follows", follows);
  node.classList.toggle("ephemeral", message.ephemeral);
  node.classList.toggle("pings", message.pings);
  node.dataset.authorBot = String(message.author.bot);
  const { author, at } = message;
  reconcile(node, [
    ...causeParts(message, cause),
    follows
      ? { key: "gutter", data: at, make: () => el("time", { class: "gutter-time", title: fullTime(at) }, shortTime(at)) }
      : { key: "avatar", data: author, make: () => avatarButton(author) },
    ...(follows ? [] : [{ key: "head", data: [author, at], make: () => head(author, at) }]),
    { key: "body", data: message, make: makeBody, update: updateBody },
    ...(message.ephemeral ? [{ key: "note", data: message.id, make: () => ephemeralNote(message) }] : []),
    { key: "tools", data: message.id, make: () => tools(message.id) },
  ]);
}

function causeParts(message, quote) {
  const { cause } = message;
  if (cause?.command) {
    return [{
      key: "cause", data: cause, make: () => el("div", { class: "cause" },
        avatar(cause.user, 16), el("b", {}, cause.user.name), " used ",
        el("span", { class: "cause-command" }, cause.command)),
    }];
  }
  if (!cause?.message) return [];
  if (!quote) return [{ key: "cause", data: null, make: () => el("div", { class: "cause" }, el("i", {}, "Original message was deleted")) }];
  return [{
    key: "cause", data: quote, make: () => el("button", { type: "button", class: "cause", onclick: () => jump(quote.id) },
      avatar(quote.author, 16), el("b", {}, quote.author.name), el("span", { class: "cause-text" }, quote.text)),
  }];
}

function avatarButton(author) {
  return el("button", { type: "button", class: "message-avatar", "aria-label": author.name, onclick: (event) => personMenu(event, author) }, avatar(author, 40));
}

function head(author, at) {
  return el("header", {},
    el("button", { type: "button", class: "author", onclick: (event) => personMenu(event, author) }, author.name),
    author.bot ? el("span", { class: "app-tag" }, "APP") : null,
    el("time", { class: "when", datetime: new Date(at * 1000).toISOString(), title: fullTime(at) }, clockText(at)));
}

function personMenu(event, author) {
  const apps = author.bot ? [] : state.commands.user;
  const pick = (name) => () => view.tell(perform("menu", { name, user: author.id }));
  openMenu(event.currentTarget, [
    author.name,
    ...apps.map((name) => ({ label: name, icon: icon("apps", 16), onPick: pick(name) })),
    { label: "Copy user ID", icon: icon("link", 16), onPick: () => navigator.clipboard?.writeText(author.id) },
  ]);
}

function makeBody(message) {
  const node = el("div", { class: "body" });
  updateBody(node, message);
  return node;
}

function updateBody(node, message) {
  const write = (text) => markdown(text, namesFor(message), go);
  const context = {
    world: state.world, write, go,
    click: (customId) => view.tell(perform("click", { message: message.id, custom_id: customId })),
    choose: (customId, values) => view.tell(perform("select", { message: message.id, custom_id: customId, values })),
  };
  const parts = [];
  if (message.loading) {
    parts.push({ key: "thinking", data: message.author.name, make: (name) => el("div", { class: "thinking" }, dots(), `${name} is thinking…`) });
  }
  if (message.content) {
    const data = [message.content, message.v2 ? null : message.edited, message.names, message.pings];
    parts.push({ key: "content", data, make: () => el("div", { class: "markdown content" }, write(message.content), message.v2 ? null : edited(message)) });
  }
  if (!message.v2 && message.attachments.length) parts.push({ key: "attachments", data: message.attachments, make: attachments });
  message.embeds.forEach((embed, index) => parts.push({ key: `embed-${index}`, data: embed, make: () => embedCard(embed, write) }));
  if (message.components.length) {
    parts.push({
      key: "components", data: message.components,
      make: () => {
        const holder = el("div", { class: message.v2 ? "components v2" : "components" });
        reconcile(holder, componentParts(message.components, context));
        return holder;
      },
      update: (holder) => reconcile(holder, componentParts(message.components, context)),
    });
  }
  if (message.edited && !message.loading && (message.v2 || !message.content)) {
    parts.push({ key: "edited", data: message.edited, make: () => edited(message) });
  }
  reconcile(node, parts);
}

function edited(message) {
  return message.edited ? el("time", { class: "edited", title: fullTime(message.edited) }, "(edited)") : null;
}

function ephemeralNote(message) {
  return el("div", { class: "ephemeral-note" }, icon("eye", 16), "Only you can see this • ",
    el("button", { type: "button", class: "plain-link", onclick: () => view.tell(perform("dismiss", { message: message.id })) }, "Dismiss message"));
}

function tools(id) {
  const open = (event) => {
    const message = state.messages.get(id);
    const { commands, world } = state;
    const mine = message.author.id === world.me.id;
    const link = `https://discord.com/channels/${world.guild.id}/${room().id}/${id}`;
    const apps = commands.message.map((name) => ({
      label: name, icon: icon("apps", 16), onPick: () => view.tell(perform("menu", { name, message: id })),
    }));
    openMenu(event.currentTarget, [
      ...(apps.length ? ["Apps", ...apps, "Message"] : ["Message"]),
      { label: "Copy message link", icon: icon("link", 16), onPick: () => navigator.clipboard?.writeText(link) },
      ...(mine || (room().moderates && !message.ephemeral)
        ? [{ label: "Delete message", danger: true, icon: icon("trash", 16), onPick: () => view.tell(perform("delete", { message: id })) }]
        : []),
    ]);
  };
  return el("div", { class: "tools" },
    el("button", { type: "button", class: "tool", "aria-label": "Apps and more", title: "Apps and more", "aria-haspopup": "menu", onclick: open }, icon("dots")));
}

/** Follow a link that leads to a message or channel of this page. */
export function go(address) {
  const match = LINK.exec(address);
  if (!match) return false;
  const [, roomId, messageId] = match;
  if (!state.world.rooms.some((entry) => entry.id === roomId)) return false;
  enterRoom(roomId).then(() => messageId && requestAnimationFrame(() => jump(messageId)));
  return true;
}

function jump(id) {
  const node = document.getElementById(`message-${id}`);
  if (!node) return;
  atEnd = false;
  node.scrollIntoView({ block: "center" });
  node.classList.remove("flash");
  requestAnimationFrame(() => node.classList.add("flash"));
  setTimeout(() => node.classList.remove("flash"), 2000);
}
