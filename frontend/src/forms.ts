/** The forms with which cards and the dashboard are set up. */
import { t } from "./words";

type Json = Record<string, unknown>;

interface Form {
  schema: Json[];
  computeLabel: (field: { name: string }) => string;
  computeHelper: (field: { name: string; required?: boolean }) => string;
}

const FARM = {
  name: "device_id",
  selector: {
    device: {
      filter: [{ integration: "printago" }],
      entity: [{ integration: "printago", domain: "binary_sensor", device_class: "connectivity" }],
    },
  },
};
const PRINTER = {
  name: "device_id",
  required: true,
  selector: { device: { entity: [{ integration: "printago", domain: "image" }] } },
};

function choice(name: string, options: string[]): Json {
  return {
    name,
    selector: {
      select: { mode: "dropdown", options: options.map((value) => ({ value, label: t(`choice_${name}_${value}`) })) },
    },
  };
}

const wall = (): Json[] => [
  choice("group_by", ["status", "area", "model", "tag"]),
  choice("density", ["auto", "compact", "roomy"]),
];

export function formOf(name: string): Form {
  const schema = name === "printer" ? [PRINTER] : name === "printers" ? [FARM, ...wall()] : [FARM];
  return { schema, computeLabel, computeHelper };
}

/** The form of the dashboard. */
export function strategyForm(views: readonly string[]): Form {
  return {
    schema: [
      FARM,
      {
        name: "views",
        selector: {
          select: {
            multiple: true,
            mode: "list",
            options: views.map((value) => ({ value, label: t(`view_${value}`) })),
          },
        },
      },
      ...wall(),
      { name: "cameras", selector: { entity: { multiple: true, filter: [{ domain: "camera" }] } } },
    ],
    computeLabel,
    computeHelper,
  };
}

function computeLabel(field: { name: string }): string {
  return t(`option_${field.name}`);
}

// Home Assistant shows no label as long as no device is chosen.
function computeHelper({ name, required }: { name: string; required?: boolean }): string {
  return name === "device_id" && !required ? t("option_device_help") : "";
}
