import { AddressList, type PlaylistAddress } from "./address-list.tsx";
import { TimeFields } from "./time-fields.tsx";

export type IntervalFormProps = {
  channel: string;
  zone: string;
  /** Local times as date-time fields hold them, `2026-11-20T14:03:27`. */
  from: string;
  to: string;
  /** What is wrong with what was sent. */
  mistake?: string | undefined;
  /** The addresses that it makes; absent before it was sent. */
  addresses?: readonly PlaylistAddress[] | undefined;
  withTickets: boolean;
};

/** Any interval of a channel: two times, and the addresses that they make. */
export function IntervalForm(props: IntervalFormProps) {
  const { zone, from, to, mistake, addresses } = props;
  return (
    <section id="interval" class="interval" aria-labelledby="interval-heading">
      <h2 id="interval-heading">A day or any interval</h2>
      <form class="form row" method="get" action="/playlists#interval">
        <Hidden {...props} />
        <div class="field">
          <label for="interval-day">Day</label>
          <input id="interval-day" name="day" type="date" required value={from.slice(0, 10)} />
        </div>
        <div class="actions">
          <button type="submit">Addresses of that day</button>
        </div>
      </form>
      <form class="form row" method="get" action="/playlists#interval">
        <Hidden {...props} />
        <TimeFields id="interval" from={from} to={to} />
        <div class="actions">
          <button type="submit" class="main">
            Make addresses
          </button>
        </div>
        <p class="hint">Times of {zone}. A playlist holds 7 days at most.</p>
      </form>
      {mistake !== undefined && (
        <p class="notice trouble" role="alert">
          {mistake}
        </p>
      )}
      {addresses && <AddressList addresses={addresses} />}
    </section>
  );
}

/** What a form without JavaScript has to keep of the page. */
function Hidden({ channel, withTickets }: IntervalFormProps) {
  return (
    <>
      <input type="hidden" name="channel" value={channel} />
      {withTickets && <input type="hidden" name="tickets" value="1" />}
    </>
  );
}
