import type { FormKind } from "../../src/cameras/form.ts";
import type { TestWords } from "../../src/cameras/test-words.ts";
import { CameraFields, type CameraFieldsProps } from "./camera-fields.tsx";
import { MakerHints } from "./maker-hints.tsx";
import { TestResult } from "./test-result.tsx";

export type CameraFormProps = Omit<CameraFieldsProps, "isTested"> & {
  /** Where the form goes. */
  action: string;
  /** What is wrong with the whole. */
  trouble?: string | undefined;
  test?: TestWords | undefined;
  /** What the file said of the camera when the form was made. */
  revision?: string | undefined;
  /** Part of the first start. */
  isFirst: boolean;
  /** Where to go without saving. */
  cancel: { path: string; label: string };
};

const kindWords: Record<FormKind, { add: string; test?: string }> = {
  address: { add: "Add this camera", test: "Test the camera" },
  upload: { add: "Add it" },
  folder: { add: "Add this folder", test: "Look into the folder" },
};

/** Fills `#camera`: the last test, and the form that is sent to test and to save. */
export function CameraFormPart(props: CameraFormProps) {
  const { action, trouble, test, revision, isFirst, cancel, isNew, program, form } = props;
  const words = kindWords[form.kind];
  const canTest = program === undefined && words.test !== undefined;
  const isTested = test?.isGood === true || !canTest;
  const save = isNew ? words.add : "Save";
  return (
    <div class="narrow">
      {trouble !== undefined && (
        <p class="notice trouble" role="alert">
          {trouble}
        </p>
      )}
      {test && <TestResult test={test} />}
      <form class="form" method="post" action={action} autocomplete="off">
        {test && <input type="hidden" name="test" value={test.id} />}
        {revision !== undefined && <input type="hidden" name="revision" value={revision} />}
        {isFirst && <input type="hidden" name="first" value="yes" />}
        <CameraFields {...props} isTested={test?.isGood === true} />
        <p id="testing" class="notice htmx-indicator" role="status">
          <progress aria-label="Testing" /> Connecting, and watching for some seconds. This takes up to 15 s.
        </p>
        <div class="actions">
          {isTested || !isNew ? (
            <button class="main" type="submit" name="do" value="save">
              {save}
            </button>
          ) : null}
          {canTest && (
            <button
              class={isTested || !isNew ? "" : "main"}
              type="submit"
              name="do"
              value="test"
              hx-post={action}
              hx-target="#camera"
              hx-swap="innerHTML show:top"
              hx-indicator="#testing"
              hx-disable="this"
            >
              {test ? "Test again" : words.test}
            </button>
          )}
          {isNew && !isTested && (
            <button type="submit" name="do" value="save">
              {test ? "Add it all the same" : "Add without a test"}
            </button>
          )}
          <a class="button" href={cancel.path}>
            {cancel.label}
          </a>
        </div>
      </form>
      {program === undefined && form.kind === "address" && <MakerHints />}
    </div>
  );
}
