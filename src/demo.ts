import { resolve } from "node:path";
import type { Config } from "./config/config.ts";
import { isLoopback, listenText } from "./config/listen-address.ts";
import { configFromObject } from "./config/load.ts";
import { NightjarError } from "./platform/errors.ts";
import { systemZone } from "./platform/zone.ts";

const DEMO_LISTEN = "127.0.0.1:6478";
const DEMO_FOLDER = "nightjar-demo";

/** The demo: two synthetic cameras, on loopback, in a folder of its own. No file is read. */
export function demoConfig(options: Readonly<Record<string, string | true>>, cwd: string): Config {
  const text = (name: string, otherwise: string) => {
    const value = options[name];
    return typeof value === "string" ? value : otherwise;
  };
  const config = configFromObject(
    {
      auth: "none",
      listen: text("listen", DEMO_LISTEN),
      data: resolve(cwd, text("data", DEMO_FOLDER)),
      channels: {
        courtyard: { name: "Courtyard", source: "demo:courtyard", keep: { days: 2, size: "5GB" } },
        street: { name: "Street", source: "demo:street", keep: { days: 2, size: "5GB" } },
      },
    },
    { folder: cwd, systemZone: systemZone(), reservedIds: [] },
  );
  for (const address of config.listen) {
    if (!isLoopback(address)) {
      throw new NightjarError(
        "config",
        `--listen is ${listenText(address)}; wanted a loopback address: the demo has no accounts`,
      );
    }
  }
  return config;
}
