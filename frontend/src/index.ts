/** What Home Assistant loads on every page: names and empty elements. The code of a card comes when one is shown. */
import { farmOf, farmsOf, type Farm } from "./farm";
import type { CardConfig, Connection, Hass } from "./ha";
import type { PrintagoCard } from "./card";
import { loadWords, t } from "./words";

type Load = () => Promise<new () => PrintagoCard>;

interface Kind {
  load: Load;
  /** Translation keys of entities for which the card is offered; "*" for every one of a printer. */
  suits: readonly string[];
  columns: number | "full";
  /** The fewest columns in which its texts can be read; 6 by default. */
  minColumns?: number;
}

const CARDS: Record<string, Kind> = {
  printer: { load: async () => (await import("./cards/states")).PrinterCard, suits: ["*"], columns: 12, minColumns: 9 },
  printers: {
    load: async () => (await import("./cards/states")).PrintersCard,
    suits: [
      "printers_total",
      "printers_online",
      "printers_printing",
      "printers_ready",
      "printers_with_problem",
      "attention",
    ],
    columns: "full",
  },
  farm: {
    load: async () => (await import("./cards/states")).FarmCard,
    suits: ["utilization", "next_free", "realtime"],
    columns: 12,
    minColumns: 9,
  },
  beds: {
    load: async () => (await import("./cards/states")).BedsCard,
    suits: ["printers_awaiting_clear", "beds_to_clear"],
    columns: 12,
    minColumns: 9,
  },
  queue: {
    load: async () => (await import("./cards/lists")).QueueCard,
    suits: ["jobs_queued", "jobs_failed", "jobs_waiting_approval", "queue", "queue_end"],
    columns: 12,
    minColumns: 9,
  },
  orders: {
    load: async () => (await import("./cards/lists")).OrdersCard,
    suits: ["orders_open", "orders_overdue", "open_orders", "deadlines"],
    columns: 12,
  },
  print: {
    load: async () => (await import("./cards/print")).PrintCard,
    suits: ["jobs_completed", "jobs_in_progress"],
    columns: 12,
  },
  history: {
    load: async () => (await import("./cards/lists")).HistoryCard,
    suits: ["success_rate", "filament_used", "print_time", "last_print_result", "prints"],
    columns: 12,
  },
  spools: {
    load: async () => (await import("./cards/spools")).SpoolsCard,
    suits: ["ams_tray", "materials_short"],
    columns: "full",
    minColumns: 9,
  },
};

/** Stands for a card until its code is there, then shows it. */
abstract class Stub extends HTMLElement {
  abstract kind: Kind;
  abstract load(): Promise<PrintagoCard>;
  #config: CardConfig | undefined;
  #hass: Hass | undefined;
  #card: PrintagoCard | undefined;
  #loading = false;

  setConfig(config: CardConfig): void {
    if (config.device_id !== undefined && typeof config.device_id !== "string") {
      throw new Error("device_id has to be the ID of a device");
    }
    this.#config = config;
    this.#card?.setConfig(config);
  }

  get hass(): Hass | undefined {
    return this.#hass;
  }

