/** Code that is loaded only when it is needed, and what is said where that fails. */
import { t } from "./words";

/** Show a text for a moment, as Home Assistant does. */
export function notify(element: HTMLElement, message: string): void {
  element.dispatchEvent(new CustomEvent("hass-notification", { bubbles: true, composed: true, detail: { message } }));
}

/** Use code once it is here. A page from before an update asks for code that is gone: say that it has to be reloaded. */
export function use<T>(host: HTMLElement, code: Promise<T>, then: (code: T) => void): void {
  code.then(then, () => notify(host, t("other_version")));
}
