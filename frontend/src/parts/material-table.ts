/** What the queue needs of each material, and whether that is loaded or in stock. */
import { html, nothing, type TemplateResult } from "lit";
import type { Farm } from "../farm";
import { weight } from "../format";
import type { Hass } from "../ha";
import { isColor } from "../printer";
import { t } from "../words";

/** A row of the sensor's attribute `materials`; weights are in grams. */
export interface MaterialRow {
  material: string | null;
  color: string | null;
  color_code: string | null;
  needed: number;
  loaded: number;
  in_stock: number;
  missing: number;
  covered: boolean | null;
  jobs_not_sliced: number;
  short_prints: string[];
}

/** Return the entity that has the table. */
export function tableEntity(farm: Farm | undefined): string | undefined {
  return farm?.entities.materials_short;
}

export function materialTable(hass: Hass, farm: Farm): TemplateResult | typeof nothing {
  const rows = hass.states[tableEntity(farm) ?? ""]?.attributes.materials as MaterialRow[] | undefined;
  if (!Array.isArray(rows) || rows.length === 0) return nothing;
  return html`<table class="materials">
    <caption>
      ${t("needed_by_queue")}
    </caption>
    <thead>
      <tr>
        <th scope="col">${t("material")}</th>
        <th scope="col">${t("needed")}</th>
        <th scope="col">${t("loaded")}</th>
        <th scope="col">${t("in_stock")}</th>
        <th scope="col">${t("missing")}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map((row) => line(hass, row))}
    </tbody>
  </table>`;
}

function line(hass: Hass, row: MaterialRow): TemplateResult {
  const name = [row.material, row.color].filter(Boolean).join(" ") || t("material_not_named");
  const grams = (value: number): string => (value > 0 ? weight(hass, value) : "–");
  return html`<tr>
    <th scope="row">
      <span class="dot" style="background:${isColor(row.color_code) ? row.color_code : "transparent"}"></span>${name}
      ${
        row.short_prints.length
          ? html`<span class="bad">${t("short_prints", { printers: row.short_prints.join(", ") })}</span>`
          : nothing
      }
    </th>
    <td>${grams(row.needed)}${row.jobs_not_sliced ? " + ?" : nothing}</td>
    <td>${grams(row.loaded)}</td>
    <td>${grams(row.in_stock)}</td>
    <td>
      ${
        row.covered === false
          ? html`<span class="bad">${row.missing > 0 ? weight(hass, row.missing) : t("missing")}</span>`
          : row.covered === null
            ? "?"
            : "–"
      }
    </td>
  </tr>`;
}
