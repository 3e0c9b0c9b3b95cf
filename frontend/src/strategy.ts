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
      ...BUILD[view](config, farm),
      show_icon_and_title,
    })),
  };
}

const BUILD: Record<(typeof VIEWS)[number], (config: StrategyConfig, farm: Farm | undefined) => Json> = {
  wall: (config, farm) => ({
    title: t("view_wall"),
    path: "wall",
    icon: "mdi:view-grid",
    type: "sections",
    max_columns: 4,
    badges: badges(farm),
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
  queue: (config) => view("queue", "mdi:tray-full", [card("queue", config)], 2),
  orders: (config) => view("orders", "mdi:package-variant-closed", [card("orders", config)], 2),
  spools: (config) => view("spools", "mdi:palette-swatch-outline", [card("spools", config)], 4),
  print: (config) => view("print", "mdi:printer-3d-nozzle", [card("print", config)], 4),
  history: (config) => view("history", "mdi:history", [card("history", config)], 2),
};

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

const BADGES: readonly [key: string, color: string][] = [
  ["printers_awaiting_clear", "amber"],
  ["printers_with_problem", "red"],
  ["jobs_waiting_approval", "amber"],
  ["jobs_failed", "red"],
  ["printers_printing", "green"],
  ["jobs_queued", "blue"],
  ["orders_open", "indigo"],
  ["orders_overdue", "red"],
];

function badges(farm: Farm | undefined): Json[] {
  return BADGES.flatMap(([key, color]) => {
    const entity = farm?.entities[key];
    if (!entity) return [];
    // Nothing is counted that isn't there.
    const hidden = ["0", "unavailable", "unknown"].map((state) => ({ condition: "state", entity, state_not: state }));
    return [{ type: "entity", entity, color, show_name: true, name: t(`badge_${key}`), visibility: hidden }];
  });
}
