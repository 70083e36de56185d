import { h } from "preact";
import { CameraFormPart, type CameraFormProps } from "../../../views/cameras/camera-form.tsx";
import { CameraPage } from "../../../views/cameras/camera-page.tsx";
import { UnwritablePage } from "../../../views/cameras/unwritable-page.tsx";
import { hasCredentials, shownAddress } from "../../cameras/address.ts";
import type { SaveOutcome } from "../../cameras/cameras.ts";
import type { CameraForm, Mistakes } from "../../cameras/form.ts";
import type { GivenSource } from "../../cameras/given-source.ts";
import { withoutValues } from "../../cameras/header-lines.ts";
import { testWords } from "../../cameras/test-words.ts";
import type { CameraTest } from "../../cameras/tests.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import type { Site } from "../../../views/site.ts";
import { htmlFragment, htmlPage, wantsFragment } from "../html.ts";
import { seeOther } from "./deps.ts";

/** What the answers to a form have in common, and what came of this one. */
export type FormAnswer = Pick<
  CameraFormProps,
  "action" | "isFirst" | "cancel" | "isNew" | "fixed" | "program" | "zone" | "revision"
> & {
  site: Site;
  title: string;
  form: CameraForm;
  /** The source whose secrets are kept where nothing else is typed. */
  known?: GivenSource | undefined;
  test?: CameraTest | undefined;
  mistakes?: Mistakes | undefined;
  trouble?: string | undefined;
};

/** The form as typed, but never with user name and password, wherever they were typed. */
function shownForm(form: CameraForm): CameraForm {
  const hasAddress = form.address !== "" && !/^(demo|exec):/i.test(form.address);
  const hidden = { user: "", password: "", headers: withoutValues(form.headers) };
  return { ...form, ...hidden, ...(hasAddress ? { address: shownAddress(form.address) } : {}) };
}

/** The form after a test, which may have found another path. */
export const testedForm = (form: CameraForm, { text }: GivenSource): CameraForm =>
  form.kind === "address" ? { ...form, address: shownAddress(text) } : form;

/** The page of a form, or for htmx the part with the form. */
export function formAnswer(request: Request, answer: FormAnswer): Response {
  const { site, title, form, known, test, mistakes = {}, trouble, ...common } = answer;
  const isRefused = Object.keys(mistakes).length > 0 || trouble !== undefined;
  const isFailed = test !== undefined && "failure" in test.outcome;
  const source = test?.given.text ?? known?.text;
  const props: CameraFormProps = {
    ...common,
    form: shownForm(form),
    mistakes,
    trouble,
    hasPassword: source !== undefined && hasCredentials(source),
    test: test && testWords(test),
  };
  if (wantsFragment(request)) return htmlFragment(h(CameraFormPart, props));
  return htmlPage(h(CameraPage, { site, title, form: props }), isRefused || isFailed ? 422 : 200);
}

/** What follows saving: the camera's page, the form again, or the lines to be written by hand. */
export async function afterSaving(
  save: () => Promise<SaveOutcome>,
  site: Site,
  answers: {
    saved: (id: string) => string;
    again: (what: { mistakes?: Mistakes; trouble?: string }) => Response;
  },
): Promise<Response> {
  let outcome: SaveOutcome;
  try {
    outcome = await save();
  } catch (error) {
    if (!(error instanceof NightjarError) || error.kind === "internal") throw error;
    return answers.again({ trouble: [`${errorText(error)}.`, ...error.details].join(" ") });
  }
  if ("id" in outcome) return seeOther(answers.saved(outcome.id));
  if ("mistakes" in outcome) return answers.again({ mistakes: outcome.mistakes });
  const { why, lines } = outcome.unwritable;
  return htmlPage(h(UnwritablePage, { site, why: `${why}.`, lines, id: outcome.unwritable.id }), 409);
}
