/** The jobs that wait, in the order in which Printago takes them, and those that failed. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { PrintagoCard, shared } from "../card";
import { ask } from "../dialog";
import { farmOf, type Farm } from "../farm";
import type { Hass } from "../ha";
import { Live, reason } from "../live";
import { t } from "../words";

interface Job {
  id: string;
  title: string;
  part: string | null;
  order: string | null;
  status: string;
  printer: string | null;
  device_id: string | null;
  picture: string | null;
  low_priority: boolean;
  pinned: boolean;
  tags: string[];
  error: string | null;
  why: { code: string; printers: string[]; more: number; tags: string[] } | null;
}

interface Queue {
  loaded: boolean;
  readable: boolean;
  total: number;
  queued: Job[];
  failed: Job[];
  waiting_approval: Job[];
}

const PAGE = 30;

export class QueueCard extends PrintagoCard {
  static override properties = { ...PrintagoCard.properties, limit: { state: true }, open: { state: true } };
  static override styles = [
    shared,
    css`
      ha-card {
        padding: 12px 16px;
      }
      h3 {
        font-size: 16px;
        font-weight: 500;
        padding: 4px 0;
      }
      section + section {
        margin-top: 12px;
      }
      li {
        padding: 6px 0;
      }
      li + li {
        border-top: 1px solid var(--divider-color);
      }
      .job {
        display: flex;
        align-items: center;
        gap: 12px;
        width: 100%;
        min-height: 48px;
      }
      .job img,
      .job ha-icon {
        flex: none;
        width: 44px;
        height: 44px;
        border-radius: 8px;
        object-fit: contain;
        display: grid;
        place-items: center;
        color: var(--secondary-text-color);
      }
      .text {
        flex: 1;
        min-width: 0;
      }
      .title {
        font-weight: 500;
      }
      .small {
        font-size: 14px;
      }
      .place {
        min-width: 1.6em;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 6px 0 4px;
        align-items: center;
      }
      select {
        min-height: 36px;
        max-width: 100%;
        border-radius: 18px;
        padding: 0 12px;
        border: 1px solid var(--divider-color);
        background: var(--card-background-color);
      }
    `,
  ];

  declare limit: number;
  declare open: string | null;
  #live = new Live<Queue>(this);

  constructor() {
    super();
    this.limit = PAGE;
    this.open = null;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    return [farmOf(hass, this.config?.device_id)];
  }

  protected override content(hass: Hass): TemplateResult | typeof nothing {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    this.#live.follow(hass, { type: "printago/queue/subscribe", device_id: farm.deviceId, limit: this.limit });
    if (this.#live.error) return this.sentence(reason(this.#live.error));
    const queue = this.#live.data;
    if (!queue) return nothing;
    if (!queue.loaded) return this.sentence(t("not_loaded"));
    if (!queue.readable) return this.sentence(t("queue_unreadable"));
    const { failed, queued, waiting_approval } = queue;
    return html`<ha-card>
      ${this.#section(hass, farm, t("queue_failed", { count: failed.length }), failed)}
      ${this.#section(hass, farm, t("queue_waiting_approval", { count: waiting_approval.length }), waiting_approval)}
      ${
        queued.length === 0
          ? html`<p class="muted" role="status">${t("queue_empty")}</p>`
          : this.#section(hass, farm, t("queue_queued", { count: queue.total }), queued)
      }
      ${
        queue.total > queued.length
          ? html`<button class="act" @click=${() => (this.limit += PAGE)}>${t("show_more")}</button>`
          : nothing
      }
    </ha-card>`;
  }

  #section(hass: Hass, farm: Farm, title: string, jobs: Job[]): TemplateResult | typeof nothing {
    if (jobs.length === 0) return nothing;
    return html`<section>
      <h3 aria-live="polite">${title}</h3>
      <ul>
        ${repeat(
          jobs,
          (job) => job.id,
          (job, index) => this.#job(hass, farm, job, index),
        )}
      </ul>
    </section>`;
  }

  #job(hass: Hass, farm: Farm, job: Job, index: number): TemplateResult {
    const open = this.open === job.id;
    const about = [
      job.order ? t("order_number", { number: job.order }) : "",
      job.low_priority ? t("low_priority") : "",
      job.tags.join(", "),
    ];
    return html`<li>
      <button class="job" aria-expanded=${open} @click=${() => (this.open = open ? null : job.id)}>
        ${job.status === "pending" ? html`<span class="place muted">${index + 1}</span>` : nothing}
        ${
          job.picture
            ? html`<img src=${hass.hassUrl(job.picture)} alt="" loading="lazy" />`
            : html`<ha-icon icon="mdi:cube-outline"></ha-icon>`
        }
        <span class="text">
          <p class="title line">${job.title}</p>
          <p class="small line">${why(job)}</p>
          <p class="small line muted">${about.filter(Boolean).join(" · ")}</p>
        </span>
      </button>
      ${open ? this.#actions(hass, farm, job) : nothing}
    </li>`;
  }

  #actions(hass: Hass, farm: Farm, job: Job): TemplateResult {
    const change = (action: string, data: Record<string, unknown> = {}): void => {
      // Home Assistant shows by itself why it failed.
      hass.callService("printago", action, { job_id: [job.id], ...data }).catch(() => undefined);
    };
    if (job.status === "failed") {
      return html`<div class="acts">
        <button class="act" @click=${() => change("retry_jobs")}>${t("retry")}</button>
        <button class="act" @click=${() => change("clear_jobs")}>${t("clear")}</button>
      </div>`;
    }
    const cancel = async (): Promise<void> => {
      const question = {
        title: t("cancel_title", { job: job.title }),
        text: t("cancel_text"),
        action: t("cancel_job"),
      };
      if (await ask(this, question)) change("cancel_jobs");
    };
    const pin = (event: Event): void => {
      const chosen = (event.target as HTMLSelectElement).value;
      change("update_jobs", chosen ? { pin_to_printer: chosen } : { unpin: true });
    };
    const pending = job.status === "pending";
    return html`<div class="acts">
      ${
        pending
          ? html`<button class="act" @click=${() => change("move_jobs_to_front")}>${t("to_front")}</button>
              <select aria-label=${t("pin_to")} @change=${pin}>
                <option value="" ?selected=${!job.pinned}>${t("any_printer")}</option>
                ${farm.printers.map(
                  (printer) =>
                    html`<option
                      value=${printer.deviceId}
                      ?selected=${job.pinned && job.device_id === printer.deviceId}
                    >
                      ${printer.name}
                    </option>`,
                )}
              </select>`
          : nothing
      }
      <button class="act danger" @click=${cancel}>${t("cancel_job")}</button>
    </div>`;
  }
}

/** Return in one sentence why a job waits, or why it failed. */
function why(job: Job): string {
  if (job.status === "failed") return job.error ? t("failed_because", { reason: job.error }) : t("failed");
  if (!job.why) return job.printer ?? "";
  const { code, printers, more, tags } = job.why;
  const names = more > 0 ? `${printers.join(", ")} … (+${more})` : printers.join(", ");
  return t(`why_${code}`, { printers: names, tags: tags.join(", ") });
}
