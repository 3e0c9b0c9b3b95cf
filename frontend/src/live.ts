/** What no entity has: asked for over Home Assistant's websocket, and pushed whenever it changes. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Connection, Hass } from "./ha";
import { t } from "./words";

/** Follows one subject of a farm as long as its card is on the page. */
export class Live<T> implements ReactiveController {
  data: T | undefined;
  /** Why there is nothing: a code of Home Assistant's or the integration's. */
  error: string | undefined;
  #host: ReactiveControllerHost;
  #wanted: { connection: Connection; message: Record<string, unknown> } | undefined;
  #key = "";
  #stop: Promise<() => unknown> | undefined;

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
    this.#begin();
  }

  hostConnected(): void {
    if (!this.#stop) this.#begin();
  }

  hostDisconnected(): void {
    this.#end();
  }

  #begin(): void {
    if (!this.#wanted) return;
    const { connection, message } = this.#wanted;
    const stop = connection.subscribeMessage((data) => {
      if (this.#stop !== stop) return;
      this.data = data as T;
      this.error = undefined;
      this.#host.requestUpdate();
    }, message);
    this.#stop = stop;
    stop.catch((error: unknown) => {
      if (this.#stop !== stop) return;
      this.data = undefined;
      this.error = (error as { code?: string } | undefined)?.code ?? "unknown_error";
      this.#host.requestUpdate();
    });
  }

  #end(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    // One that never began can't be ended; the connection ends the others by itself when it is lost.
    void stop?.then((end) => end()).catch(() => undefined);
  }
}

/** Return the sentence that says why there is nothing to show. */
export function reason(error: string): string {
  if (error === "unknown_command") return t("other_version");
  if (error === "unauthorized") return t("not_allowed");
  return error === "not_found" ? t("no_farm") : t("no_answer");
}
