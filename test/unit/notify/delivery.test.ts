import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { NotifyConfig } from "../../../src/config/notify.ts";
import { SecretText } from "../../../src/config/secret-text.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { Delivery, type DeliveryDeps } from "../../../src/notify/delivery.ts";
import type { Message } from "../../../src/notify/message.ts";
import type { Notice } from "../../../src/notify/notice.ts";
import type { Posted } from "../../../src/notify/post.ts";
import { SimulatedMachine } from "../../support/simulated-machine.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const T = Date.UTC(2026, 10, 21, 21, 59);
const MINUTE_MS = 60_000;

const notice = (detail: string): Notice => ({
  event: "offline",
  channel: "yard",
  name: "Yard",
  state: "offline",
  reason: "source-offline",
  detail,
  sinceMs: T,
  atMs: T,
  text: detail,
});

/** A receiver that answers as the test says, and what it got. */
class Receiver {
  readonly got: string[] = [];
  answer: Posted = { kind: "taken" };
  post = (_: NotifyConfig, { body }: Message): Promise<Posted> => {
    this.got.push(body);
    return Promise.resolve(this.answer);
  };
  take(): string[] {
    return this.got.splice(0);
  }
}

let folder: TempFolder;
let state: StateDatabase;
let machine: SimulatedMachine;
let receiver: Receiver;
const running: Delivery[] = [];

function start(
  change: Partial<NotifyConfig> = {},
  table: DeliveryDeps["table"] = state.notifications,
): Delivery {
  const config: NotifyConfig = {
    url: new SecretText("https://h/topic", "https://h/…"),
    format: "ntfy",
    headers: [],
    events: ["offline"],
    afterMs: 0,
    ...change,
  };
  const wording = { zone: "UTC", publicUrl: undefined };
  const { clock } = machine.start();
  const delivery = new Delivery({ key: "r", receiver: config, table, clock, wording, post: receiver.post });
  delivery.start();
  running.push(delivery);
  return delivery;
}

beforeEach(async () => {
  folder = await tempFolder();
  state = StateDatabase.open(folder.file("state.db"));
  machine = new SimulatedMachine(T);
  receiver = new Receiver();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.stop()));
  state.close();
  await folder[Symbol.asyncDispose]();
});

