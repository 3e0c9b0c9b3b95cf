/** The jobs that wait, in the order in which Printago takes them, and those that failed. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { act } from "../act";
import type { Farm } from "../farm";
import type { Hass } from "../ha";
import { ListCard } from "../list-card";
import "../parts/job";
import type { Job, Queue } from "../parts/job";
import { Reorder, type Range } from "../reorder";
import { t } from "../words";

/** Keys are pressed several times for one move. */
const KEYS_MS = 800;
/** So long a new order is shown without Printago having said the same. */
const TRUST_MS = 8_000;

interface Move {
  id: string;
  /** The job behind which, or in front of which, it is to be. */
  after?: string;
  before?: string;
  sent?: boolean;
}

export class QueueCard extends ListCard<Queue> {
  static override styles = [
    ListCard.styles,
    css`
      li {
        display: flex;
        align-items: flex-start;
        background: var(--ha-card-background, var(--card-background-color));
      }
      printago-job {
        flex: 1;
        min-width: 0;
      }
      .moved {
        border-radius: 8px;
        box-shadow: 0 4px 16px rgb(0 0 0 / 35%);
      }
      .handle {
        flex: none;
        width: 44px;
        height: 64px;
        display: grid;
        place-items: center;
        cursor: grab;
        touch-action: none;
        color: var(--secondary-text-color);
        border-radius: 8px;
      }
      .dragging,
      .dragging .handle {
        cursor: grabbing;
        user-select: none;
      }
    `,
  ];

  protected override readonly subject = "queue";
  /** What was moved, and is not known to be Printago's order yet; only the last may wait to be sent. */
  #moves: Move[] = [];
  #said = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The queue as it was when a job was taken hold of: while it is dragged, places mean what they meant then. */
  #held: Job[] = [];
  #reorder = new Reorder(this, (from, to) => {
    this.#place(this.#held, from, to);
    this.#send();
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#send();
  }

  protected override pageLength(data: Queue): number {
    return data.queued.length;
  }

  protected override list(hass: Hass, farm: Farm, data: Queue): TemplateResult {
    const { failed, waiting_approval, total } = data;
    const queued = this.#reorder.active ? this.#held : this.#queued();
    return html`${this.#section(hass, farm, t("queue_failed", { count: failed.length }), failed)}
    ${this.#section(hass, farm, t("queue_waiting_approval", { count: waiting_approval.length }), waiting_approval)}
    ${
      queued.length === 0
        ? html`<p class="muted" role="status">${t("queue_empty")}</p>`
        : html`<section>
            <h3 aria-live="polite">${t("queue_queued", { count: total })}</h3>
            <p class="hidden" role="status">${this.#said}</p>
            <ul class=${this.#reorder.active ? "dragging" : ""}>
              ${repeat(
                queued,
                (job) => job.id,
                (job, index) =>
                  html`<li class=${this.#reorder.isMoved(index) ? "moved" : ""} style=${this.#reorder.style(index)}>
                    <printago-job .hass=${hass} .farm=${farm} .job=${job} .place=${index + 1}></printago-job>
                    ${queued.length > 1 ? this.#handle(job, index) : nothing}
                  </li>`,
              )}
            </ul>
          </section>`
    }`;
  }

  #section(hass: Hass, farm: Farm, title: string, jobs: Job[]): TemplateResult | typeof nothing {
    if (jobs.length === 0) return nothing;
    return html`<section>
      <h3 aria-live="polite">${title}</h3>
      <ul>
        ${repeat(
          jobs,
          (job) => job.id,
          (job) => html`<li><printago-job .hass=${hass} .farm=${farm} .job=${job}></printago-job></li>`,
        )}
      </ul>
    </section>`;
  }

  #handle(job: Job, index: number): TemplateResult {
    return html`<button
      class="handle"
      data-job=${job.id}
      aria-label=${t("move_job", { job: job.title })}
      title=${t("move_hint")}
      @pointerdown=${(event: PointerEvent) => this.#grab(event, job, index)}
      @keydown=${(event: KeyboardEvent) => this.#key(event, job, index)}
    >
      <ha-icon icon="mdi:drag"></ha-icon>
    </button>`;
  }

  /** Return the jobs in the order that is shown: Printago's, with what has just been moved. */
  #queued(): Job[] {
    return this.#moves.reduce((queued, { id, before, after }) => {
      const moving = queued.find((job) => job.id === id);
      const others = queued.filter((job) => job !== moving);
      const beside = others.findIndex((job) => job.id === (before ?? after));
      return moving && beside >= 0 ? others.toSpliced(before ? beside : beside + 1, 0, moving) : queued;
    }, this.live.data?.queued ?? []);
  }

  /** Return the places of the jobs of the same priority: no job leaves its own. */
  #range(job: Job): Range {
    const queued = this.#queued();
    const same = (other: Job): boolean => other.low_priority === job.low_priority;
    return [queued.findIndex(same), queued.findLastIndex(same)];
  }

  #grab(event: PointerEvent, job: Job, index: number): void {
    if (this.#reorder.active) return;
    this.#held = this.#queued();
    this.#reorder.grab(event, index, this.#range(job));
  }

  #key(event: KeyboardEvent, job: Job, index: number): void {
    const to = this.#reorder.target(event, index, this.#range(job));
    if (to === undefined) return;
    if (to !== index) this.#place(this.#queued(), index, to);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), KEYS_MS);
    void this.updateComplete.then(() => {
      // The browser takes the focus from what is moved in the page.
      this.renderRoot.querySelector<HTMLElement>(`[data-job="${job.id}"]`)?.focus();
    });
  }

  /** Move a job of a queue, between those of its new neighbors that still wait. */
  #place(queued: Job[], from: number, to: number): void {
    const waiting = new Set(this.#queued().map(({ id }) => id));
    const waits = ({ id }: Job): boolean => waiting.has(id);
    const job = queued[from];
    if (!job || !waits(job)) return;
    const others = queued.toSpliced(from, 1);
    const [next, last] = [others.slice(to).find(waits), others.slice(0, to).findLast(waits)];
    const same = next?.low_priority === job.low_priority;
    // Nothing is left beside which it could be.
    if (!same && !last) return;
    const move = { id: job.id, ...(same ? { before: next.id } : last ? { after: last.id } : {}) };
    // The same key, once more.
    if (this.#unsent?.id === job.id) this.#moves.pop();
    else this.#send();
    this.#moves.push(move);
    this.#said = t("moved_job", { job: job.title, place: to + 1, count: queued.length });
    this.requestUpdate();
  }

  get #unsent(): Move | undefined {
    const last = this.#moves.at(-1);
    return last?.sent ? undefined : last;
  }

  #send(): void {
    clearTimeout(this.#timer);
    const { hass, farm } = this;
    const move = this.#unsent;
    if (!move || !hass || !farm) return;
    move.sent = true;
    const { id, before, after } = move;
    act(hass, farm, "reorder_jobs", { job_id: [id], ...(before ? { before } : { after }) })
      .then(() => setTimeout(() => this.#forget(move), TRUST_MS))
      // Home Assistant shows by itself why it failed.
      .catch(() => this.#forget(move));
  }

  /** From now on Printago's order is shown, which is the same if all went well. */
  #forget(move: Move): void {
    this.#moves = this.#moves.filter((other) => other !== move);
    this.requestUpdate();
  }
}
