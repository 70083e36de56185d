import { loadConfig } from "./load.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
try {
  console.log(loadConfig({ env: process.env, cwd: process.cwd(), systemZone: "UTC", reservedIds: [] }));
} catch (e) {
  console.log(errorText(e));
  if (e instanceof NightjarError) console.log(e.details.join("\n"));
}
