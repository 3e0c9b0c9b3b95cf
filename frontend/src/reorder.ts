/** Lets rows of a list be moved, by a handle with a pointer or with the arrow keys. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

interface Row {
  top: number;
  height: number;
}

interface Drag {
  from: number;
  to: number;
  rows: readonly Row[];
  /** Where the pointer took hold of the row, and where it is now; with what the page was scrolled. */
  start: number;
  at: number;
}

/** The first and the last place to which a row may come. */
export type Range = readonly [first: number, last: number];

const EDGE = 70;
const SCROLL = 12;

export class Reorder implements ReactiveController {
  #host: ReactiveControllerHost;
  #drag: Drag | undefined;
  #range: Range = [0, 0];
  #pointer = 0;
  #frame = 0;
  #move: (from: number, to: number) => void;

  /** `move` is called once with where a row was, and where it is to be. */
  constructor(host: ReactiveControllerHost, move: (from: number, to: number) => void) {
    this.#host = host;
    this.#move = move;
    host.addController(this);
  }

  get active(): boolean {
    return this.#drag !== undefined;
  }

  hostDisconnected(): void {
    this.#end();
  }

  /** Take hold of a row, at its handle. */
  grab(event: PointerEvent, from: number, range: Range): void {
    const handle = event.currentTarget as HTMLElement;
    const list = handle.closest("ul");
    if (event.button !== 0 || !list || this.#drag) return;
    event.preventDefault();
    handle.focus();
    const rows = [...list.children].map((row) => {
      const { top, height } = row.getBoundingClientRect();
      return { top: top + window.scrollY, height };
    });
    const start = event.clientY + window.scrollY;
    this.#drag = { from, to: from, rows, start, at: start };
    this.#range = range;
    this.#pointer = event.clientY;
    window.addEventListener("pointermove", this.#moved);
    window.addEventListener("pointerup", this.#dropped);
    window.addEventListener("pointercancel", this.#cancelled);
    window.addEventListener("keydown", this.#key, { capture: true });
    this.#frame = requestAnimationFrame(this.#scroll);
    this.#host.requestUpdate();
  }

  /** Return where an arrow key, Home or End moves a row; undefined for any other key. */
  target(event: KeyboardEvent, from: number, [first, last]: Range): number | undefined {
    const to = { ArrowUp: from - 1, ArrowDown: from + 1, Home: first, End: last }[event.key];
    if (to === undefined) return undefined;
    event.preventDefault();
    return Math.min(last, Math.max(first, to));
  }

  /** Return the style with which a row is drawn while one is moved. */
  style(index: number): string {
    const drag = this.#drag;
    const moving = drag?.rows[drag.from];
    if (!drag || !moving) return "";
    if (index === drag.from) return `transform:translateY(${drag.at - drag.start}px);z-index:1;position:relative`;
    if (index > drag.from && index <= drag.to)
      return `transform:translateY(${-moving.height}px);transition:transform .15s`;
    if (index < drag.from && index >= drag.to)
      return `transform:translateY(${moving.height}px);transition:transform .15s`;
    return "transition:transform .15s";
  }

  isMoved(index: number): boolean {
    return this.#drag?.from === index;
  }

  #moved = (event: PointerEvent): void => {
    this.#pointer = event.clientY;
    this.#follow();
  };

  #follow(): void {
    const drag = this.#drag;
    const moving = drag?.rows[drag.from];
    if (!drag || !moving) return;
    drag.at = this.#pointer + window.scrollY;
    const offset = drag.at - drag.start;
    const [first, last] = this.#range;
    // A row makes room when the edge of the moved one that comes first passes its middle.
    const top = moving.top + offset;
    const bottom = top + moving.height;
    const passed = drag.rows.filter((row, index) => {
      const middle = row.top + row.height / 2;
      return index < drag.from ? middle <= top : index > drag.from && middle < bottom;
    }).length;
    drag.to = Math.min(last, Math.max(first, passed));
    this.#host.requestUpdate();
  }

  #scroll = (): void => {
    if (!this.#drag) return;
    const step = this.#pointer < EDGE ? -SCROLL : this.#pointer > window.innerHeight - EDGE ? SCROLL : 0;
    if (step) {
      window.scrollBy(0, step);
      this.#follow();
    }
    this.#frame = requestAnimationFrame(this.#scroll);
  };

  #dropped = (): void => {
    const drag = this.#drag;
    this.#end();
    if (drag && drag.to !== drag.from) this.#move(drag.from, drag.to);
  };

  #cancelled = (): void => this.#end();

  #key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.#end();
  };

  #end(): void {
    if (!this.#drag) return;
    this.#drag = undefined;
    cancelAnimationFrame(this.#frame);
    window.removeEventListener("pointermove", this.#moved);
    window.removeEventListener("pointerup", this.#dropped);
    window.removeEventListener("pointercancel", this.#cancelled);
    window.removeEventListener("keydown", this.#key, { capture: true });
    this.#host.requestUpdate();
  }
}
