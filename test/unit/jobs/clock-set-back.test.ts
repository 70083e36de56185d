import { expect, test } from "bun:test";
import { NightjarError } from "../../../src/platform/errors.ts";
import { tempFolder } from "../../support/temp.ts";
import { JobRig } from "./rig.ts";

const T = Date.UTC(2026, 10, 21, 14);

test("a clock that was ahead by a year when a job was stored does not hold it up", async () => {
  await using folder = await tempFolder();
  const rig = new JobRig(folder.file("state.db"), T);
  const moment = (text: string, more: { notBeforeMs?: number } = {}) =>
    rig.queue.add({ kind: "moment", payload: { text }, who: "ann", ...more });
  const stateOf = (id: number) => rig.queue.get(id)?.state;
  const ahead = moment("asked");
  const again = moment("again");
  const later = moment("later", { notBeforeMs: T + 3_600_000 });
  rig.queue.start();
  await rig.pass(1);
  rig.of("again").fail(new NightjarError("unavailable", "The storage is not there"));
  await rig.queue.cancel(ahead.id);
  await rig.machine.settled();
  expect(rig.queue.get(again.id)?.note).toMatch(/^Is tried again at/);
  rig.queue.retry(ahead.id);
  rig.kill();
  rig.machine.step(-365 * 86_400_000);
  rig.restart();
  rig.queue.start();
  await rig.pass(1);
  expect([stateOf(ahead.id), stateOf(again.id), stateOf(later.id)]).toEqual(["running", "running", "queued"]);
  rig.kill();
}, 30_000);
