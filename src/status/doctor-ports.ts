import { createServer } from "node:net";
import type { ListenAddress } from "../config/config.ts";
import { listenText } from "../config/listen-address.ts";
import { errorText, systemErrorCode } from "../platform/errors.ts";
import type { DoctorCheck } from "./doctor-check.ts";

const ANSWER_MS = 1000;

/** Listens for a moment; the error when that is not possible. */
function tryListen({ host, port }: ListenAddress): Promise<unknown> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const anyAddress = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

/** Whether what listens there is Nightjar itself, by its `/health`. */
async function isNightjar(address: ListenAddress): Promise<boolean> {
  const host = anyAddress.get(address.host) ?? address.host;
  try {
    const url = `http://${listenText({ host, port: address.port })}/health`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "error" });
    const health: unknown = await answer.json();
    return typeof health === "object" && health !== null && "uptimeSeconds" in health && "version" in health;
  } catch {
    return false;
  }
}

async function portCheck(address: ListenAddress): Promise<DoctorCheck> {
  const name = "port";
  const text = listenText(address);
  const error = await tryListen(address);
  if (error === undefined) return { name, state: "ok", found: `${text} is free` };
  switch (systemErrorCode(error)) {
    case "EADDRINUSE": {
      if (await isNightjar(address))
        return { name, state: "ok", found: `${text} is Nightjar's own; it runs now` };
      const advice = "Stop what listens there (ss -ltnp shows it), or choose another port (listen).";
      return { name, state: "fail", found: `${text} is in use`, advice };
    }
    case "EACCES":
      return {
        name,
        state: "fail",
        found: `${text} is not allowed`,
        advice: "Ports below 1024 need root or a capability.",
      };
    case "EADDRNOTAVAIL":
      return {
        name,
        state: "fail",
        found: `${text} is not an address of this machine`,
        advice: "Correct listen.",
      };
    default:
      return { name, state: "fail", found: `${text}: ${errorText(error)}`, advice: "Correct listen." };
  }
}

/** Whether each address can be listened on. */
export const portChecks = (listen: readonly ListenAddress[]): Promise<DoctorCheck[]> =>
  Promise.all(listen.map(portCheck));
