/** A channel's row: all in words. */
export type StorageLine = {
  id: string;
  name: string;
  size: string;
  /** What comes in at the present bitrate. */
  rate: string;
  since: string;
  forecast: string;
};

/** What each channel takes, and how long it will last. */
export function StorageTable({ lines }: { lines: readonly StorageLine[] }) {
  if (lines.length === 0) return <p class="quiet">There are no channels yet.</p>;
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">Footage</th>
          <th scope="col">A day</th>
          <th scope="col">Since</th>
          <th scope="col">Forecast</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.id}>
            <th scope="row">
              <a href={`/dates?channel=${line.id}`}>{line.name}</a>
            </th>
            <td data-label="Footage" class="figure">
              {line.size}
            </td>
            <td data-label="A day" class="figure">
              {line.rate}
            </td>
            <td data-label="Since" class="figure">
              {line.since}
            </td>
            <td data-label="Forecast">{line.forecast}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
