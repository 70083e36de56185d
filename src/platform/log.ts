import {
  configure,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogRecord,
} from "@logtape/logtape";

export type LogFormat = "text" | "json";
export const logLevels = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Up to the `@`; a quotation mark within is one that JSON has escaped, any other ends the text that the URL is in. */
const secretInUrl = /([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@"\\]|\\.)*@/gi;

/** Removes user names and passwords from every URL in a text: `rtsp://u:p@host/` becomes `rtsp://host/`. */
export const redactUrls = (text: string): string => text.replace(secretInUrl, "$1");

/** Texts stand in messages as they are; anything else as the runtime shows it. */
const valueText = (value: unknown, inspect: (value: unknown) => string): string =>
  typeof value === "string" ? value : inspect(value);

/** Starts logging to standard error. Every record passes the redaction of URLs, whoever wrote it. */
export async function startLogging(options: { format: LogFormat; level: LogLevel }): Promise<void> {
  const format =
    options.format === "json"
      ? getJsonLinesFormatter()
      : getTextFormatter({ timestamp: "date-time-timezone", category: ".", value: valueText });
  const sink = (record: LogRecord) => {
    process.stderr.write(redactUrls(format(record)));
  };
  await configure({
    reset: true,
    sinks: { stderr: sink },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
      { category: "nightjar", lowestLevel: options.level, sinks: ["stderr"] },
    ],
  });
}

/** The logger of a room: `logOf("capture")`. Silent until logging has been started. */
export const logOf = (room: string): Logger => getLogger(["nightjar", room]);
