/** An address for players, with what it is. */
export type PlaylistAddress = { id: string; label: string; url: string };

type Props = {
  addresses: readonly PlaylistAddress[];
  /** Form of the address of any interval. */
  intervalForm: string;
};

/** Addresses to paste into a player, each with a button that copies it. */
export function AddressList({ addresses, intervalForm }: Props) {
  return (
    <section class="addresses" aria-labelledby="addresses-heading">
      <h2 id="addresses-heading">For VLC and other players</h2>
      {addresses.map((address) => (
        <p key={address.id} class="address">
          <label for={`address-${address.id}`}>{address.label}</label>
          <span class="address-row">
            <input id={`address-${address.id}`} type="text" readOnly value={address.url} />
            <button type="button" data-copy={`address-${address.id}`} hidden>
              Copy
            </button>
          </span>
        </p>
      ))}
      <p class="quiet">
        Any interval: <code>{intervalForm}</code>, with its start in Unix seconds and its length in seconds;
        also as <code>.mpd</code> for DASH.
      </p>
    </section>
  );
}
