import { Elysia } from "elysia";
import { h } from "preact";
import { FilmList, type FilmListProps, type ShownFilm } from "../../../views/films/film-list.tsx";
import { FilmsPage } from "../../../views/films/films-page.tsx";
import { readForm } from "../../access/form.ts";
import { identityOf } from "../../access/identity.ts";
import { access, roles } from "../../access/policy.ts";
import type { Footage } from "../../archive/footage.ts";
import type { Clip, Clips } from "../../clips/clip.ts";
import { clipAddress } from "../../clips/routes.ts";
import type { KeepConfig } from "../../config/config.ts";
import { momentAddress } from "../../moment/routes.ts";
import { badParameter, NightjarError, notFound } from "../../platform/errors.ts";
import { channelOf } from "../../playback/deps.ts";
import { htmlFragment, htmlPage, wantsFragment } from "../html.ts";
import type { SiteOf } from "../site.ts";
import { keepSentence } from "./keep-sentence.ts";

export type FilmPagesDeps = {
  site: SiteOf;
  footage: Footage;
  clips: Clips;
  /** How long moments stay. */
  momentKeep: () => KeepConfig;
};

/** Films of one page; each loads a part of itself for its first picture. */
const ON_A_PAGE = 24;

const kinds = [
  {
    page: "/moments",
    kind: "moment",
    title: "Moments",
    here: "moments",
    nothing:
      "There are no moments yet. On the page of a channel, the button “Moment” keeps what has just happened.",
  },
  {
    page: "/-/clips",
    kind: "clip",
    title: "Clips",
    here: "dates",
    nothing: "There are no clips yet. On the page of a day, choose a part of it and have a clip made.",
  },
] as const;
type Gallery = (typeof kinds)[number];

/** Galleries of moments and clips: to look at, to download, to delete. */
export function filmPages({ site, footage, clips, momentKeep }: FilmPagesDeps) {
  const shown = (clip: Clip): ShownFilm => {
    const channel = footage.channel(clip.channel);
    const byTime = clip.kind === "moment" ? momentAddress(clip) : undefined;
    const own = (file: "mp4" | "gif") =>
      clip.id === undefined ? byTime && `${byTime}.${file}` : clipAddress(clip.id, file);
    return {
      clip,
      channelName: channel?.name ?? clip.channel,
      zone: channel?.zone ?? "UTC",
      mp4: clips.path(clip, "mp4") === undefined ? undefined : own("mp4"),
      gif: clip.hasGif ? own("gif") : undefined,
    };
  };
  const listOf = (request: Request, { page, kind, nothing }: Gallery, id: string, skip: number) => {
    const channel = id === "" ? undefined : channelOf(footage, id).id;
    const all = clips.list(kind, channel);
    const left = all.length - skip - ON_A_PAGE;
    const next = new URLSearchParams({ ...(channel ? { channel } : {}), skip: String(skip + ON_A_PAGE) });
    const identity = identityOf(request);
    return {
      films: all.slice(skip, skip + ON_A_PAGE).map(shown),
      page,
      channel,
      mayDelete: identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf("operator"),
      nothing,
      more: left > 0 ? { count: left, address: `${page}?${next}` } : undefined,
    } satisfies FilmListProps;
  };
  const answer = (request: Request, gallery: Gallery, list: FilmListProps): Response => {
    if (wantsFragment(request)) return htmlFragment(h(FilmList, list));
    const { title, here, kind } = gallery;
    const words =
      kind === "moment"
        ? `Short films of what had just happened. ${keepSentence(momentKeep())}`
        : `Parts of days that somebody had made into films. ${keepSentence({})}`;
    const channels = footage.channels().map(({ id, name }) => ({ id, name }));
    const props = { site: site(request), title, here, words, channels, ...list };
    return htmlPage(h(FilmsPage, props), list.mistake === undefined ? 200 : 409);
  };
  const page = (request: Request, gallery: Gallery): Response => {
    const query = new URL(request.url).searchParams;
    const skip = query.get("skip") ?? "0";
    if (!/^\d{1,6}$/.test(skip)) throw badParameter("skip", skip.slice(0, 20), "a number of films");
    return answer(request, gallery, listOf(request, gallery, query.get("channel") ?? "", Number(skip)));
  };
  const remove = async (request: Request, id: string): Promise<Response> => {
    const form = await readForm(request);
    const gallery = kinds.find((each) => each.page === form.get("page")) ?? kinds[0];
    const channel = form.get("channel") ?? "";
    const clip = /^[1-9]\d{0,14}$/.test(id) ? clips.get(Number(id)) : undefined;
    if (clip?.id === undefined) throw notFound(`There is no film ${JSON.stringify(id.slice(0, 20))}`);
    let mistake: string | undefined;
    try {
      await clips.delete(clip.id);
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind !== "conflict") throw error;
      mistake = `${error.message}.`;
    }
    const list = listOf(request, gallery, channel, 0);
    if (wantsFragment(request) || mistake !== undefined)
      return answer(request, gallery, { ...list, mistake });
    const location = list.channel === undefined ? gallery.page : `${gallery.page}?channel=${list.channel}`;
    return new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
  };
  const [moments, made] = kinds;
  return new Elysia({ name: "film-pages" })
    .get(moments.page, ({ request }) => page(request, moments), access("viewer", { hide: true }))
    .get(made.page, ({ request }) => page(request, made), access("viewer", { hide: true }))
    .post("/-/films/:film/remove", ({ request, params }) => remove(request, params.film), {
      parse: "none",
      ...access("operator", { hide: true }),
    });
}
