/** One measured thing: ours, and what it was compared with in the same run. */
export type Row = { what: string; ours: string; against: string; peer: string; ratio?: number };

export const median = (values: readonly number[]): number => {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  const upper = ordered[middle] ?? Number.NaN;
  return ordered.length % 2 === 1 ? upper : (upper + (ordered[middle - 1] ?? upper)) / 2;
};

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
export const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
export const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;

/** The rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["what", "Nightjar", "against", "peer", "ratio"];
  const cells = rows.map(({ what, ours, against, peer, ratio }) => [
    what,
    ours,
    against,
    peer,
    ratio === undefined ? "" : ratio.toFixed(2),
  ]);
  const lines = [head, head.map(() => "---"), ...cells];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}