describe("delivery", () => {
  test("messages arrive at once, in order, and are gone then", async () => {
    const delivery = start();
    for (const text of ["a", "b", "c"]) delivery.push(notice(text));
    expect(state.notifications.waiting("r").length).toBe(3);
    await machine.pass(1);
    expect(receiver.take()).toEqual(["a", "b", "c"]);
    expect(state.notifications.waiting("r")).toEqual([]);
  });

  test("a receiver that is away is tried again with growing pauses; the order is kept", async () => {
    receiver.answer = { kind: "failed", why: "ConnectionRefused" };
    const delivery = start();
    delivery.push(notice("a"));
    delivery.push(notice("b"));
    const tries: number[] = [];
    for (let second = 0; second < 300; second++) {
      await machine.pass(1000);
      if (receiver.take().length > 0) tries.push(second);
    }
    expect(tries).toEqual([0, 10, 40, 100, 220]);
    receiver.answer = { kind: "taken" };
    await machine.pass(5 * MINUTE_MS);
    expect(receiver.take()).toEqual(["a", "b"]);
  });

  test("after the last try a message is given up, and the next has its turn", async () => {
    receiver.answer = { kind: "failed", why: "it answered 500" };
    const delivery = start();
    delivery.push(notice("a"));
    await machine.pass(1);
    for (let minute = 0; minute < 5 * 60; minute++) await machine.pass(MINUTE_MS);
    expect(receiver.take().length).toBe(11);
    expect(state.notifications.waiting("r")).toEqual([]);
    receiver.answer = { kind: "taken" };
    delivery.push(notice("b"));
    await machine.pass(1);
    expect(receiver.take()).toEqual(["b"]);
  });

  test("what the receiver refuses is not tried again", async () => {
    receiver.answer = { kind: "refused", why: "it answered 404" };
    const delivery = start();
    delivery.push(notice("a"));
    delivery.push(notice("b"));
    await machine.pass(10 * MINUTE_MS);
    expect(receiver.take()).toEqual(["a", "b"]);
  });

  test("a longer pause that the receiver asks for is kept", async () => {
    receiver.answer = { kind: "failed", why: "it answered 429", retryAfterMs: 2 * MINUTE_MS };
    start().push(notice("a"));
    await machine.pass(1);
    await machine.pass(MINUTE_MS);
    expect(receiver.take().length).toBe(1);
    await machine.pass(MINUTE_MS);
    expect(receiver.take().length).toBe(1);
  });

  test("a restart loses nothing", async () => {
    receiver.answer = { kind: "failed", why: "ConnectionRefused" };
    const first = start();
    first.push(notice("a"));
    first.push(notice("b"));
    await machine.pass(1);
    await first.stop();
    expect(receiver.take()).toEqual(["a"]);
    receiver.answer = { kind: "taken" };
    start();
    await machine.pass(1000);
    expect(receiver.take()).toEqual([]);
    await machine.pass(10_000);
    expect(receiver.take()).toEqual(["a", "b"]);
  });

  test("a wall clock that was set back by years holds nothing up", async () => {
    receiver.answer = { kind: "failed", why: "ConnectionRefused" };
    const delivery = start();
    delivery.push(notice("a"));
    await machine.pass(1);
    receiver.answer = { kind: "taken" };
    machine.step(-10 * 365 * 86_400_000);
    await machine.pass(10_000);
    expect(receiver.take()).toEqual(["a", "a"]);
  });

  test("at most 200 wait; the oldest go first", async () => {
    receiver.answer = { kind: "failed", why: "ConnectionRefused" };
    const delivery = start();
    for (let number = 0; number < 250; number++) delivery.push(notice(String(number)));
    expect(state.notifications.waiting("r").length).toBe(200);
    receiver.answer = { kind: "taken" };
    await machine.pass(30_000);
    expect(receiver.take().slice(-200)).toEqual(
      Array.from({ length: 200 }, (_, index) => String(index + 50)),
    );
  });

  test("a database that can't be written keeps nobody from being told", async () => {
    const broken = (): never => {
      throw new Error("database or disk is full");
    };
    const delivery = start({}, { waiting: broken, add: broken, postpone: broken, delete: broken });
    delivery.push(notice("a"));
    await machine.pass(1);
    expect(receiver.take()).toEqual(["a"]);
  });
});

describe("quiet time", () => {
  const quiet = { fromMinute: 22 * 60, toMinute: 6 * 60 };

  test("what happens in it is told together at its end, what comes after it apart", async () => {
    const delivery = start({ quiet });
    delivery.push(notice("before"));
    await machine.pass(2 * MINUTE_MS);
    expect(receiver.take()).toEqual(["before"]);
    delivery.push(notice("one"));
    await machine.pass(60 * MINUTE_MS);
    delivery.push(notice("two"));
    await machine.pass(7 * 60 * MINUTE_MS - 2 * MINUTE_MS);
    expect(receiver.take()).toEqual([]);
    await machine.pass(2 * MINUTE_MS);
    delivery.push(notice("after"));
    await machine.pass(1);
    const [summary = "", ...rest] = receiver.take();
    expect(summary.split("\n").map((line) => line.split(". ")[1])).toEqual(["one", "two"]);
    expect(rest).toEqual(["after"]);
  });

  test("it outlasts a restart, and a single message is told as it is", async () => {
    const first = start({ quiet });
    await machine.pass(2 * MINUTE_MS);
    first.push(notice("one"));
    await first.stop();
    start({ quiet });
    await machine.pass(7 * 60 * MINUTE_MS);
    expect(receiver.take()).toEqual([]);
    await machine.pass(60 * MINUTE_MS);
    expect(receiver.take()).toEqual(["one"]);
  });
});
