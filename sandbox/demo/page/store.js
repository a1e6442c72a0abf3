// What the page knows: who looks, at which channel, the messages of every channel, and what has been read.

import { act, follow, get } from "./net.js";

const listeners = new Set();
const read = new Map();
let stop = null;

export const state = {
  world: null,
  roomId: null,
  commands: { slash: [], message: [], user: [] },
  rooms: {},
  messages: new Map(),
  lost: false,
};

/** `listener(kind)`: "viewer", "room", "messages" or "connection". */
export function subscribe(listener) {
  listeners.add(listener);
}

function tell(kind) {
  for (const listener of listeners) listener(kind);
}

export function room() {
  return state.world?.rooms.find((entry) => entry.id === state.roomId);
}

/** Ids of the messages shown in a room, oldest first. */
export function messageIds(roomId = state.roomId) {
  return state.rooms[roomId] ?? [];
}

export function viewer() {
  return state.world.viewers.find((entry) => entry.key === state.world.me.key);
}

export async function switchViewer(key) {
  const world = await get("/api/world", key ? { as: key } : {});
  stop?.();
  Object.assign(state, { world, rooms: {}, messages: new Map(), lost: false });
  if (!world.rooms.some((entry) => entry.id === state.roomId)) state.roomId = world.rooms[0].id;
  document.title = `#${room().name} | ${world.title}`;
  await refreshCommands();
  tell("viewer");
  stop = follow(world.me.key, {
    onChange: take,
    onLost: () => connection(true),
    onBack: () => connection(false),
  });
}

export async function enterRoom(roomId) {
  if (roomId === state.roomId || !state.world.rooms.some((entry) => entry.id === roomId)) return;
  state.roomId = roomId;
  document.title = `#${room().name} | ${state.world.title}`;
  tell("room");
  markRead();
  await refreshCommands();
}

async function refreshCommands() {
  const { roomId, world: { me } } = state;
  const commands = await get("/api/commands", { as: me.key, channel: roomId });
  if (roomId !== state.roomId || me.key !== state.world.me.key) return; // the viewer has moved on meanwhile
  state.commands = commands;
  tell("commands");
}

function take({ rooms, messages }) {
  const first = Object.keys(state.rooms).length === 0;
  state.rooms = rooms;
  for (const message of messages) state.messages.set(message.id, message);
  if (first) for (const id of Object.keys(rooms)) if (!read.has(readKey(id))) markRead(id);
  markRead();
  tell("messages");
}

function connection(lost) {
  if (state.lost === lost) return;
  state.lost = lost;
  tell("connection");
}

function readKey(roomId) {
  return `${state.world.me.key}/${roomId}`;
}

function markRead(roomId = state.roomId) {
  read.set(readKey(roomId), messageIds(roomId).at(-1) ?? "0");
}

/** How many messages of a room came after it was last looked at. */
export function unread(roomId) {
  const last = BigInt(read.get(readKey(roomId)) ?? "0");
  return messageIds(roomId).filter((id) => BigInt(id) > last).length;
}

/** Do something as this viewer in this room. */
export function perform(verb, body = {}) {
  return act(verb, { viewer: state.world.me.key, channel: state.roomId, ...body });
}

/** The names behind the mentions of a message. */
export function namesFor(message) {
  const { world } = state;
  return {
    user: (id) =>
      world.people.find((person) => person.id === id)?.name ??
      (id === world.bot.id ? world.bot.name : message?.names?.[id] ?? "unknown-user"),
    role: (id) => world.roles.find((role) => role.id === id) ?? { name: "unknown-role" },
    channel: (id) => world.channels.find((channel) => channel.id === id)?.name ?? "unknown",
    everyone: message?.pings ?? false,
  };
}
