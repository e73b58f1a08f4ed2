import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { asFault } from "./faults.ts";
import { type Offer, said, startDyingServer } from "./testing/dying-server.ts";
import { tlsIn } from "./tls.ts";

const SERVER = "postgres://someone@localhost/shop";

describe("what a URL asks for", () => {
  test.each([
    ["", null],
    ["?sslmode=disable", null],
    ["?sslmode=allow", null],
    ["?sslmode=prefer", "prefer"],
    ["?sslmode=require", "require"],
    ["?ssl=require", "require"],
    ["?sslmode=verify-ca", "verify-ca"],
    ["?sslmode=verify-full", "verify-full"],
    ["?sslrootcert=system", "verify-full"],
  ])("`%s` is %s", (query, mode) => {
    const asked = tlsIn(`${SERVER}${query}`);

    expect(asked.tls?.mode ?? null).toBe(mode);
    expect(asked.url).toBe(SERVER);
  });

  test("what else it says stays", () => {
    expect(tlsIn(`${SERVER}?sslmode=require&statement_timeout=5s`).url).toBe(`${SERVER}?statement_timeout=5s`);
  });

  test.each([
    [`${SERVER}?sslmode=yes`, "it is one of disable"],
    [`${SERVER}?sslmode=verify-ca&sslrootcert=/nowhere/root.crt`, "ENOENT"],
    ["postgres://someone@one:1,two:2/shop?sslmode=require", "not one of one server"],
    [`${SERVER}?sslmode=require&sslrootcert=system`, "needs `sslmode` `verify-full`"],
  ])("`%s` is refused before anything is sent", (url, why) => {
    expect(() => openDatabase({ url })).toThrow(why);
  });
});

const opensslIs = (): boolean => {
  try {
    return execFileSync("openssl", ["version"]).length > 0;
  } catch {
    return false;
  }
};

describe.skipIf(!opensslIs())("a server's TLS (needs the program openssl, which makes its certificate)", () => {
  let folder: string;
  let identity: NonNullable<Offer["identity"]>;
  const closing: (() => void)[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "countermark-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert, ...names],
      { stdio: "ignore" },
    );
    identity = { key: readFileSync(key), cert: readFileSync(cert) };
  });

  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** How two statements fail that are sent one after the other to a server that answers only the first of each connection. */
  async function failures(query: string, offer: Offer, host = "localhost"): Promise<readonly unknown[]> {
    const { port, close } = await startDyingServer([said("FATAL", "57P01"), said("ERROR", "42601")], offer);
    closing.push(close);
    const root = query.includes("sslrootcert") ? join(folder, "cert.pem") : "";
    const { committer } = openDatabase({ url: `postgres://someone@${host}:${port}/shop${query}${root}` });
    const ask = () => committer`select 1`.execute().then(() => "done", asFault);
    return [await ask(), await ask()].map((error) =>
      error instanceof Error ? error.message.replaceAll(/\(.*\)|: .*/g, "").trim() : error,
    );
  }

  const secure = (): Offer => ({ answer: "S", identity });
  const LAST_WORDS = ["the database is not available", "the database refused the statement"];

  test.each([
    "?sslmode=prefer",
    "?sslmode=require",
    "?sslmode=verify-ca&sslrootcert=",
    "?sslmode=verify-full&sslrootcert=",
  ])("with `%s` its last words fail what is in flight, and nothing of the next connection", async (query) => {
    expect(await failures(query, secure())).toEqual(LAST_WORDS);
  });

  test("without TLS it is talked to where TLS was only preferred, and not where it was required", async () => {
    const none: Offer = { answer: "N", identity: null };
    const refusal = "the database offers no TLS, and `sslmode` is `require`";

    expect(await failures("?sslmode=prefer", none)).toEqual(LAST_WORDS);
    expect(await failures("?sslmode=require", none)).toEqual([refusal, refusal]);
  });

  test("a certificate that nobody trusts, or of another host, is refused where it is to be verified", async () => {
    const refusal = "the database's TLS is not what `sslmode` `verify-full` asks for";

    expect(await failures("?sslmode=verify-full", secure())).toEqual([refusal, refusal]);
    expect(await failures("?sslmode=verify-full&sslrootcert=", secure(), "127.0.0.1")).toEqual([refusal, refusal]);
    expect(await failures("?sslmode=verify-ca&sslrootcert=", secure(), "127.0.0.1")).toEqual(LAST_WORDS);
  });

  test("who requires TLS and names a root means that root", async () => {
    expect(tlsIn(`${SERVER}?sslmode=require&sslrootcert=${join(folder, "cert.pem")}`).tls?.mode).toBe("verify-ca");
    expect(await failures("?sslmode=require&sslrootcert=", secure())).toEqual(LAST_WORDS);
  });

  test("a handshake that fails fails what waits for it, and nothing else", async () => {
    const refusal = "the database's TLS is not what `sslmode` `require` asks for";

    expect(await failures("?sslmode=require", { answer: "S", identity: null })).toEqual([refusal, refusal]);
  });

  test("what comes unsecured behind the server's consent is not read as if it were secured", async () => {
    const refusal = "the database offers no TLS, and `sslmode` is `prefer`";

    expect(await failures("?sslmode=prefer", { answer: "SX", identity })).toEqual([refusal, refusal]);
  });
});
