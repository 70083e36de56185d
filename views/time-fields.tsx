export type TimeFieldsProps = {
  /** In front of the ids of both fields. */
  id: string;
  /** Local times as date-time fields hold them, `2026-11-20T14:03:27`. */
  from: string;
  to: string;
};

/** The two ends of an interval. */
export function TimeFields({ id, from, to }: TimeFieldsProps) {
  return (
    <>
      <div class="field">
        <label for={`${id}-from`}>From</label>
        <input id={`${id}-from`} name="from" type="datetime-local" step="1" required value={from} />
      </div>
      <div class="field">
        <label for={`${id}-to`}>To</label>
        <input id={`${id}-to`} name="to" type="datetime-local" step="1" required value={to} />
      </div>
    </>
  );
}
