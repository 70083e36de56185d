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
};

const headings: Record<number, string> = {
  400: "This address can't be used",
  403: "This is not for you to see",
  404: "Not found",
  409: "Not possible now",
  422: "This can't be used",
  503: "Not possible now",
};

/** What happened and what to do, nothing internal. */
export function ErrorPage({ site, status, message, details = [] }: ErrorPageProps) {
  const heading = headings[status] ?? "Something went wrong";
  return (
    <Layout title={heading} site={site}>
      <div class="narrow">
        <h1>{heading}</h1>
        <p>{message}</p>
        {details.length > 0 && (
          <ul>
            {details.map((detail) => (
              <li key={detail}>{detail}</li>
            ))}
          </ul>
        )}
        <p>
          <a href="/">All channels</a>
        </p>
      </div>
    </Layout>
  );
}
