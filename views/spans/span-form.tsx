import type { ShownDay } from "../shown-day.ts";
import { TimeFields } from "../time-fields.tsx";

export type SpanFormProps = {
  channel: { id: string; zone: string };
  /** Local times as fields hold them, `2026-11-20T14:03:27`. */
  from: string;
  to: string;
};

/** On the page of a day: a part of it, chosen on the bar or by its times. */
export function SpanPart({ shown, ...form }: SpanFormProps & { shown: ShownDay }) {
  return (
    <details class="span" data-span-part open={false}>
      <summary>Download, keep or lock a part of this day</summary>
      <div class="part" data-day-path={shown.path}>
        <SpanForm {...form} />
        <div id="span-facts" class="part" role="status" />
      </div>
    </details>
  );
}

/** Two times; what lies between them is shown behind it, with a script as soon as they change. */
export function SpanForm({ channel, from, to }: SpanFormProps) {
  const path = `/-/spans/${channel.id}`;
  return (
    <form
      class="form row span-form"
      method="get"
      action={path}
      data-span-form
      data-zone={channel.zone}
      hx-get={path}
      hx-trigger="change delay:300ms, submit"
      hx-target="#span-facts"
      hx-swap="innerHTML"
    >
      <button type="button" data-span-toggle aria-pressed="false" hidden>
        Choose on the bar
      </button>
      <TimeFields id="span" from={from} to={to} />
      <div class="actions">
        <output class="quiet" data-span-words />
        <button type="submit">Show this part</button>
      </div>
    </form>
  );
}

/** Lies over the scrub bar while a part is chosen there: drag over it, or move its ends by keys. */
export function SpanLayer() {
  return (
    <div class="span-layer" data-span-layer hidden>
      <div class="span-chosen" data-span-chosen />
      <button
        type="button"
        class="span-edge"
        data-span-edge="from"
        role="slider"
        aria-label="Begin of the part"
      />
      <button
        type="button"
        class="span-edge"
        data-span-edge="to"
        role="slider"
        aria-label="End of the part"
      />
    </div>
  );
}
