/** A dialog of the browser's own: it keeps the focus, and Escape closes it. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "./card";
import { t } from "./words";

export interface Question {
  title: string;
  text: string;
  /** What the button says that does it. */
  action: string;
}

/** Ask before something dangerous is done; resolves to whether it is wanted. */
export function ask(host: LitElement, question: Question): Promise<boolean> {
  const dialog = new ConfirmDialog();
  dialog.question = question;
  host.renderRoot.append(dialog);
  return dialog.answer.finally(() => {
    close(dialog);
    dialog.remove();
  });
}

/** Close the dialog of an element. The browser then gives the focus back to what had it, which removing would not. */
export function close(host: LitElement): void {
  host.renderRoot.querySelector("dialog")?.close();
}

/** A dialog over a card, about what the card shows. */
export abstract class CardDialog extends PrintagoCard {
  constructor() {
    super();
    this.inPage = false;
  }

  /** Show it over a card; return false if the card has one already, since two taps open one dialog. */
  protected appear(card: PrintagoCard, deviceId: string): boolean {
    if (card.renderRoot.querySelector(this.localName)) return false;
    this.setConfig({ type: "", device_id: deviceId });
    this.hass = card.hass;
    card.renderRoot.append(this);
    return true;
  }

  protected override updated(): void {
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  /** Return its title, with a button that closes it. */
  protected head(title: TemplateResult | string): TemplateResult {
    return html`<div class="head">
      <h2 id="title">${title}</h2>
      <button class="act icon" aria-label=${t("close")} @click=${() => close(this)}>
        <ha-icon icon="mdi:close"></ha-icon>
      </button>
    </div>`;
  }
}

export const dialogStyle = css`
  dialog {
    box-sizing: border-box;
    width: min(560px, 100vw - 32px);
    max-height: min(90vh, 900px);
    padding: 0;
    overscroll-behavior: contain;
    border: 0;
    border-radius: var(--ha-dialog-border-radius, 24px);
    color: var(--primary-text-color);
    background: var(--ha-dialog-surface-background, var(--card-background-color));
    box-shadow: 0 8px 32px rgb(0 0 0 / 35%);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 45%);
  }
  dialog > div {
    padding: 20px 24px max(20px, env(safe-area-inset-bottom));
    display: flex;
    flex-direction: column;
    gap: 16px;
  }
  dialog h2 {
    font-size: 22px;
    font-weight: 400;
    line-height: 1.3;
  }
  .head {
    display: flex;
    align-items: center;
    gap: 12px;
  }
  .head h2 {
    flex: 1;
    min-width: 0;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 8px;
  }
  @media (max-width: 500px) {
    dialog {
      width: 100vw;
      max-width: 100vw;
      margin-bottom: 0;
      border-end-start-radius: 0;
      border-end-end-radius: 0;
    }
  }
`;

// Its other button is not "Cancel": beside "Cancel job" it would be unclear which button cancels the job.
class ConfirmDialog extends LitElement {
  static override styles = [shared, dialogStyle];

  question: Question | undefined;
  answer: Promise<boolean>;
  #answered: (wanted: boolean) => void = () => undefined;

  constructor() {
    super();
    this.answer = new Promise((resolve) => (this.#answered = resolve));
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult | typeof nothing {
    const question = this.question;
    if (!question) return nothing;
    return html`<dialog role="alertdialog" aria-labelledby="title" aria-describedby="text" @close=${this.#refuse}>
      <div>
        <h2 id="title">${question.title}</h2>
        <p id="text">${question.text}</p>
        <div class="buttons">
          <button class="act" autofocus @click=${this.#refuse}>${t("go_back")}</button>
          <button class="act main danger" @click=${() => this.#answered(true)}>${question.action}</button>
        </div>
      </div>
    </dialog>`;
  }

  #refuse = (): void => this.#answered(false);
}

customElements.define("printago-confirm", ConfirmDialog);
