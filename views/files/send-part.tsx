/** How files are sent to a channel. */
export type SendAddress = {
  channel: string;
  /** `https://cctv.example.org`, without a slash at its end. */
  origin: string;
  /** The date of today in the channel's zone, for the examples. */
  date: string;
  /** Time zone of the times in names. */
  zone: string;
  /** Addresses without a channel mean this one. */
  isDefault: boolean;
  /** Whether clients have to give a token. */
  needsToken: boolean;
  /** Whether who looks may make one. */
  canMakeToken: boolean;
  /** Whether who looks may add a watched folder. */
  canAddFolder: boolean;
  /** One that was just made: this answer alone shows it. */
  made?: { name: string; token: string } | undefined;
  /** Why none was made. */
  mistake?: string | undefined;
};

/** Fills `#send`: the address, a line to try it with, and a token for the client. */
export function SendPart(props: SendAddress) {
  const { channel, origin, date, zone, isDefault, needsToken, canAddFolder, made } = props;
  const folder = `${origin}/${channel}/${date}/`;
  const login = needsToken ? ` -u upload:${made?.token ?? "TOKEN"}` : "";
  return (
    <>
      <h2>Send files here</h2>
      <CopyRow
        id="send-address"
        label="Address of a file"
        value={`${origin}/${channel}/YYYY-MM-DD/video_HHMMSS.ts`}
      />
      {isDefault && (
        <p class="quiet">
          The same without <code>/{channel}</code>: <code>{origin}/YYYY-MM-DD/video_HHMMSS.ts</code>
        </p>
      )}
      <p>
        PUT each segment file there, <code>.ts</code> or <code>.mp4</code>, called by the time of day in{" "}
        {zone} at which it begins. Any order will do, the newest first as well as a backlog of days.
      </p>
      <CopyRow
        id="send-curl"
        label="Try it with a file"
        value={`curl -T video_140000.ts${login} ${folder}`}
      />
      {needsToken && <TokenPart {...props} />}
      <OtherWays origin={origin} channel={channel} canAddFolder={canAddFolder} />
    </>
  );
}

function CopyRow({ id, label, value }: { id: string; label: string; value: string }) {
  return (
    <div class="address">
      <label for={id}>{label}</label>
      <span class="address-row">
        <input id={id} type="text" readOnly value={value} />
        <button type="button" data-copy={id} aria-label={`Copy: ${label}`} hidden>
          Copy
        </button>
      </span>
    </div>
  );
}

function TokenPart({ channel, canMakeToken, made, mistake }: SendAddress) {
  if (made) {
    return (
      <div class="notice" role="status">
        <p>
          The token <strong>{made.name}</strong>. Copy it now: it is shown only once.
        </p>
        <CopyRow id="send-token" label="Token" value={made.token} />
        <p class="quiet">
          Give it to the client as the password of any user, or as <code>Authorization: Bearer</code>. It can
          be revoked below <a href="/settings/people">Settings, People</a>.
        </p>
      </div>
    );
  }
  if (!canMakeToken)
    return <p class="quiet">Clients give a token as the password of any user. An admin makes one here.</p>;
  return (
    <form
      class="form"
      method="post"
      action={`/-/files/${channel}/token`}
      hx-post={`/-/files/${channel}/token`}
      hx-target="#send"
      hx-swap="innerHTML"
    >
      {mistake !== undefined && (
        <p class="notice trouble" role="alert">
          {mistake}
        </p>
      )}
      <p class="hint">
        Clients give a token as the password of any user. It has the least right that can upload.
      </p>
      <div class="actions">
        <button class="main" type="submit">
          Make a token
        </button>
      </div>
    </form>
  );
}

type WaysProps = Pick<SendAddress, "origin" | "channel" | "canAddFolder">;

function OtherWays({ origin, channel, canAddFolder }: WaysProps) {
  return (
    <>
      <details class="more">
        <summary>What the answers mean</summary>
        <p>
          201: it is a segment now, safe on the disk. 204: it was here already. 202: no player could read it;
          it is kept in quarantine for a week. 4xx: the name or the token is wrong. No answer at all: try
          again later, for example because the disk is full.
        </p>
      </details>
      <details class="more">
        <summary>Clients that send to nginx already</summary>
        <p>Let nginx hand them on, whole and unbuffered:</p>
        <pre tabIndex={0}>
          <code>{`location / {
  proxy_pass ${origin}/${channel}/;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  client_max_body_size 0;
  error_page 502 504 = @unanswered;
}
location @unanswered {
  return 444; # no answer: the client keeps the file
}`}</code>
        </pre>
      </details>
      <details class="more">
        <summary>Files that rsync, nginx or a share puts on this machine</summary>
        <p>
          {canAddFolder ? (
            <>
              Add their folder as a <a href="/settings/add-camera?kind=folder">watched folder</a> instead.
            </>
          ) : (
            "An admin can add their folder as a watched folder instead."
          )}{" "}
          rsync is to write unfinished files elsewhere, and keep their times:
        </p>
        <pre tabIndex={0}>
          <code>rsync -a --partial-dir=/var/tmp/partial camera:/video/ /srv/www/{channel}/</code>
        </pre>
      </details>
    </>
  );
}
