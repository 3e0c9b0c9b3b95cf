/** The cards' words, which are the integration's translations: loaded once, in the language of the user. */
import type { Connection, Hass } from "./ha";

const PREFIX = "component.printago.common.card_";

/** A card that would try again at once would do nothing else while Home Assistant can't be reached. */
const RETRY_MS = 3_000;

let words: Record<string, string> = {};
let have: string | undefined;
let language: string | undefined;
let loading: Promise<void> | undefined;

/** Load the words of a language; resolves when they can be used, also when they can't be had. */
export async function loadWords(connection: Connection, wanted: string): Promise<void> {
  if (language === wanted) return loading;
  language = wanted;
  loading = connection
    .sendMessagePromise({
      type: "frontend/get_translations",
      language: wanted,
      category: "common",
      integration: ["printago"],
    })
    .then((answer) => {
      if (language !== wanted) return;
      words = (answer as { resources: Record<string, string> }).resources;
      have = wanted;
    })
    .catch(async () => {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (language === wanted) language = undefined;
    });
  return loading;
}

/** Return whether the words of the user's language are here, and load them otherwise. */
export function haveWords(hass: Hass, whenLoaded: () => void): boolean {
  if (have === hass.language) return true;
  void loadWords(hass.connection, hass.language).then(whenLoaded);
  return false;
}

/** Return a text that keeps its own direction: among words of another one its parts would change places. */
export function isolated(text: string): string {
  return text && document.dir === "rtl" ? `\u2068${text}\u2069` : text;
}

/** Return a text, with `{name}` replaced by the value of that name. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = words[PREFIX + key] ?? key.replaceAll("_", " ");
  return isolated(text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)));
}
