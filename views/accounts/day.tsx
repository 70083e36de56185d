/** A day, in UTC: when an account was made is worth no time zone. */
export function Day({ ms }: { ms: number }) {
  const day = new Date(ms).toISOString().slice(0, 10);
  return <time dateTime={day}>{day}</time>;
}
