import type { TestWords } from "../../src/cameras/test-words.ts";

/** What came of a test: the picture, what the stream is, and what could be better. */
export function TestResult({ test }: { test: TestWords }) {
  if (!test.isGood) {
    return (
      <div class="test-result" role="alert">
        <p class="notice trouble">{test.headline}</p>
        {test.advice.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
    );
  }
  return (
    <section class="test-result" role="status" aria-label="Result of the test">
      <p>
        <strong>{test.headline}</strong>
      </p>
      {test.hasPicture && (
        <img class="test-picture" src={`/settings/camera-tests/${test.id}/picture`} alt="The first picture" />
      )}
      {!test.hasPicture && test.isWithoutPicture !== true && (
        <p class="quiet">Its first picture could not be decoded; it is recorded all the same.</p>
      )}
      <table class="table">
        <tbody>
          {test.facts.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {test.advice.map((line) => (
        <p key={line} class="notice">
          {line}
        </p>
      ))}
    </section>
  );
}
