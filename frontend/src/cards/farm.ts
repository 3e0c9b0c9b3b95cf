/** The farm in numbers, and what stops all of it. */
import { css, html, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { ask } from "../dialog";
import { farmOf, isSilent, type Farm } from "../farm";
import { clock, dotted, relative } from "../format";
import { isKnown, nameOf, showMoreInfo, type Hass, type State } from "../ha";
import { GROUPS, viewOf, type PrinterView } from "../printer";
import { t } from "../words";

const NUMBERS = ["jobs_queued", "jobs_failed", "orders_open", "orders_overdue", "utilization", "next_free"];

export class FarmCard extends PrintagoCard {
  static override styles = [
    shared,
    css`
      ha-card {
        padding: 16px;
        container-type: inline-size;
        display: flex;
        flex-direction: column;
        gap: 14px;
      }
      h3 {
        font-size: 18px;
        font-weight: 500;
      }
      .groups {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        gap: 8px;
      }
      .groups > div {
        padding: 8px 10px;
        border-radius: 10px;
        border-inline-start: 5px solid var(--group-color);
        background: color-mix(in srgb, var(--group-color) 10%, transparent);
      }
      @container (min-width: 420px) {
        .groups {
          grid-template-columns: repeat(4, 1fr);
        }
      }
      .count {
        font-size: 26px;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr));
        gap: 2px 20px;
      }
      .number {
        display: flex;
        justify-content: space-between;
        gap: 12px;
        min-height: max(32px, var(--printago-tap));
        align-items: center;
        width: 100%;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  constructor() {
    super();
    this.pause = 1000;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return [undefined];
    const numbers = NUMBERS.map((key) => hass.states[farm.entities[key] ?? ""]);
    return [farm, isSilent(hass, farm), ...numbers, ...countsOf(hass, farm)];
  }

  protected override content(hass: Hass): TemplateResult {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    if (farm.printers.length && isSilent(hass, farm)) return this.sentence(t("silent"));
    const [running, paused, ...counts] = countsOf(hass, farm);
    return html`<ha-card>
      <h3>${farm.name}</h3>
      <div class="groups" role="list">
        ${GROUPS.map(
          (group, index) =>
            html`<div class=${group} role="listitem">
              <p class="count">${counts[index]}</p>
              <p class="line muted">${t(`group_${group}`)}</p>
            </div>`,
        )}
      </div>
      <div class="numbers">
        ${NUMBERS.map((key) => {
          const state = hass.states[farm.entities[key] ?? ""];
          if (!isKnown(state)) return nothing;
          return html`<button class="number" @click=${() => showMoreInfo(this, state.entity_id)}>
            <span class="line muted">${nameOf(hass, state.entity_id)}</span>
            <span>${valueOf(hass, state)}</span>
          </button>`;
        })}
      </div>
      <div class="acts">
        ${
          running
            ? html`<button class="act" @click=${() => this.#pause(hass, farm)}>${t("pause_farm")}</button>`
            : nothing
        }
        ${
          paused
            ? html`<button class="act" @click=${() => this.#resume(hass, farm)}>${t("resume_farm")}</button>`
            : nothing
        }
        <button class="act danger" @click=${() => this.#stop(hass, farm)}>${t("emergency_stop")}</button>
      </div>
    </ha-card>`;
  }

  async #pause(hass: Hass, farm: Farm): Promise<void> {
    const question = { title: t("pause_farm_title"), text: t("pause_farm_text"), action: t("pause_farm") };
    // What began while the question was open is meant, too.
    if (await ask(this, question)) this.#press(this.hass ?? hass, farm, "pause", "running");
  }

  async #resume(hass: Hass, farm: Farm): Promise<void> {
    const question = { title: t("resume_farm_title"), text: t("resume_farm_text"), action: t("resume_farm") };
    if (await ask(this, question)) this.#press(this.hass ?? hass, farm, "resume", "pause");
  }

  #press(hass: Hass, farm: Farm, button: string, status: string): void {
    const entities = farm.printers
      .filter((printer) => viewOf(hass, printer).status === status)
      .flatMap((printer) => printer.entities[button] ?? []);
    // Pressed together they leave as one request.
    if (entities.length) hass.callService("button", "press", { entity_id: entities }).catch(() => undefined);
  }

  async #stop(hass: Hass, farm: Farm): Promise<void> {
    const question = { title: t("emergency_title"), text: t("emergency_text"), action: t("emergency_stop") };
    if (!(await ask(this, question))) return;
    const printers = farm.printers.map((printer) => printer.deviceId);
    hass.callService("printago", "emergency_stop", { printers }).catch(() => undefined);
  }
}

/** Return a value as Home Assistant shows it, a time in fewer words. */
function valueOf(hass: Hass, state: State): string {
  const moment = state.attributes.device_class === "timestamp" ? Date.parse(state.state) : NaN;
  return Number.isNaN(moment) ? hass.formatEntityState(state) : dotted(clock(hass, moment), relative(hass, moment));
}

/** Return how many printers run and how many are paused, then how many are in each group. */
function countsOf(hass: Hass, farm: Farm): number[] {
  const views = farm.printers.map((printer) => viewOf(hass, printer));
  const count = (wanted: (view: PrinterView) => boolean): number => views.filter(wanted).length;
  return [
    count(({ status }) => status === "running"),
    count(({ status }) => status === "pause"),
    ...GROUPS.map((group) => count((view) => view.group === group)),
  ];
}
