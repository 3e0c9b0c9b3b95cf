/** The form of the dashboard's options. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { strategyForm } from "./forms";
import type { Hass } from "./ha";
import { VIEWS } from "./strategy";

class StrategyEditor extends LitElement {
  static override properties = { hass: { attribute: false }, config: { state: true } };

  declare hass: Hass | undefined;
  declare config: Record<string, unknown> | undefined;

  setConfig(config: Record<string, unknown>): void {
    this.config = config;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.hass || !this.config) return nothing;
    const { schema, computeLabel, computeHelper } = strategyForm(VIEWS);
    return html`<ha-form
      .hass=${this.hass}
      .data=${{ views: VIEWS, group_by: "status", density: "auto", ...this.config }}
      .schema=${schema}
      .computeLabel=${computeLabel}
      .computeHelper=${computeHelper}
      @value-changed=${this.#changed}
    ></ha-form>`;
  }

  #changed(event: CustomEvent<{ value: unknown }>): void {
    event.stopPropagation();
    this.dispatchEvent(
      new CustomEvent("config-changed", { bubbles: true, composed: true, detail: { config: event.detail.value } }),
    );
  }
}

customElements.define("printago-strategy-editor", StrategyEditor);
