import { afterEach, expect, test } from "vitest";
import { nextTurn } from "../contracts/index.ts";
import { openDatabase } from "./database.ts";
import { DONE, message, said, startDyingServer } from "./testing/dying-server.ts";

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function dyingServer(...answers: readonly Buffer[]): Promise<number> {
  const { port, close } = await startDyingServer(answers);
  closing.push(close);
  return port;
}

test("a server that dies while a connection is made fails the statement that waits for it, and nothing else", async () => {
  const database = openDatabase({ url: `postgres://someone@127.0.0.1:${await dyingServer()}/shop` });
  const asked = database.app`select 1`;

  // A failure that no caller could catch would fail this test too.
  await expect(asked).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
});

test("what a server said when it ended a connection fails what was in flight, and nothing of the next connection", async () => {
  const port = await dyingServer(said("FATAL", "57P01"), said("ERROR", "42601"));
  const { committer } = openDatabase({ url: `postgres://someone@127.0.0.1:${port}/shop` });

  await expect(committer`select 1`.execute()).rejects.toMatchObject({ code: "57P01", severity: "FATAL" });
  await expect(committer`select 2`.execute()).rejects.toMatchObject({ code: "42601" });
});

test("so does what it said behind the first answers to a statement", async () => {
  const begun = Buffer.from(message("1") + message("t", "\0\0"), "latin1");
  const port = await dyingServer(Buffer.concat([begun, said("FATAL", "57P01")]), said("ERROR", "42601"));
  const { committer } = openDatabase({ url: `postgres://someone@127.0.0.1:${port}/shop` });

  await expect(committer`select 1`.execute()).rejects.toMatchObject({ code: "57P01", severity: "FATAL" });
  await expect(committer`select 2`.execute()).rejects.toMatchObject({ code: "42601" });
});

test("statements sent in every turn in which their connection goes away fail at once, and the next ones are answered", async () => {
  const answers = Array.from({ length: 200 }, () =>
    Buffer.concat([Buffer.from(DONE, "latin1"), said("FATAL", "57P01")]),
  );
  const { committer } = openDatabase({ url: `postgres://someone@127.0.0.1:${await dyingServer(...answers)}/shop` });
  const codes = new Set<unknown>();
  const ask = () => committer`set a = 1`.execute().then(() => "done", codeIn);

  for (let death = 0; death < 3; death++) {
    while ((await ask()) !== "done") await nextTurn();
    const asked: Promise<unknown>[] = [];
    for (let left = 500; left > 0; left--) {
      await nextTurn();
      asked.push(
        ask().finally(() => {
          left = Math.min(left, 8);
        }),
      );
    }
    for (const code of await Promise.all(asked)) codes.add(code);
  }

  // A connection that is never made again says CONNECT_TIMEOUT, or nothing.
  expect(codes).not.toContain("CONNECT_TIMEOUT");
  expect(codes).toContain("CONNECTION_CLOSED");
});

const codeIn = (error: unknown): unknown => Reflect.get(Object(error), "code");