  set hass(hass: Hass | undefined) {
    this.#hass = hass;
    if (this.#card) this.#card.hass = hass;
  }

  connectedCallback(): void {
    if (this.#loading) return;
    this.#loading = true;
    this.style.display = "block";
    this.style.height = "100%";
    // A list of cards shows a piece of it.
    if (this.closest(".preview")) this.style.cssText += "max-height: 320px; overflow: hidden";
    this.load().then(
      (card) => {
        this.#card = card;
        if (this.#config) card.setConfig(this.#config);
        card.hass = this.#hass;
        this.replaceChildren(card);
      },
      () => {
        // A page from before an update asks for code that is gone.
        this.#loading = false;
        const said = document.createElement("ha-card");
        said.style.padding = "16px";
        said.textContent = t("other_version");
        this.replaceChildren(said);
      },
    );
  }

  getCardSize(): number {
    return 4;
  }

  getGridOptions(): Record<string, unknown> {
    return { columns: this.kind.columns, min_columns: this.kind.minColumns ?? 6 };
  }
}

function define(name: string, kind: Kind): void {
  const tag = `printago-${name}-card`;
  // An older module may still be in the page.
  if (customElements.get(tag)) return;
  customElements.define(
    tag,
    class extends Stub {
      kind = kind;

      async load(): Promise<PrintagoCard> {
        const Card = await kind.load();
        if (!customElements.get(`printago-${name}`)) customElements.define(`printago-${name}`, Card);
        return new Card();
      }

      static getStubConfig(hass: Hass): Record<string, unknown> {
        // What applies without a choice is shown as chosen.
        if (name === "printers") return { group_by: "status", density: "auto" };
        if (name !== "printer") return {};
        return { device_id: farmsOf(hass).flatMap((farm) => farm.printers)[0]?.deviceId };
      }

      static async getConfigForm(): Promise<unknown> {
        return (await import("./dashboard")).formOf(name);
      }
    },
  );
}

interface Offer {
  type: string;
  name: string;
  description: string;
  [more: string]: unknown;
}

declare global {
  interface Window {
    customCards?: Offer[];
    customStrategies?: Offer[];
    hassConnection?: Promise<{ conn: Connection }>;
  }
}

function offerCard(name: string, kind: Kind): Offer {
  const type = `printago-${name}-card`;
  return {
    type,
    // They are asked for when the list of cards is opened, long after the words have come.
    get name() {
      return t(`name_${name}`);
    },
    get description() {
      return t(`about_${name}`);
    },
    preview: true,
    getEntitySuggestion(hass: Hass, entityId: string): unknown {
      const entry = hass.entities[entityId];
      if (entry?.platform !== "printago" || !entry.device_id) return null;
      const farm = farmOf(hass, entry.device_id);
      const ofPrinter = farm !== undefined && farm.deviceId !== entry.device_id;
      const fits = kind.suits.includes(entry.translation_key ?? "") || (ofPrinter && kind.suits.includes("*"));
      const device_id = name === "printer" ? entry.device_id : farm?.deviceId;
      return fits ? { config: { type: `custom:${type}`, device_id } } : null;
    },
  };
}

for (const [name, kind] of Object.entries(CARDS)) {
  define(name, kind);
  (window.customCards ??= []).push(offerCard(name, kind));
}

const STRATEGY = "ll-strategy-dashboard-printago-farm";
if (!customElements.get(STRATEGY)) {
  customElements.define(
    STRATEGY,
    class extends HTMLElement {
      // Home Assistant redraws the dashboard when this says so, which closes open dialogs. The cards follow the
      // registries by themselves. Older versions look at this list instead.
      static registryDependencies = ["entities", "devices"];

      static shouldRegenerate(config: CardConfig, before: Hass, after: Hass): boolean {
        if (before.entities === after.entities && before.devices === after.devices) return false;
        const [old, farm] = [before, after].map((hass) => farmOf(hass, config.device_id));
        const facts = (shown: Farm | undefined): string => JSON.stringify({ ...shown, printers: 0 });
        return facts(old) !== facts(farm);
      }

      static async generate(config: CardConfig, hass: Hass): Promise<unknown> {
        const built = await import("./dashboard").catch(() => undefined);
        return (
          built?.generate(config, hass) ?? { views: [{ cards: [{ type: "markdown", content: t("other_version") }] }] }
        );
      }

      static async getConfigElement(): Promise<HTMLElement> {
        await import("./dashboard");
        return document.createElement("printago-strategy-editor");
      }
    },
  );
}
(window.customStrategies ??= []).push({
  type: "printago-farm",
  strategyType: "dashboard",
  get name() {
    return t("strategy_name");
  },
  get description() {
    return t("strategy_description");
  },
});

// The lists of cards and dashboards want names before any card is shown. The page says the language once that is known.
const page = document.documentElement;
const load = (): void => void window.hassConnection?.then(({ conn }) => loadWords(conn, page.lang || "en"));
new MutationObserver(load).observe(page, { attributeFilter: ["lang"] });
load();
