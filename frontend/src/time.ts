/** Home Assistant's time. The clock of a phone or of a screen on the wall may be hours wrong, and what remains with it. */
import type { Connection, Hass } from "./ha";

/** Clocks are set, also Home Assistant's own: ask again after this. */
const KEEP_MS = 600_000;
/** A clock that has moved by more than this since the last answer was set, or the machine slept. */
const JUMP_MS = 5_000;

/** What the browser's clock lacks. */
let offset = 0;
let known = false;
let asked: { connection: Connection; at: number; drift: number; answer: Promise<void> } | undefined;

export function now(): number {
  return Date.now() + offset;
}

/** Return whether the time is known, or can't be had; ask for it where that is due, once for all cards. */
export function haveTime({ connection }: Pick<Hass, "connection">, whenKnown: () => void): boolean {
  const at = performance.now();
  const drift = Date.now() - at;
  const due = asked?.connection !== connection || at - asked.at > KEEP_MS || Math.abs(drift - asked.drift) > JUMP_MS;
  if (due) asked = { connection, at, drift, answer: ask(connection) };
  if (due || !known) void asked?.answer.then(whenKnown);
  return known;
}

async function ask(connection: Connection): Promise<void> {
  try {
    const answer = (await connection.sendMessagePromise({ type: "printago/now" })) as { now?: unknown };
    if (typeof answer.now === "number") offset = answer.now - Date.now();
  } catch {
    // An integration of another version: nothing is known but the browser's clock.
  }
  known = true;
}
