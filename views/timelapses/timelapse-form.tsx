import { TimeFields } from "../time-fields.tsx";

export type TimelapseFormProps = {
  channels: readonly { id: string; name: string }[];
  /** Whose timelapses are shown. */
  channel: string | undefined;
  /** Whose are to be made, as chosen before. */
  chosen: string | undefined;
  zone: string;
  /** Local times as date-time fields hold them, `2026-11-20T14:03`. */
  from: string;
  to: string;
  /** What was chosen of `paces`. */
  pace: string;
};

/** How long a film becomes, or how fast it runs; as its field is sent. */
export const paces = [
  ["", "As long as it suits"],
  ["length 15s", "15 s long"],
  ["length 30s", "30 s long"],
  ["length 60s", "1 min long"],
  ["length 2m", "2 min long"],
  ["length 5m", "5 min long"],
  ["speed 60", "A minute in 1 s (60 times)"],
  ["speed 300", "5 minutes in 1 s (300 times)"],
  ["speed 900", "A quarter of an hour in 1 s (900 times)"],
  ["speed 3600", "An hour in 1 s (3600 times)"],
] as const;

const target = { "hx-target": "#timelapses", "hx-swap": "innerMorph" } as const;

/** Today so far, or any interval at any speed. */
export function TimelapseForm(props: TimelapseFormProps) {
  const { channels, channel, zone, from, to, pace } = props;
  const chosen = props.chosen ?? channels[0]?.id;
  const address = "/-/timelapses";
  return (
    <section class="part" aria-labelledby="make-heading">
      <h2 id="make-heading">Make one</h2>
      <form class="form row" method="post" action={address} hx-post={address} {...target}>
        <input type="hidden" name="channel" value={channel ?? ""} />
        <Channels channels={channels} chosen={chosen} id="today-channel" />
        <input type="hidden" name="date" value="today" />
        <div class="actions">
          <button type="submit">Make today's so far</button>
        </div>
      </form>
      <form class="form row" method="post" action={address} hx-post={address} {...target}>
        <input type="hidden" name="channel" value={channel ?? ""} />
        <Channels channels={channels} chosen={chosen} id="interval-channel" />
        <TimeFields id="timelapse" from={from} to={to} />
        <div class="field">
          <label for="timelapse-pace">Film</label>
          <select id="timelapse-pace" name="pace">
            {paces.map(([value, words]) => (
              <option key={value} value={value} selected={value === pace}>
                {words}
              </option>
            ))}
          </select>
        </div>
        <div class="actions">
          <button type="submit" class="main">
            Make it
          </button>
        </div>
        <p class="hint">Times of {zone}. At most 366 days; what was not recorded is left out.</p>
      </form>
    </section>
  );
}

function Channels({
  channels,
  chosen,
  id,
}: Pick<TimelapseFormProps, "channels"> & { chosen: string | undefined; id: string }) {
  const [only] = channels;
  if (channels.length === 1 && only) return <input type="hidden" name="of" value={only.id} />;
  return (
    <div class="field">
      <label for={id}>Channel</label>
      <select id={id} name="of">
        {channels.map((channel) => (
          <option key={channel.id} value={channel.id} selected={channel.id === chosen}>
            {channel.name}
          </option>
        ))}
      </select>
    </div>
  );
}
