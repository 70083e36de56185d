import { Layout } from "../layout.tsx";
import type { Place } from "../site-nav.tsx";
import type { Site } from "../site.ts";
import { FilmList, type FilmListProps } from "./film-list.tsx";

export type FilmsPageProps = FilmListProps & {
  site: Site;
  title: string;
  here: Place;
  /** One sentence on what is shown and how long it stays. */
  words: string;
  /** All channels, to choose one. */
  channels: readonly { id: string; name: string }[];
};

/** `/moments` and `/-/clips`: films that were made here or by an earlier tool. */
export function FilmsPage({ site, title, here, words, channels, ...list }: FilmsPageProps) {
  return (
    <Layout title={title} site={site} here={here} width="wide">
      <div class="head">
        <h1>{title}</h1>
        {channels.length > 1 && (
          <form class="form row" method="get" action={list.page}>
            <div class="field">
              <label for="film-channel">Channel</label>
              <select id="film-channel" name="channel">
                <option value="">All channels</option>
                {channels.map(({ id, name }) => (
                  <option key={id} value={id} selected={id === list.channel}>
                    {name}
                  </option>
                ))}
              </select>
            </div>
            <div class="actions">
              <button type="submit">Show</button>
            </div>
          </form>
        )}
      </div>
      <p class="quiet">{words}</p>
      <div id="films" class="part">
        <FilmList {...list} />
      </div>
    </Layout>
  );
}
