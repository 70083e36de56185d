import type { Route } from "../access/policy.ts";
import { apiRoutes, type ApiRoute } from "./api-routes.ts";

/** The order in which groups stand; others follow by their name. */
const ORDER = ["playback", "media", "stills", "api"];

const place = (tag: string): number => (ORDER.includes(tag) ? ORDER.indexOf(tag) : ORDER.length);

/** In Markdown a name in angle brackets would be taken for a tag of HTML, and vanish. */
const plain = (text: string): string => text.replaceAll("<", String.raw`\<`);

const entry = ({ method, path, role, summary, query }: ApiRoute): string[] => [
  `- \`${method} ${path}\` (${role}): ${plain(summary)}.`,
  ...Object.entries(query).map(([name, meaning]) => `  - \`?${name}=\`: ${plain(meaning)}.`),
];

/** The part of docs/routes.md that is made from the route table, as Markdown. */
export function routesReference(routes: readonly Route[]): string {
  const described = apiRoutes(routes);
  const tags = [...new Set(described.map(({ tag }) => tag))].toSorted(
    (a, b) => place(a) - place(b) || (a < b ? -1 : 1),
  );
  const section = (tag: string): string => {
    const group = described.filter((route) => route.tag === tag);
    return [`### ${tag}`, "", ...group.flatMap(entry), ""].join("\n");
  };
  return tags.map(section).join("\n");
}
