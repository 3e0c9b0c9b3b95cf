/** What no entity has: asked for over Home Assistant's websocket, and pushed whenever it changes. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Connection, Hass } from "./ha";
import { t } from "./words";

/** Home Assistant begins to listen before the integration does; what is refused is asked for again after this. */
const RETRY_MS = 10_000;

/** Follows one subject of a farm as long as its card is on the page. */
export class Live<T> implements ReactiveController {
  data: T | undefined;
  /** Why there is nothing: an error of Home Assistant's or the integration's. */
  error: unknown;
  #host: ReactiveControllerHost;
  #wanted: { connection: Connection; message: Record<string, unknown> } | undefined;
  #key = "";
  #stop: Promise<() => unknown> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  /** Follow this from now on; nothing happens while it is what is followed already. */
  follow(hass: Hass, message: Record<string, unknown>): void {
    const key = JSON.stringify(message);
    if (key === this.#key && hass.connection === this.#wanted?.connection) return;
    this.#end();
    this.#key = key;
    this.#wanted = { connection: hass.connection, message };
    this.#start();
  }

  hostConnected(): void {
    if (!this.#stop) this.#start();
  }

  hostDisconnected(): void {
    this.#end();
  }

  #start(): void {
    this.#wanted?.connection.addEventListener("ready", this.#begin);
    this.#begin();
  }

  // The connection could subscribe again by itself, but would not survive a refusal.
  #begin = (): void => {
    clearTimeout(this.#retry);
    if (!this.#wanted) return;
    const { connection, message } = this.#wanted;
    const stop = connection.subscribeMessage(
      (data) => {
        if (this.#stop !== stop) return;
        this.data = data as T;
        this.error = undefined;
        this.#host.requestUpdate();
      },
      message,
      { resubscribe: false },
    );
    this.#stop = stop;
    stop.catch((error: unknown) => {
      if (this.#stop !== stop) return;
      this.data = undefined;
      this.error = error ?? {};
      this.#retry = setTimeout(this.#begin, RETRY_MS);
      this.#host.requestUpdate();
    });
  };

  #end(): void {
    clearTimeout(this.#retry);
    this.#wanted?.connection.removeEventListener("ready", this.#begin);
    const stop = this.#stop;
    this.#stop = undefined;
    // One that never began can't be ended; the connection ends the others by itself when it is lost.
    void stop?.then((end) => end()).catch(() => undefined);
  }
}

/** What Home Assistant answers instead; nothing of it where the connection is lost. */
interface Refusal {
  code?: string;
  message?: string;
  translation_domain?: string;
  translation_key?: string;
  translation_placeholders?: Record<string, string>;
}

/** Return the sentence that says why there is nothing to show. */
export function reason(error: unknown, { config }: Pick<Hass, "config">): string {
  const { code, message } = (error ?? {}) as Refusal;
  // Only Printago and the integration can say it better, such as that the quota is used up.
  if (message && isRefusal(error)) return message;
  if (code === "unknown_command") {
    return t(config.components?.includes("printago") === false ? "not_loaded" : "other_version");
  }
  if (code === "unauthorized") return t("not_allowed");
  return t(code === "not_found" ? "no_farm" : "no_answer");
}

/** Return the same sentence in the language of the user, also where the integration has said it. */
export async function explain(error: unknown, hass: Hass): Promise<string> {
  const { translation_domain, translation_key, translation_placeholders } = (error ?? {}) as Refusal;
  if (!translation_domain || !translation_key) return reason(error, hass);
  // Without a connection there are no translations either, but the caller still waits for a sentence.
  const localize = await hass.loadBackendTranslation?.("exceptions", translation_domain).catch(() => undefined);
  const key = `component.${translation_domain}.exceptions.${translation_key}.message`;
  const said = localize?.(key, translation_placeholders);
  if (said) return said;
  return reason(error, hass);
}

/** Return whether Printago or the integration refused, which would be the same in a moment. */
export function isRefusal(error: unknown): boolean {
  return ["home_assistant_error", "service_validation_error"].includes((error as Refusal | undefined)?.code ?? "");
}
