import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { VERSION } from "./version.ts";

const NOTHING = { env: {}, flags: {}, cwd: "/shop", terminal: true } as const;

const configOf = (sources: Partial<Parameters<typeof parseConfig>[0]>) => {
  const parsed = parseConfig({ ...NOTHING, ...sources });
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
};

test("without any setting the installation is local, embedded and loopback only, and cannot be changed", () => {
  const config = configOf({});

  expect(config).toEqual({
    url: null,
    key: null,
    directory: "/shop/.countermark",
    server: null,
    listen: { host: "127.0.0.1", port: 4000 },
    temporal: null,
    oidc: null,
    json: false,
    stepSummary: null,
    colour: true,
  });
  expect(Object.isFrozen(config) && Object.isFrozen(config.listen)).toBe(true);
});

test("a flag wins over its variable, and an empty variable is not set", () => {
  const env = { COUNTERMARK_PORT: "5000", COUNTERMARK_DIR: "", COUNTERMARK_URL: "http://one.test/" };

  expect(configOf({ env }).listen.port).toBe(5000);
  expect(configOf({ env, flags: { port: "6000", url: "https://two.test" } })).toMatchObject({
    listen: { port: 6000 },
    url: "https://two.test",
    directory: "/shop/.countermark",
  });
  expect(configOf({ env }).url).toBe("http://one.test");
});

test.each([
  ["on a pipe", { terminal: false }],
  ["under NO_COLOR", { env: { NO_COLOR: "1" } }],
  ["under --json", { flags: { json: true } }],
])("there is no colour %s", (_, sources) => {
  expect(configOf(sources).colour).toBe(false);
});

test("a misspelt variable is refused, and others' variables are none of ours", () => {
  const misspelt = parseConfig({ ...NOTHING, env: { COUNTERMARK_KEYS: "cmk_secret" } });

  expect(misspelt).toMatchObject({ ok: false, refusal: { code: "CONFIG_INVALID" } });
  expect(JSON.stringify(misspelt)).not.toContain("cmk_secret");
  expect(configOf({ env: { HOME: "/root", KEY: "x" } }).key).toBeNull();
});

test("a Temporal cluster is used where it is asked for, and not because its address is set", () => {
  const env = { TEMPORAL_ADDRESS: "temporal.test:7233" };

  expect(configOf({ env }).temporal).toBeNull();
  expect(configOf({ env, flags: { scheduler: "postgres" } }).temporal).toBeNull();
  expect(configOf({ env, flags: { scheduler: "temporal" } }).temporal).toEqual({
    address: "temporal.test:7233",
    namespace: "default",
  });
  expect(
    configOf({ env: { ...env, COUNTERMARK_SCHEDULER: "temporal", TEMPORAL_NAMESPACE: "shop" } }).temporal,
  ).toMatchObject({ namespace: "shop" });
});

test.each([
  ["an unknown scheduler", { scheduler: "cron" }, {}, "`--scheduler` is none of `postgres`, `temporal`"],
  ["temporal without an address", { scheduler: "temporal" }, {}, "the temporal scheduler needs `TEMPORAL_ADDRESS`"],
  [
    "an address without a port",
    { scheduler: "temporal" },
    { TEMPORAL_ADDRESS: "temporal.test" },
    "`TEMPORAL_ADDRESS` is not `host:port`",
  ],
])("%s is refused", (_, flags, env, message) => {
  expect(parseConfig({ ...NOTHING, flags, env })).toMatchObject({
    ok: false,
    refusal: { code: "CONFIG_INVALID", message },
  });
});

test("the program's version is its manifest's", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

  expect(VERSION).toBe(manifest.version);
});
