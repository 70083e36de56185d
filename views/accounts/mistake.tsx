/** What was wrong with a form that was sent. */
export function Mistake({ text }: { text?: string | undefined }) {
  return text === undefined ? null : (
    <p class="notice trouble" role="alert">
      {text}
    </p>
  );
}
