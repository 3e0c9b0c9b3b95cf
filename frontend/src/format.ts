/** Times as the user's profile wants them. */
import type { Hass } from "./ha";
import { now as present } from "./time";
import { isolated } from "./words";

type Settings = Pick<Hass, "locale" | "config">;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Return a time of day, with the day of the week where it is not today. */
export function clock(hass: Settings, moment: number, now = present()): string {
  const options: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };
  if (hass.locale.time_format === "12") options.hour12 = true;
  if (hass.locale.time_format === "24") options.hourCycle = "h23";
  if (hass.locale.time_zone === "server") options.timeZone = hass.config.time_zone;
  const day = formatter(hass, { dateStyle: "short", ...(options.timeZone ? { timeZone: options.timeZone } : {}) });
  if (day.format(moment) !== day.format(now)) options.weekday = "short";
  return formatter(hass, options).format(moment);
}

/** Return a span of time in its two largest units, such as "1 hr 20 min". */
export function duration(hass: Settings, milliseconds: number, unitDisplay: "short" | "narrow" = "short"): string {
  const minutes = Math.max(0, Math.round(milliseconds / MINUTE));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts: string[] = [];
  const unit = (value: number, unit: string): void => {
    parts.push(number(hass, { style: "unit", unit, unitDisplay }).format(value));
  };
  if (days) unit(days, "day");
  if (hours) unit(hours, "hour");
  if (!days && (minutes % 60 || !hours)) unit(minutes % 60, "minute");
  return parts.join(" ");
}

/** Return how long ago something was, or in how long it is. */
export function relative(hass: Settings, moment: number, now = present()): string {
  const span = moment - now;
  if (Number.isNaN(span)) return "";
  const say = (length: number, name: "minute" | "hour" | "day"): string => {
    const count = Math.round(span / length);
    // "Tomorrow" would be wrong for what is 30 hours from an evening.
    const numeric = count === 0 ? "auto" : "always";
    return new Intl.RelativeTimeFormat(hass.locale.language, { numeric, style: "short" }).format(count, name);
  };
  if (Math.abs(span) < HOUR) return say(MINUTE, "minute");
  return Math.abs(span) < DAY ? say(HOUR, "hour") : say(DAY, "day");
}

/** Return several facts in one line. */
export function dotted(...facts: (string | number | null)[]): string {
  return facts
    .filter(Boolean)
    .map((fact) => isolated(`${fact}`))
    .join(" · ");
}

/** Return what tells whether texts have all words of a search, in any order. */
export function finder(search: string): (...texts: (string | null)[]) => boolean {
  const words = search.toLocaleLowerCase().split(/\s+/);
  return (...texts) => {
    const text = texts.join(" ").toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  };
}

export function percent(hass: Settings, value: number): string {
  return number(hass, { style: "percent", maximumFractionDigits: 0 }).format(value / 100);
}

export function amount(hass: Settings, value: number, name: string): string {
  return number(hass, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 1 }).format(value);
}

/** Return an amount of money; a currency that the browser does not know is written behind it. */
export function money(hass: Settings, value: number, currency: string): string {
  try {
    return number(hass, { style: "currency", currency }).format(value);
  } catch {
    return `${value} ${currency}`;
  }
}

/** Return a weight given in grams. */
export function weight(hass: Settings, grams: number): string {
  return grams >= 1000 ? amount(hass, grams / 1000, "kilogram") : amount(hass, Math.round(grams), "gram");
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const numbers = new Map<string, Intl.NumberFormat>();

// Making a formatter costs far more than using it.
function formatter(hass: Settings, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(formatters, hass, options, () => new Intl.DateTimeFormat(hass.locale.language, options));
}

function number(hass: Settings, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(numbers, hass, options, () => new Intl.NumberFormat(hass.locale.language, options));
}

function kept<T>(all: Map<string, T>, hass: Settings, options: object, make: () => T): T {
  const key = hass.locale.language + JSON.stringify(options);
  let found = all.get(key);
  if (!found) all.set(key, (found = make()));
  return found;
}
