import { Elysia } from "elysia";
import { h } from "preact";
import { ArrivalPart } from "../../../views/files/arrival-part.tsx";
import { FilesPage } from "../../../views/files/files-page.tsx";
import { SendPart, type SendAddress } from "../../../views/files/send-part.tsx";
import { identityOf } from "../../access/identity.ts";
import { access, roles, type Role } from "../../access/policy.ts";
import type { Accounts } from "../../accounts/accounts.ts";
import type { FootageChannel } from "../../archive/footage.ts";
import type { Config } from "../../config/config.ts";
import { isByFiles } from "../../config/source-kinds.ts";
import { NightjarError, notFound } from "../../platform/errors.ts";
import { localDateOf } from "../../platform/zone.ts";
import { channelOf, originOf } from "../../playback/deps.ts";
import type { PagesDeps } from "../deps.ts";
import { htmlFragment, htmlPage, wantsFragment } from "../html.ts";
import { quarantinePages, type QuarantineDeps } from "./quarantine.ts";

export type FilePagesDeps = Pick<PagesDeps, "site" | "status" | "footage" | "publicUrl"> &
  QuarantineDeps & {
    config: () => Config;
    /** Absent where nobody signs in. */
    accounts?: Accounts | undefined;
  };

/** The least role that may send files. */
const UPLOAD_ROLE: Role = "operator";
/** Names of tokens end with a number where the plain one is taken. */
const MOST_NAMES = 1000;

/** How files of uploads and watched folders arrive, how to send some, and what could not be taken. */
export function filePages(deps: FilePagesDeps) {
  const { site, status, footage, publicUrl, config, accounts } = deps;

  /** A channel whose footage arrives as files, with its source. Throws `not-found`. */
  const fileChannel = (id: string) => {
    const channel = channelOf(footage, id);
    const source = config().channels.get(channel.id)?.source;
    if (source === undefined || !isByFiles(source.kind))
      throw notFound(`${channel.name} takes no files: it is recorded from elsewhere`);
    return { channel, source };
  };
  const mayUse = (request: Request, role: Role): boolean => {
    const identity = identityOf(request);
    return identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf(role);
  };
  const isDefault = ({ id }: FootageChannel): boolean => {
    const { defaultChannel, channels } = config();
    const takers = [...channels.values()].filter(({ source }) => source.kind === "upload");
    return id === (takers.find((channel) => channel.id === defaultChannel) ?? takers[0])?.id;
  };
  const sendAddress = (request: Request, channel: FootageChannel): SendAddress => ({
    channel: channel.id,
    origin: originOf(request, publicUrl),
    date: localDateOf(status.nowMs(), channel.zone),
    zone: channel.zone,
    isDefault: isDefault(channel),
    needsToken: accounts !== undefined,
    canMakeToken: mayUse(request, "admin"),
    canAddFolder: mayUse(request, "admin"),
  });
  const page = (request: Request, id: string, more: Partial<SendAddress> = {}): Response => {
    const { channel, source } = fileChannel(id);
    const props = {
      channel: status.channel(channel),
      nowMs: status.nowMs(),
      canSeeQuarantine: mayUse(request, "operator"),
    };
    if (wantsFragment(request) && request.method === "GET") return htmlFragment(h(ArrivalPart, props));
    const send = source.kind === "upload" ? { ...sendAddress(request, channel), ...more } : undefined;
    if (wantsFragment(request) && send) return htmlFragment(h(SendPart, send));
    const folder = source.kind === "folder" && mayUse(request, "admin") ? source : undefined;
    const view = h(FilesPage, { site: site(request), ...props, send, folder });
    return htmlPage(view, more.mistake === undefined ? 200 : 409);
  };
  const madeToken = (makers: Accounts, id: string): { name: string; token: string } => {
    const taken = new Set(makers.tokens().map(({ name }) => name.toLowerCase()));
    for (let number = 1; number <= MOST_NAMES; number += 1) {
      const name = `upload-${id.slice(0, 50)}${number === 1 ? "" : `-${number}`}`;
      if (!taken.has(name.toLowerCase()))
        return { name, token: makers.addToken({ name, role: UPLOAD_ROLE }) };
    }
    throw new NightjarError("conflict", `There are ${MOST_NAMES} tokens for ${id} already; revoke some`);
  };

  return new Elysia({ name: "file-pages" })
    .get(
      "/-/files/:channel",
      ({ params, request }) => page(request, params.channel),
      access("viewer", { hide: true }),
    )
    .post(
      "/-/files/:channel/token",
      ({ params, request }) => {
        const { channel, source } = fileChannel(params.channel);
        if (accounts === undefined || source.kind !== "upload")
          throw notFound("No token is needed to send files to this channel");
        try {
          return page(request, channel.id, { made: madeToken(accounts, channel.id) });
        } catch (error) {
          if (!(error instanceof NightjarError) || error.kind !== "conflict") throw error;
          return page(request, channel.id, { mistake: `${error.message}.` });
        }
      },
      { parse: "none", ...access("admin", { hide: true }) },
    )
    .use(quarantinePages({ ...deps, channelOf: (id) => fileChannel(id).channel }));
}
