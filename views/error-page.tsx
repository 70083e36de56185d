import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";

export type ErrorPageProps = {
  site: Site;
  /** HTTP status. */
  status: number;
  /** What happened, for people; never anything internal. */
  message: string;
  /** What to do, what there is instead. */
  details?: readonly string[];
  /** Pages that may have been meant. */
  near?: readonly { path: string; name: string }[];
};

const headings: Record<number, string> = {
  400: "This address can't be used",
  401: "Sign in first",
  403: "This is not for you to see",
  404: "Not found",
  405: "Not possible here",
  409: "Not possible now",
  422: "This can't be used",
  429: "Too often",
  503: "Not possible now",
};

/** What happened and what to do, nothing internal. */
export function ErrorPage({ site, status, message, details = [], near = [] }: ErrorPageProps) {
  const heading = headings[status] ?? "Something went wrong";
  return (
    <Layout title={heading} site={site}>
      <div class="narrow">
        <h1>{heading}</h1>
        <p>{message}</p>
        {details.length > 0 && (
          <ul class="plain-list">
            {details.map((detail) => (
              <li key={detail}>{detail}</li>
            ))}
          </ul>
        )}
        {near.length > 0 && (
          <>
            <h2>Did you mean</h2>
            <ul class="plain-list">
              {near.map(({ path, name }) => (
                <li key={path}>
                  <a href={path}>{name}</a>
                </li>
              ))}
            </ul>
          </>
        )}
        <p>
          <a href="/">All channels</a>
        </p>
      </div>
    </Layout>
  );
}
