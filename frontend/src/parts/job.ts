/** A print job in a list: what it is, why it waits or failed, and what can be done with it. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { act } from "../act";
import { shared } from "../card";
import { ask } from "../dialog";
import type { Farm } from "../farm";
import { dotted } from "../format";
import type { Hass } from "../ha";
import type { Page } from "../list-card";
import { t } from "../words";

export interface Job {
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

export interface Queue extends Page {
  queued: Job[];
  failed: Job[];
  waiting_approval: Job[];
}

interface Explanation {
  explanation: string;
  printers: { printer: string; printer_id: string; matched: boolean; reasons: string[] }[];
}

const FIRST = 5;

export class JobRow extends LitElement {
  static override properties = {
    job: { attribute: false },
    farm: { attribute: false },
    place: { attribute: false },
    open: { state: true },
    explained: { state: true },
    all: { state: true },
    sending: { state: true },
  };
  static override styles = [
    shared,
    css`
      .job {
        display: flex;
        align-items: center;
        gap: 12px;
        width: 100%;
        min-height: 56px;
        padding: 4px 0;
        border-radius: 8px;
      }
      img,
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
      .why {
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: var(--printago-lines, 2);
        overflow: hidden;
      }
      .place {
        min-width: 1.4em;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 4px 0 8px;
        align-items: center;
      }
      .explained {
        padding: 0 0 10px;
        font-size: 14px;
      }
      .explained li {
        padding: 2px 0;
      }
    `,
  ];

  declare job: Job;
  declare farm: Farm;
  /** Its place in the queue; 0 where it has none. */
  declare place: number;
  declare open: boolean;
  /** Whether all printers of an explanation are shown, not only the likeliest. */
  declare all: boolean;
  declare explained: Explanation | "asking" | undefined;
  /** Whether something is being done with the job: a second tap would do it twice. */
  declare sending: boolean;
  /** What is done is done for this; it changes all the time, and decides nothing that is shown. */
  hass: Hass | undefined;

  constructor() {
    super();
    this.place = 0;
    this.open = false;
    this.all = false;
    this.sending = false;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { job, hass } = this;
    if (!hass) return nothing;
    const about = dotted(
      job.part === job.title ? null : job.part,
      job.status === "pending" ? null : job.printer,
      job.order ? t("order_number", { number: job.order }) : "",
      job.low_priority ? t("low_priority") : "",
      job.tags.join(", "),
    );
    return html`<button class="job" aria-expanded=${this.open} @click=${() => (this.open = !this.open)}>
        ${this.place ? html`<span class="place muted">${this.place}</span>` : nothing}
        ${
          job.picture
            ? html`<img src=${hass.hassUrl(job.picture)} alt="" loading="lazy" />`
            : html`<ha-icon icon="mdi:cube-outline"></ha-icon>`
        }
        <span class="text">
          <p class="title line">${job.title}</p>
          <p class=${this.open ? "small" : "small why"}>${why(job)}</p>
          ${about ? html`<p class="small line muted">${about}</p>` : nothing}
        </span>
      </button>
      ${this.open ? this.#actions(hass) : nothing}`;
  }

  #actions(hass: Hass): TemplateResult {
    const { job, farm, sending } = this;
    const change = (action: string, data: Record<string, unknown> = {}): Promise<unknown> => {
      this.sending = true;
      // Home Assistant shows by itself why it failed.
      return act(hass, farm, action, { job_id: [job.id], ...data })
        .catch(() => undefined)
        .finally(() => (this.sending = false));
    };
    if (job.status === "failed") {
      return html`<div class="acts">
        <button class="act main" ?disabled=${sending} @click=${() => change("retry_jobs")}>${t("retry")}</button>
        <button class="act" ?disabled=${sending} @click=${() => change("clear_jobs")}>${t("clear")}</button>
      </div>`;
    }
    const cancel = async (): Promise<void> => {
      const question = {
        title: t("cancel_title", { job: job.title }),
        text: t("cancel_text"),
        action: t("cancel_job"),
      };
      if (await ask(this, question)) void change("cancel_jobs");
    };
    const pin = (event: Event): void => {
      const select = event.target as HTMLSelectElement;
      void change("update_jobs", select.value ? { pin_to_printer: select.value } : { unpin: true }).then(() => {
        // What was refused does not stay chosen.
        select.value = (this.job.pinned ? this.job.device_id : null) ?? "";
      });
    };
    return html`<div class="acts">
        ${
          job.status === "pending"
            ? html`<button class="act" ?disabled=${sending} @click=${() => change("move_jobs_to_front")}>
                  ${t("to_front")}
                </button>
                <select aria-label=${t("pin_to")} ?disabled=${sending} @change=${pin}>
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
                </select>
                <button
                  class="act"
                  aria-expanded=${this.explained !== undefined}
                  ?disabled=${this.explained === "asking"}
                  @click=${() => this.#explain(hass)}
                >
                  ${t("explain")}
                </button>`
            : nothing
        }
        <button class="act danger" ?disabled=${sending} @click=${cancel}>${t("cancel_job")}</button>
      </div>
      <div aria-live="polite">${this.#explanation()}</div>`;
  }

  #explain(hass: Hass): void {
    if (this.explained) {
      this.explained = undefined;
      return;
    }
    this.explained = "asking";
    // Home Assistant shows by itself why it failed.
    act<{ jobs: Explanation[] }>(hass, this.farm, "explain_job", { job_id: [this.job.id] }, { answers: true })
      .then((answer) => (this.explained = answer?.jobs[0]))
      .catch(() => (this.explained = undefined));
  }

  #explanation(): TemplateResult | typeof nothing {
    if (!this.explained) return nothing;
    if (this.explained === "asking") return html`<p class="explained muted">${t("explaining")}</p>`;
    const { explanation, printers } = this.explained;
    const shown = this.all ? printers : printers.slice(0, FIRST);
    return html`<div class="explained">
      <p>${explanation}</p>
      <ul>
        ${shown.map(
          ({ printer, matched, reasons }) =>
            html`<li><b>${printer}</b>: ${matched ? t("explain_fits") : reasons.join("; ")}</li>`,
        )}
      </ul>
      ${
        printers.length > shown.length
          ? html`<button class="act" @click=${() => (this.all = true)}>${t("show_more")}</button>`
          : nothing
      }
    </div>`;
  }
}

/** Return in one sentence why a job waits, or why it failed. */
export function why(job: Job): string {
  if (job.status === "failed") return job.error ? t("failed_because", { reason: job.error }) : t("failed");
  // Only Printago itself can approve it.
  if (job.status === "waiting-for-approval") return t("why_approval");
  if (!job.why) return job.printer ?? "";
  const { code, printers, more, tags } = job.why;
  const names = more > 0 ? `${printers.join(", ")} … (+${more})` : printers.join(", ");
  return t(`why_${code}`, { printers: names, tags: tags.join(", ") });
}

customElements.define("printago-job", JobRow);
