/** An address for players, with what it is. */
export type PlaylistAddress = {
  id: string;
  label: string;
  /** Absolute; with a ticket where players need one. */
  url: string;
  /** The same as a file that opens a player; absent for what is no playlist. */
  openPath?: string | undefined;
  /** Address of its QR code. */
  qrPath: string;
};

/** Addresses to paste into a player, each to be copied, opened, or taken with a phone's camera. */
export function AddressList({ addresses }: { addresses: readonly PlaylistAddress[] }) {
  return (
    <ul class="addresses">
      {addresses.map((address) => (
        <li key={address.id} class="address">
          <label for={`address-${address.id}`}>{address.label}</label>
          <span class="address-row">
            <input id={`address-${address.id}`} type="text" readOnly value={address.url} />
            <button
              type="button"
              data-copy={`address-${address.id}`}
              aria-label={`Copy: ${address.label}`}
              hidden
            >
              Copy
            </button>
          </span>
          <span class="links">
            {address.openPath !== undefined && (
              <a href={address.openPath} aria-label={`Open in a player: ${address.label}`}>
                Open in a player
              </a>
            )}
            <details class="qr">
              <summary aria-label={`QR code: ${address.label}`}>QR code</summary>
              <img
                src={address.qrPath}
                alt={`QR code of ${address.url}`}
                width="200"
                height="200"
                loading="lazy"
              />
            </details>
          </span>
        </li>
      ))}
    </ul>
  );
}
