/** The little of Home Assistant's frontend that the cards use. */

export interface State {
  entity_id: string;
  state: string;
  attributes: Record<string, unknown>;
  last_changed: string;
}

export interface Entry {
  entity_id: string;
  platform?: string;
  translation_key?: string;
  device_id?: string;
  name?: string;
  hidden?: boolean;
}

export interface Device {
  id: string;
  name: string | null;
  name_by_user?: string | null;
  area_id?: string | null;
  model?: string | null;
  entry_type?: string | null;
  via_device_id?: string | null;
  identifiers: [string, string][];
  config_entry_id?: string | null;
}

export interface Area {
  area_id: string;
  name: string;
}

export interface Connection {
  sendMessagePromise(message: Record<string, unknown>): Promise<unknown>;
  subscribeMessage(
    callback: (message: unknown) => void,
    message: Record<string, unknown>,
    options?: { resubscribe?: boolean },
  ): Promise<() => unknown>;
  /** "ready" comes whenever the connection is there again. */
  addEventListener(name: "ready", listener: () => void): void;
  removeEventListener(name: "ready", listener: () => void): void;
}

export interface Hass {
  states: Record<string, State | undefined>;
  entities: Record<string, Entry>;
  devices: Record<string, Device>;
  areas: Record<string, Area>;
  language: string;
  connected?: boolean;
  locale: { language: string; time_format?: string; time_zone?: string };
  config: { time_zone: string; components?: string[]; language?: string };
  connection: Connection;
  services?: Record<string, Record<string, unknown> | undefined>;
  hassUrl(path: string): string;
  formatEntityState(state: State): string;
  localize?: (key: string) => string;
  loadBackendTranslation?(
    category: string,
    integration: string,
  ): Promise<(key: string, values?: Record<string, string>) => string>;
  callService(
    domain: string,
    service: string,
    data?: Record<string, unknown>,
    target?: Record<string, unknown>,
    notifyOnError?: boolean,
    returnResponse?: boolean,
  ): Promise<{ response?: unknown }>;
}

export interface CardConfig {
  type: string;
  /** The farm's device, or the printer's for the card of one printer. */
  device_id?: string;
  [option: string]: unknown;
}

/** Home Assistant's own dialog of an entity: history, settings for those who may change them. */
export function showMoreInfo(element: HTMLElement, entityId: string): void {
  element.dispatchEvent(new CustomEvent("hass-more-info", { bubbles: true, composed: true, detail: { entityId } }));
}

/** Return the name of an entity. Home Assistant has it in the language of the server, the user may have another one. */
export function nameOf({ entities, language, config, localize }: Hass, entityId: string): string {
  const { name = entityId, translation_key } = entities[entityId] ?? {};
  if (language === config.language || !localize) return name;
  const [domain] = entityId.split(".");
  return localize(`component.printago.entity.${domain}.${translation_key}.name`) || name;
}

export function isKnown(state: State | undefined): state is State {
  return state !== undefined && state.state !== "unavailable" && state.state !== "unknown";
}

export function numberOf(state: State | undefined): number | null {
  const value = isKnown(state) ? Number(state.state) : NaN;
  return Number.isFinite(value) ? value : null;
}
