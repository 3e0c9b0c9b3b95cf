/** The wall: all printers of a farm, who needs a person first. */
import { css, html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { isPending } from "../beds";
import { PrintagoCard, shared } from "../card";
import { collator, farmOf, isSilent, type Farm } from "../farm";
import { dotted, finder, percent } from "../format";
import type { CardConfig, Hass } from "../ha";
import { Live, reason } from "../live";
import "../parts/job";
import type { Job } from "../parts/job";
import { wiki } from "./printer";
import { bedsHead } from "../parts/all-beds";
import { openPrinter } from "../parts/open-printer";
import { dueAction, endText, needText, progressBar, statusText } from "../parts/printer-parts";
import { GROUPS, inOrder, viewOf, type Group, type PrinterView } from "../printer";
import { now } from "../time";
import { t } from "../words";

const MANY = 12;
const COMPACT_FROM = 41;
const FIRST_JOBS = 4;

interface WallConfig extends CardConfig {
  group_by?: "status" | "area" | "model" | "tag";
  density?: "auto" | "compact" | "roomy";
}

/** What no entity of a printer has. */
interface Wall {
  loaded: boolean;
  failed?: Job[];
  waiting_approval?: Job[];
  /** Printago's tags by device. */
  tags?: Record<string, string[]>;
}

interface Section {
  title: string;
  views: PrinterView[];
}

export class PrintersCard extends PrintagoCard {
  static override properties = {
    ...PrintagoCard.properties,
    only: { state: true },
    search: { state: true },
    allJobs: { state: true },
  };
  static override styles = [
    shared,
    css`
      .tools,
      .beds {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        margin-bottom: 8px;
      }
      section + .beds {
        margin-top: 12px;
      }
      .beds h3 {
        margin: 0;
      }
      .tools .beds {
        margin: 0;
      }
      input {
        flex: 1;
        min-width: 120px;
        max-width: 260px;
      }
      section + section {
        margin-top: 12px;
      }
      h3 {
        font-size: 15px;
        font-weight: 500;
        margin-bottom: 6px;
      }
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(220px, 100%), 1fr));
        gap: 8px;
      }
      .compact .tiles {
        grid-template-columns: repeat(auto-fill, minmax(118px, 1fr));
        gap: 6px;
      }
      .jobs {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr));
        gap: 8px;
        margin-bottom: 6px;
      }
      .jobs li {
        padding-inline: 14px 10px;
        border-radius: var(--ha-card-border-radius, 12px);
        border: 1px solid var(--ha-card-border-color, var(--divider-color));
        border-inline-start: 6px solid var(--printago-attention);
        background: color-mix(in srgb, var(--printago-attention) 10%, var(--card-background-color));
      }
      .tile {
        position: relative;
        box-sizing: border-box;
        min-width: 0;
        display: flex;
        flex-direction: column;
        gap: 3px;
        padding-block: 8px;
        padding-inline: 14px 10px;
        overflow: hidden;
        border-radius: var(--ha-card-border-radius, 12px);
        border: 1px solid var(--ha-card-border-color, var(--divider-color));
        background: var(--ha-card-background, var(--card-background-color));
        contain: layout paint style;
      }
      .tile::before {
        content: "";
        position: absolute;
        inset-block: 0;
        inset-inline-start: 0;
        width: 6px;
        background: var(--group-color);
      }
      .tile.attention {
        background: color-mix(in srgb, var(--group-color) 10%, var(--card-background-color));
      }
      .open {
        display: flex;
        align-items: baseline;
        gap: 6px;
        font-size: 17px;
        font-weight: 500;
        line-height: 1.25;
      }
      .open::after {
        content: "";
        position: absolute;
        inset: 0;
      }
      .open:focus-visible {
        outline: 0;
      }
      .tile:has(.open:focus-visible) {
        outline: 2px solid var(--primary-color);
        outline-offset: 1px;
      }
      .open .line {
        flex: 1;
      }
      .percent {
        font-variant-numeric: tabular-nums;
      }
      .why {
        font-size: 14px;
        line-height: 1.3;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        overflow: hidden;
      }
      .small {
        font-size: 14px;
        line-height: 1.3;
      }
      .tile .act {
        position: relative;
        align-self: flex-end;
        margin-top: auto;
      }
      .tile .bar {
        margin-top: auto;
      }
      .compact .tile {
        min-height: 34px;
        padding-block: 5px;
        gap: 1px;
      }
      .compact .tile:has(.act) {
        padding-inline-end: max(48px, calc(var(--printago-tap) + 12px));
      }
      .compact .tile .act {
        position: absolute;
        inset-block-end: 6px;
        inset-inline-end: 6px;
      }
      /* Along the lower edge of the tile, where it takes no line of its own. */
      .compact .tile .bar {
        position: absolute;
        inset: auto 0 0;
        height: 4px;
        border-radius: 0;
      }
      /* The name first: what does not fit beside it is left out. The bar and the section say the same. */
      .compact .open {
        font-size: 15px;
        flex-wrap: wrap;
        height: 1.25em;
        overflow: hidden;
      }
      .compact .open .line {
        flex: 1 0 auto;
        max-width: 100%;
      }
      .compact .small,
      .compact .why {
        font-size: 13px;
      }
      .compact .tools,
      .compact .jobs {
        margin-bottom: 4px;
      }
      .compact section + section {
        margin-top: 4px;
      }
      .compact h3 {
        line-height: 1.2;
        margin-bottom: 3px;
      }
      .compact .jobs {
        --printago-lines: 1;
      }
      @media (max-width: 500px) {
        .tiles,
        .compact .tiles {
          grid-template-columns: repeat(auto-fill, minmax(145px, 1fr));
        }
      }
    `,
  ];

  declare only: Group | null;
  declare search: string;
  declare allJobs: boolean;
  #live = new Live<Wall>(this);

  constructor() {
    super();
    this.allJobs = false;
    this.only = null;
    this.search = "";
    this.pause = 250;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    const farm = farmOf(hass, this.config?.device_id);
    return farm ? [farm, ...farm.printers.map((printer) => viewOf(hass, printer))] : [undefined];
  }

  protected override content(hass: Hass): TemplateResult {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    if (farm.printers.length === 0) return this.sentence(t("no_printers"));
    if (isSilent(hass, farm)) return this.sentence(t("silent"));
    // In a large farm something changes all the time; once a second is enough to read.
    this.pause = farm.printers.length < COMPACT_FROM ? 250 : 1000;
    this.#live.follow(hass, { type: "printago/wall/subscribe", device_id: farm.deviceId });
    const all = inOrder(farm.printers.map((printer) => viewOf(hass, printer)));
    const matches = finder(this.search);
    // A filter stays within reach as long as it is set.
    const tools = farm.printers.length > MANY || this.only !== null || this.search !== "";
    const views = all.filter(
      (view) =>
        (this.only === null || view.group === this.only) && matches(view.printer.name, view.printer.model, view.job),
    );
    const compact = this.#isCompact(farm);
    const beds = views.filter((view) => view.bedWaits).length > 1 ? bedsHead(this, hass, views) : nothing;
    return html`<div class=${compact ? "compact" : ""}>
      ${this.#live.error ? this.sentence(reason(this.#live.error, hass)) : nothing}
      <p class="hidden" role="status">${t("group_attention")}: ${all.filter(({ need }) => need).length}</p>
      ${tools ? this.#tools(all, beds) : nothing} ${this.#jobs(hass, farm)} ${tools ? nothing : beds}
      ${views.length === 0 ? html`<p class="muted" role="status">${t("nothing_found")}</p>` : nothing}
      ${this.#sections(hass, views).map(
        (section) =>
          html`<section aria-label=${section.title}>
            <h3>${section.title} <span class="muted">${section.views.length}</span></h3>
            <div class="tiles" role="list">
              ${repeat(
                section.views,
                (view) => view.printer.deviceId,
                (view) => this.#tile(hass, view, compact),
              )}
            </div>
          </section>`,
      )}
    </div>`;
  }

  #isCompact(farm: Farm): boolean {
    const { density = "auto" } = (this.config ?? {}) as WallConfig;
    return density === "compact" || (density === "auto" && farm.printers.length >= COMPACT_FROM);
  }

  #sections(hass: Hass, views: PrinterView[]): Section[] {
    const { group_by = "status" } = (this.config ?? {}) as WallConfig;
    const sections = new Map<string, Section>();
    const none = t(`no_${group_by}`);
    const titles = ({ printer, group }: PrinterView): string[] => {
      if (group_by === "area") return [hass.areas[printer.areaId ?? ""]?.name ?? none];
      if (group_by === "model") return [printer.model || none];
      if (group_by === "tag") return this.#live.data?.tags?.[printer.deviceId] ?? [none];
      return [t(`group_${group}`)];
    };
    for (const view of views) {
      for (const title of titles(view)) {
        const section = sections.get(title);
        if (section) section.views.push(view);
        else sections.set(title, { title, views: [view] });
      }
    }
    const all = [...sections.values()];
    if (!["area", "model", "tag"].includes(group_by)) return all;
    const last = ({ title }: Section): number => Number(title === none);
    return all.sort((a, b) => last(a) - last(b) || collator.compare(a.title, b.title));
  }

  /** The jobs that wait for a person. */
  #jobs(hass: Hass, farm: Farm): TemplateResult | typeof nothing {
    const { failed = [], waiting_approval = [] } = this.#live.data ?? {};
    const jobs = [...waiting_approval, ...failed];
    if (jobs.length === 0) return nothing;
    const shown = this.allJobs ? jobs : jobs.slice(0, FIRST_JOBS);
    return html`<section aria-label=${t("jobs_attention")}>
      <h3 aria-live="polite">${t("jobs_attention")} <span class="muted">${jobs.length}</span></h3>
      <ul class="jobs">
        ${repeat(
          shown,
          (job) => job.id,
          (job) => html`<li><printago-job .hass=${hass} .farm=${farm} .job=${job}></printago-job></li>`,
        )}
      </ul>
      ${
        jobs.length > shown.length
          ? html`<button class="act" @click=${() => (this.allJobs = true)}>${t("show_more")}</button>`
          : nothing
      }
    </section>`;
  }

  /** Filters and search, and in their line, where it takes no height, what confirms several beds. */
  #tools(views: PrinterView[], beds: TemplateResult | typeof nothing): TemplateResult {
    const counts = (group: Group): number => views.filter((view) => view.group === group).length;
    return html`<div class="tools" role="toolbar" aria-label=${t("filter")}>
      ${GROUPS.filter((group) => counts(group) > 0 || group === this.only).map(
        (group) =>
          html`<button
            class="chip"
            aria-pressed=${this.only === group}
            @click=${() => (this.only = this.only === group ? null : group)}
          >
            ${t(`group_${group}`)} ${counts(group)}
          </button>`,
      )}
      <input
        type="search"
        aria-label=${t("search")}
        placeholder=${t("search")}
        .value=${this.search}
        @input=${(event: InputEvent) => (this.search = (event.target as HTMLInputElement).value)}
      />
      ${beds}
    </div>`;
  }

  #tile(hass: Hass, view: PrinterView, compact: boolean): unknown {
    const minute = view.endsAt === null && view.bedWaitsSince === null ? 0 : Math.floor(now() / 60_000);
    const pending = isPending(view.printer.entities.confirm_bed_cleared);
    // What has not changed is not even compared.
    return guard([view, compact, minute, pending, hass.locale, hass.language], () => this.#drawn(hass, view, compact));
  }

  #drawn(hass: Hass, view: PrinterView, compact: boolean): TemplateResult {
    const { printer } = view;
    const short = compact && (view.group === "ready" || view.group === "rest");
    return html`<div class="tile ${view.group} ${view.need ?? ""} ${short ? "short" : ""}" role="listitem">
      <button class="open" aria-haspopup="dialog" @click=${() => openPrinter(this, printer)}>
        <span class="line">${printer.name}</span>
        ${view.progress === null ? nothing : html`<span class="percent">${percent(hass, view.progress)}</span>`}
        ${short ? html`<span class="small muted">${statusText(hass, view)}</span>` : nothing}
      </button>
      ${short ? nothing : this.#text(hass, view, compact)} ${progressBar(hass, view)} ${dueAction(hass, view, compact)}
    </div>`;
  }

  #text(hass: Hass, view: PrinterView, compact: boolean): TemplateResult {
    if (view.need) {
      return html`<p class="why">${dotted(needText(hass, view), view.job)}</p>
        ${view.need === "problem" && !compact ? html`<p class="small">${wiki(view.messages[0])}</p>` : nothing}`;
    }
    return html`<p class="small line">${view.job ?? statusText(hass, view)}</p>
      ${view.endsAt === null ? nothing : html`<p class="small line muted">${endText(hass, view, compact)}</p>`}`;
  }
}
