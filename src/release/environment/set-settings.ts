import { accepted, type Result } from "../../contracts/index.ts";
import { type Act, acting, type ReleasePorts, record } from "./act.ts";
import { findSettings, readSettings, upsertSettings } from "./queries.ts";
import type { EnvironmentSettings, SetSettings } from "./settings.ts";

/** Sets what an environment asks of those who move it; what is not given stays as it is. Refused with ENVIRONMENT_LOCKED. */
export const setSettings = (
  ports: ReleasePorts,
  act: Act & { readonly settings: SetSettings },
): Promise<Result<EnvironmentSettings>> =>
  acting(ports, act, "set", async (sql) => {
    const { environment, by } = act;
    const settings = { ...(await findSettings(sql, environment)), ...act.settings };
    await upsertSettings(sql, { environment, settings, by, at: ports.host.clock.now() });
    const whole = await readSettings(sql, environment);
    await record(ports, sql, act, { type: "environment.set", payload: JSON.parse(JSON.stringify(whole)) });
    return accepted(whole);
  });
