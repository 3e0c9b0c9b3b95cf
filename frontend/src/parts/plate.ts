/** The objects of a print, to be left out of it: on the picture of the plate where there is one, and by name. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { act } from "../act";
import { shared } from "../card";
import { farmOf } from "../farm";
import type { Hass } from "../ha";
import { t } from "../words";

interface Plate {
  objects: { id: number; name: string; skipped: boolean }[];
  picture?: string | null;
  /** The same view, in which the color of each object is its ID. */
  pick?: string | null;
}

export class PlateObjects extends LitElement {
  static override properties = { plate: { state: true }, chosen: { state: true }, ids: { state: true } };
  static override styles = [
    shared,
    css`
      .plate {
        position: relative;
        width: min(100%, 320px);
        aspect-ratio: 1;
        margin: 0 auto 8px;
      }
      .plate img,
      .plate canvas {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        border-radius: 12px;
      }
      .plate canvas {
        cursor: pointer;
      }
      label {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: max(36px, var(--printago-tap));
      }
      .skipped {
        text-decoration: line-through;
      }
    `,
  ];

  declare plate: Plate | "asking" | "failed";
  declare chosen: ReadonlySet<number>;
  /** The object at each pixel of the picture, row by row. */
  declare ids: { values: Uint32Array<ArrayBuffer>; width: number; height: number } | undefined;
  hass: Hass | undefined;
  deviceId = "";

  constructor() {
    super();
    this.plate = "asking";
    this.chosen = new Set();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ask();
  }

  #ask(): void {
    this.hass?.connection
      .sendMessagePromise({ type: "printago/objects", device_id: this.deviceId })
      .then((answer) => {
        this.plate = answer as Plate;
        if (this.plate.pick && this.plate.picture) void this.#read(this.plate.pick).catch(() => undefined);
      })
      .catch(() => (this.plate = "failed"));
  }

  async #read(address: string): Promise<void> {
    const picture = new Image();
    picture.src = this.hass?.hassUrl(address) ?? "";
    await picture.decode();
    const { naturalWidth: width, naturalHeight: height } = picture;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    if (!context) return;
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const at = (index: number): number => data[index] ?? 0;
    const values = new Uint32Array(width * height).map((_, pixel) =>
      at(pixel * 4 + 3) < 128 ? 0 : at(pixel * 4) + at(pixel * 4 + 1) * 256 + at(pixel * 4 + 2) * 65536,
    );
    this.ids = { values, width, height };
  }

  protected override render(): TemplateResult {
    const plate = this.plate;
    if (plate === "asking") return html`<p class="muted" role="status">…</p>`;
    if (plate === "failed") return html`<p class="muted" role="status">${t("no_answer")}</p>`;
    if (plate.objects.length < 2) return html`<p class="muted" role="status">${t("no_objects")}</p>`;
    return html`${
        plate.picture && this.ids
          ? html`<div class="plate">
              <img src=${this.hass?.hassUrl(plate.picture) ?? ""} alt="" />
              <canvas
                width=${this.ids.width}
                height=${this.ids.height}
                aria-hidden="true"
                @click=${(event: MouseEvent) => this.#picked(event)}
              ></canvas>
            </div>`
          : nothing
      }
      <ul>
        ${plate.objects.map(
          ({ id, name, skipped }) =>
            html`<li>
              <label class=${skipped ? "skipped muted" : ""}>
                <input
                  type="checkbox"
                  .checked=${skipped || this.chosen.has(id)}
                  ?disabled=${skipped}
                  @change=${() => this.#toggle(id)}
                />
                ${name}
              </label>
            </li>`,
        )}
      </ul>
      <p class="muted">${t("skip_text")}</p>
      <button class="act danger" ?disabled=${this.chosen.size === 0} @click=${() => this.#skip()}>
        ${t("skip_chosen", { count: this.chosen.size })}
      </button>`;
  }

  protected override updated(): void {
    const canvas = this.renderRoot.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context || !this.ids || typeof this.plate === "string") return;
    const { values, width, height } = this.ids;
    const marked = new Set([...this.chosen, ...this.plate.objects.filter((each) => each.skipped).map(({ id }) => id)]);
    const mask = new ImageData(width, height);
    // Stripes differ from an object of any color.
    const stripe = width / 16;
    values.forEach((id, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      mask.data[pixel * 4 + 3] = !marked.has(id) ? 0 : (x + y) % stripe < stripe / 2 ? 255 : 90;
    });
    context.putImageData(mask, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = getComputedStyle(this).getPropertyValue("--error-color") || "red";
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "source-over";
  }

  #picked(event: MouseEvent): void {
    if (!this.ids || typeof this.plate === "string") return;
    const { values, width, height } = this.ids;
    const { left, top, width: shownWidth, height: shownHeight } = (event.target as Element).getBoundingClientRect();
    const x = Math.floor(((event.clientX - left) / shownWidth) * width);
    const y = Math.floor(((event.clientY - top) / shownHeight) * height);
    const id = values[y * width + x];
    if (this.plate.objects.some((each) => each.id === id && !each.skipped)) this.#toggle(id ?? 0);
  }

  #toggle(id: number): void {
    const chosen = new Set(this.chosen);
    if (!chosen.delete(id)) chosen.add(id);
    this.chosen = chosen;
  }

  #skip(): void {
    const { hass, plate } = this;
    const farm = hass && farmOf(hass, this.deviceId);
    if (!farm || typeof plate === "string") return;
    const objects = [...this.chosen].map(String);
    // Home Assistant shows by itself why it failed.
    act(hass, farm, "skip_objects", { printer: this.deviceId, objects })
      .then(() => {
        const skipped = plate.objects.map((each) => (this.chosen.has(each.id) ? { ...each, skipped: true } : each));
        this.plate = { ...plate, objects: skipped };
        this.chosen = new Set();
      })
      .catch(() => undefined);
  }
}

customElements.define("printago-plate", PlateObjects);
