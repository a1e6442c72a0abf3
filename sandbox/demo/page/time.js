// Discord's timestamps: <t:1700000000:R> and its kin, and the times beside messages.

const LOCALE = navigator.language?.startsWith("en") ? navigator.language : "en-GB";

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { day: "2-digit", month: "2-digit", year: "numeric" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
const formats = new Map();

function format(unixS, options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LOCALE, options));
  return formats.get(key).format(new Date(unixS * 1000));
}

export function relativeText(unixS, nowS = Date.now() / 1000) {
  const difference = Math.round(unixS - nowS);
  const [unit, seconds] = UNITS.find(([, size]) => Math.abs(difference) >= size) ?? ["second", 1];
  return relative.format(Math.trunc(difference / seconds), unit);
}

/** A <time> element; relative ones are kept right by `startTicking`. */
export function timestamp(unixS, style = "f") {
  const node = document.createElement("time");
  const valid = Number.isFinite(unixS) && Math.abs(unixS) < 8.64e12;
  node.className = "timestamp";
  if (!valid) {
    node.textContent = "Invalid Date";
    return node;
  }
  node.dateTime = new Date(unixS * 1000).toISOString();
  node.title = format(unixS, STYLES.F);
  node.textContent = style === "R" ? relativeText(unixS) : format(unixS, STYLES[style] ?? STYLES.f);
  if (style === "R") node.dataset.relative = String(unixS);
  return node;
}

/** The time beside a message's author. */
export function clockText(unixS) {
  const days = dayNumber(Date.now() / 1000) - dayNumber(unixS);
  if (days === 0) return format(unixS, STYLES.t);
  if (days === 1) return `Yesterday at ${format(unixS, STYLES.t)}`;
  return format(unixS, { ...STYLES.d, hour: "2-digit", minute: "2-digit" });
}

export function shortTime(unixS) {
  return format(unixS, STYLES.t);
}

export function fullTime(unixS) {
  return format(unixS, STYLES.F);
}

export function dayText(unixS) {
  return format(unixS, STYLES.D);
}

export function dayNumber(unixS) {
  const date = new Date(unixS * 1000);
  return Math.floor((unixS - date.getTimezoneOffset() * 60) / 86_400);
}

export function startTicking() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-relative]")) {
      const text = relativeText(Number(node.dataset.relative));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 1000);
}
