// Discord's markdown as DOM nodes. Blocks first (code, headings, quotes, lists), then what stands inside a line.

import { el } from "./dom.js";
import { timestamp } from "./time.js";

const FENCE = /(?<!\\)```(?:([\w+\-.#]+)\n)?\n?([\s\S]*?)\n?```\n?/g;
const HEADING = /^(#{1,3})[ \t]+(.+)$/;
const SMALL = /^-#[ \t]+(.+)$/;
const QUOTE = /^> ?(.*)$/;
const ITEM = /^( *)([-*]|\d{1,9}\.)[ \t]+(.+)$/;

/**
 * `names` answers user(id), role(id) → {name, colour}, channel(id) and everyone (whether @everyone counts);
 * `go` follows a link inside the page and says whether it could.
 */
export function markdown(text, names, go) {
  const context = { names, go };
  const out = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(FENCE)) {
    if (!match[2].trim()) continue;
    out.append(...lines(text.slice(at, match.index), context));
    out.append(el("pre", {}, el("code", { dataset: match[1] ? { language: match[1] } : {} }, match[2])));
    at = match.index + match[0].length;
  }
  out.append(...lines(text.slice(at), context));
  return out;
}

function lines(text, context) {
  const out = [];
  const waiting = text.split("\n");
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) out.push(...inline(paragraph.join("\n"), context));
    paragraph = [];
  };
  const block = (node) => {
    flush();
    out.push(node);
  };
  while (waiting.length) {
    const line = waiting[0];
    if (line.startsWith(">>> ")) {
      const rest = [line.slice(4), ...waiting.slice(1)].join("\n");
      block(el("blockquote", {}, lines(rest, context)));
      break;
    } else if (QUOTE.test(line)) {
      const quoted = takeWhile(waiting, QUOTE).map((found) => found[1]);
      block(el("blockquote", {}, lines(quoted.join("\n"), context)));
    } else if (HEADING.test(line)) {
      const [, marks, title] = HEADING.exec(waiting.shift());
      block(el(`h${marks.length}`, {}, inline(title, context)));
    } else if (SMALL.test(line)) {
      block(el("small", { class: "subtext" }, inline(SMALL.exec(waiting.shift())[1], context)));
    } else if (ITEM.test(line)) {
      const items = takeWhile(waiting, ITEM);
      while (items.length) block(list(items, context));
    } else {
      paragraph.push(waiting.shift());
    }
  }
  flush();
  return out;
}

function takeWhile(waiting, pattern) {
  const taken = [];
  while (waiting.length && pattern.test(waiting[0])) taken.push(pattern.exec(waiting.shift()));
  return taken;
}

function list(items, context) {
  const ordered = /\d/.test(items[0][2]);
  const depth = items[0][1].length;
  const node = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(items[0][2], 10) } : {});
  while (items.length && (items[0][1].length > depth || (items[0][1].length === depth && /\d/.test(items[0][2]) === ordered))) {
    if (items[0][1].length > depth) {
      const nested = [];
      while (items.length && items[0][1].length > depth) nested.push(items.shift());
      while (nested.length) (node.lastElementChild ?? node).append(list(nested, context));
    } else {
      node.append(el("li", {}, inline(items.shift()[3], context)));
    }
  }
  return node;
}

const styled = (tag, props = {}) => (match, context) => el(tag, props, inline(match[1], context));

// Tried in order at each place; sticky, and each scans its text once, so a long message cannot stall the page.
const RULES = [
  [/\\([^A-Za-z0-9\s])/y, (match) => match[1]],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, (match) => el("code", {}, match[2].replace(/^ (.*) $/, "$1"))],
  [/<@!?(\d+)>/y, (match, { names }) => mention(`@${names.user(match[1])}`)],
  [/<@&(\d+)>/y, (match, { names }) => roleMention(names.role(match[1]))],
  [/<#(\d+)>/y, (match, context) => channelMention(match[1], context)],
  [/<t:(-?\d{1,17})(?::([tTdDfFR]))?>/y, (match) => timestamp(Number(match[1]), match[2])],
  [/<\/([\w -]+):\d+>/y, (match) => mention(`/${match[1]}`)],
  [/<a?:(\w+):\d+>/y, (match) => `:${match[1]}:`],
  [/<(https?:\/\/[^\s<>]+)>/y, (match, context) => link(match[1], [match[1]], null, context)],
  [/\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s)>]+)>?(?:[ \t]+"([^"\n]*)")?\)/y,
    (match, context) => link(match[2], inline(match[1], { ...context, inLink: true }), match[3], context)],
  [/https?:\/\/[^\s<]*[^\s<.,:;"')\]*_~|]/y, (match, context) => link(match[0], [jumpLabel(match[0], context) ?? match[0]], null, context)],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, styled("strong")],
  [/__((?:\\[\s\S]|[^\\])+?)__(?!_)/y, styled("u")],
  [/\*(?!\s)((?:\\[\s\S]|\*\*|[^*\\])+?)\*(?!\*)/y, styled("em")],
  [/_((?:\\[\s\S]|__|[^_\\])+?)_(?![A-Za-z0-9_])/y, styled("em")],
  [/~~((?:\\[\s\S]|[^\\])+?)~~/y, styled("s")],
  [/\|\|((?:\\[\s\S]|[^\\])+?)\|\|/y, (match, context) => spoiler(inline(match[1], context))],
  [/@(?:everyone|here)\b/y, (match, { names }) => (names.everyone ? mention(match[0]) : match[0])],
  [/\n/y, () => el("br")],
];
const PLAIN = /[^\\`<[h*_~|@\n]+/y;

function inline(text, context) {
  const out = [];
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const plain = take(PLAIN);
    if (plain) {
      out.push(plain[0]);
      at += plain[0].length;
      continue;
    }
    const found = firstRule(take);
    if (found) {
      out.push(found.rule(found.match, context));
      at += found.match[0].length;
    } else {
      out.push(text[at]);
      at += 1;
    }
  }
  return out;
}

function firstRule(take) {
  for (const [pattern, rule] of RULES) {
    const match = take(pattern);
    if (match) return { match, rule };
  }
  return null;
}

function mention(text) {
  return el("span", { class: "mention" }, text);
}

function roleMention(role) {
  const node = mention(role.name.startsWith("@") ? role.name : `@${role.name}`);
  if (role.colour) node.style.color = `#${role.colour.toString(16).padStart(6, "0")}`;
  return node;
}

function channelMention(id, { names, go }) {
  const jump = () => go(`https://discord.com/channels/0/${id}`);
  return el("button", { class: "mention", type: "button", onclick: jump }, `#${names.channel(id)}`);
}

/** A link to a message of this server is shown by its channel, as Discord does. */
function jumpLabel(address, { names }) {
  const found = /^https:\/\/discord\.com\/channels\/\d+\/(\d+)(\/\d+)?$/.exec(address);
  const name = found && names.channel(found[1]);
  if (!name || name === "unknown") return null;
  return el("span", { class: "mention" }, found[2] ? `#${name} › message` : `#${name}`);
}

function link(address, children, title, { go, inLink }) {
  if (inLink) return el("span", {}, children);
  const follow = (event) => {
    if (go(address)) event.preventDefault();
  };
  return el(
    "a",
    { href: address, title: title ?? address, target: "_blank", rel: "noopener noreferrer", onclick: follow },
    children,
  );
}

function spoiler(children) {
  const show = (event) => {
    if (event.currentTarget.classList.contains("shown")) return;
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.classList.add("shown");
  };
  return el("span", { class: "spoiler", onclick: show }, el("span", {}, children));
}
