import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { SpanFactsPart, type SpanFactsProps } from "./span-facts.tsx";
import { SpanForm, type SpanFormProps } from "./span-form.tsx";

export type SpanPageProps = SpanFactsProps & {
  site: Site;
  name: string;
  form: SpanFormProps;
};

/** `/-/spans/<channel>`: a part of a channel's footage, where no script shows it on the day's page. */
export function SpanPage({ site, name, form, ...facts }: SpanPageProps) {
  return (
    <Layout title={`A part of ${name}`} site={{ ...site, zone: facts.channel.zone }} here="dates">
      <p class="quiet">
        <a href={`/${facts.channel.id}?at=${Math.floor(facts.facts.startMs / 1000)}`}>{name}</a>
      </p>
      <h1>A part of the footage</h1>
      <SpanForm {...form} />
      <div id="span-facts" class="part">
        <SpanFactsPart {...facts} />
      </div>
    </Layout>
  );
}
