import type { ComponentChildren } from "preact";

export type DeleteFilmProps = {
  /** What is deleted, for people: channel and time. */
  title: string;
  /** Where the form goes. */
  action: string;
  /** What the answer takes the place of, and how htmx puts it there. */
  target: string;
  swap: "innerHTML" | "innerMorph";
  /** What is lost by it. */
  warning: string;
  /** Hidden fields, by which the page that comes back is the same. */
  children?: ComponentChildren;
};

/** A film is deleted by two presses: one that opens the question, one that answers it. */
export function DeleteFilm({ title, action, target, swap, warning, children }: DeleteFilmProps) {
  return (
    <details class="confirm">
      <summary aria-label={`Delete ${title}`}>Delete</summary>
      <form method="post" action={action} hx-post={action} hx-target={target} hx-swap={swap}>
        {children}
        <p>{warning}</p>
        <button class="danger" type="submit" aria-label={`Delete ${title} for good`}>
          Delete it
        </button>
      </form>
    </details>
  );
}
