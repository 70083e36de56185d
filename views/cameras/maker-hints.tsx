import { makers } from "../../src/cameras/makers.ts";

/** Where the makers of cameras have their streams. */
export function MakerHints() {
  return (
    <details class="more">
      <summary>Paths of well-known makers</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Paths by maker">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Maker</th>
              <th scope="col">Path behind rtsp://host:554</th>
            </tr>
          </thead>
          <tbody>
            {makers.map(({ name, main, sub, note }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <code>{main}</code>
                  {sub !== undefined && (
                    <>
                      <br />
                      smaller: <code>{sub}</code>
                    </>
                  )}
                  {note !== undefined && (
                    <>
                      <br />
                      <span class="quiet">{note}</span>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
