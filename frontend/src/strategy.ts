/** The dashboard that builds itself. */
import { farmOf, type Farm } from "./farm";
import type { CardConfig, Hass } from "./ha";
import { loadWords, t } from "./words";

interface StrategyConfig extends CardConfig {
  views?: string[] | string;
  group_by?: string;
  density?: string;
  cameras?: string[] | string;
}

type Json = Record<string, unknown>;

export const VIEWS = ["wall", "queue", "orders", "spools", "print", "history"] as const;

export async function generate(config: StrategyConfig, hass: Hass): Promise<Json> {
  await loadWords(hass.connection, hass.language);
  // A phone, or a tablet, has room for the icons of the views only.
  const show_icon_and_title = matchMedia("(min-width: 1280px)").matches;
  const farm = farmOf(hass, config.device_id);
  const wanted = listOf(config.views);
  const views = VIEWS.filter((view) => wanted.includes(view));
  return {
    title: farm?.name ?? "Printago",
    // A dashboard without any view could not be used, nor changed.
    views: (views.length ? views : VIEWS).map((view) => ({
      ...BUILD[view](config, farm, hass),
      show_icon_and_title,
    })),
  };
}

type Build = (config: StrategyConfig, farm: Farm | undefined, hass: Hass) => Json;

const BUILD: Record<(typeof VIEWS)[number], Build> = {
  wall: (config, farm) => ({
    title: t("view_wall"),
    path: "wall",
    icon: "mdi:view-grid",
    type: "sections",
    max_columns: 4,
    badges: badges(farm, WALL_BADGES),
    sections: [
      {
        type: "grid",
        column_span: 4,
        cards: [card("printers", config, { group_by: config.group_by ?? "status", density: config.density ?? "auto" })],
      },
      { type: "grid", cards: [card("farm", config)] },
      ...listOf(config.cameras).map((camera) => ({
        type: "grid",
        cards: [
          { type: "picture-entity", entity: camera, camera_image: camera, camera_view: "live", show_state: false },
        ],
      })),
    ],
  }),
  queue: (config, farm) => ({
    ...view("queue", "mdi:tray-full", [card("queue", config)], 2),
    badges: badges(farm, QUEUE_BADGES),
  }),
  orders: (config) => view("orders", "mdi:package-variant-closed", [card("orders", config)], 2),
  spools: (config) => view("spools", "mdi:palette-swatch-outline", [card("spools", config)], 4),
  print: (config) => view("print", "mdi:printer-3d-nozzle", [card("print", config)], 4),
  history: (config, farm, hass) => {
    const list = view("history", "mdi:history", [card("history", config)], 2);
    const ids = statistics(farm, hass);
    if (!ids) return list;
    const section = (title: string, column_span: number, cards: Json[]): Json => ({
      type: "grid",
      column_span,
      cards: [{ type: "heading", heading: title }, ...cards],
    });
    return {
      ...list,
      sections: [
        section(t("last_month"), 2, ids.filter(({ entity }) => !entity.endsWith("filament")).map(lastMonth)),
        { type: "grid", cards: [card("history", config)] },
        section(t("by_month"), 1, ids.map(byMonth)),
      ],
    };
  },
};

interface Statistic {
  entity: string;
  name: string;
}

/** Return the long-term statistics of a farm; undefined where Home Assistant keeps none. */
function statistics(farm: Farm | undefined, hass: Hass): Statistic[] | undefined {
  const store = farm && hass.devices[farm.deviceId]?.identifiers.find(([domain]) => domain === "printago")?.[1];
  if (!store || !hass.config.components?.includes("recorder")) return undefined;
  // As Home Assistant makes IDs of names.
  const slug = store.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  return ["jobs_completed", "jobs_failed", "print_time", "filament", "cost"].map((name) => ({
    entity: `printago:${slug}_${name}`,
    name: t(`stat_${name}`),
  }));
}

function lastMonth(statistic: Statistic): Json {
  const period = { calendar: { period: "month", offset: -1 } };
  return { type: "statistic", ...statistic, period, stat_type: "change", grid_options: { columns: 6 } };
}

function byMonth({ entity, name }: Statistic): Json {
  return {
    type: "statistics-graph",
    title: name,
    entities: [{ entity, name }],
    period: "month",
    days_to_show: 365,
    stat_types: ["change"],
    chart_type: "bar",
    hide_legend: true,
  };
}

/** Return what is written in YAML as a list, or as one value. */
function listOf(value: unknown): unknown[] {
  return [value ?? []].flat();
}

function view(path: string, icon: string, cards: Json[], columns: number): Json {
  return {
    title: t(`view_${path}`),
    path,
    icon,
    type: "sections",
    max_columns: columns,
    sections: [
      {
        type: "grid",
        column_span: columns,
        cards: cards.map((each) => ({ ...each, grid_options: { columns: "full" } })),
      },
    ],
  };
}

function card(name: string, config: StrategyConfig, options: Json = {}): Json {
  return {
    type: `custom:printago-${name}-card`,
    ...(config.device_id === undefined ? {} : { device_id: config.device_id }),
    ...options,
  };
}

type Badges = readonly (readonly [key: string, color: string])[];

const WALL_BADGES: Badges = [
  ["printers_awaiting_clear", "amber"],
  ["printers_with_problem", "red"],
  ["jobs_waiting_approval", "amber"],
  ["jobs_failed", "red"],
  ["printers_printing", "green"],
  ["jobs_queued", "blue"],
  ["orders_open", "indigo"],
  ["orders_overdue", "red"],
];

const QUEUE_BADGES: Badges = [
  ["queue_end", "blue"],
  ["queue_print_time", "blue"],
  ["queue_filament", "blue"],
  ["materials_short", "red"],
];

function badges(farm: Farm | undefined, all: Badges): Json[] {
  return all.flatMap(([key, color]) => {
    const entity = farm?.entities[key];
    if (!entity) return [];
    // Nothing is counted that isn't there.
    const hidden = ["0", "unavailable", "unknown"].map((state) => ({ condition: "state", entity, state_not: state }));
    return [{ type: "entity", entity, color, show_name: true, name: t(`badge_${key}`), visibility: hidden }];
  });
}
