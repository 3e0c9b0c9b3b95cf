/** Performs the integration's actions for the farm that is shown. */
import { farmsOf, type Farm } from "./farm";
import type { Hass } from "./ha";

type Json = Record<string, unknown>;

/** Perform an action; resolves to what it answers. Says by itself why it failed, unless that is shown by the caller. */
export async function act<T>(
  hass: Hass,
  farm: Farm,
  action: string,
  data: Json,
  { answers = false, says = true } = {},
): Promise<T | undefined> {
  const several = farmsOf(hass).length > 1;
  const all = several ? { config_entry_id: hass.devices[farm.deviceId]?.config_entry_id, ...data } : data;
  const { response } = await hass.callService("printago", action, all, undefined, says, answers);
  return response as T | undefined;
}
