import { beforeAll, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { useWorld } from "./world.ts";

const { file, run } = useWorld();

beforeAll(async () => {
  await run(["tenant", "list"]); // the first opening says which files it made
});

const ORIGIN = "http://127.0.0.1:12111";
const SECRET = "sk_test_4eC39HqLyjWDarjtT1zdp7dc";
const WEBHOOK_SECRET = "whsec_test_of_the_shop";

const set = (service: string, ...more: readonly string[]): readonly string[] => [
  ...["credential", "set", service, "--origin", ORIGIN, "--secret-file"],
  ...(more.length === 0 ? ["-"] : more),
];

const settingsFile = () => file("stripe.json", JSON.stringify({ webhook_secret: WEBHOOK_SECRET }));

test("a credential is set from files or standard input, again without effect, listed, and never shown", async () => {
  const fromFiles = set("stripe", file("stripe.key", `${SECRET}\n`), "--settings-file", settingsFile());

  const none = await run(["credential", "list"]);
  const first = await run(fromFiles);
  const again = await run([...fromFiles, "--json"]);
  const piped = await run(set("sendgrid"), { stdin: "sim-key\r\n" });
  const listed = await run(["credential", "list"]);
  const asData = await run(["credential", "list", "--json"]);

  expect(none).toMatchObject({ exit: 0, stdout: "no credentials\n" });
  expect(first).toEqual({ exit: 0, stdout: `credential stripe  set  ${ORIGIN}  webhook_secret\n`, stderr: "" });
  expect(JSON.parse(again.stdout)).toEqual({
    service: "stripe",
    origin: ORIGIN,
    settings: ["webhook_secret"],
    changed: false,
  });
  expect(piped.stdout).toBe(`credential sendgrid  set  ${ORIGIN}  -\n`);
  expect(listed.stdout.split("\n")).toEqual([
    "SERVICE   ORIGIN                  SETTINGS        ONE BEFORE",
    `sendgrid  ${ORIGIN}  -               -`,
    `stripe    ${ORIGIN}  webhook_secret  -`,
    "",
  ]);
  expect(JSON.parse(asData.stdout).credentials).toHaveLength(2);
  for (const { stdout, stderr } of [first, again, piped, listed, asData]) {
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toContain(WEBHOOK_SECRET);
  }
});

test("a credential that takes another's place leaves that one taken for webhooks for a while, and list says so", async () => {
  await run(set("printful"), { stdin: "old" });

  const replaced = await run(set("printful"), { stdin: "new" });
  const listed = await run(["credential", "list"]);

  expect(replaced.stdout).toContain("credential printful  set  ");
  expect(listed.stdout).toMatch(/^printful .* still taken for webhooks$/m);
});

test("an address for webhooks is shown once; without a secret to verify them it says what is missing", async () => {
  const lacking = await run(["endpoint", "add", "shopify"]);
  await run(set("stripe", file("stripe.key", SECRET), "--settings-file", settingsFile()));
  const open = await run(["endpoint", "add", "stripe", "--json"]);
  const listed = await run(["endpoint", "list"]);
  const asData = await run(["endpoint", "list", "--json"]);

  expect(lacking).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\/webhooks\/shopify\/[\w-]{32}\n$/) });
  expect(lacking.stderr).toContain("`webhook_secret` with `countermark credential set shopify`");
  expect(lacking.stderr).toContain("this is shown once");
  expect(JSON.parse(open.stdout)).toMatchObject({ provider: "stripe", missing_setting: null });
  expect(listed.stdout).toMatch(/^ENDPOINT +PROVIDER +STATE +ADDED\n/);
  expect(listed.stdout).toMatch(/ shopify +lacks webhook_secret +\d{4}-/);
  expect(listed.stdout).toMatch(/ stripe +open +\d{4}-/);
  const token = JSON.parse(open.stdout).path.split("/").at(-1);
  expect(listed.stdout + asData.stdout).not.toContain(token);
});

test("a live host or key is denied in a sandbox tenant, exit 7, and the key is not repeated", async () => {
  const live = `sk_li${"ve_"}51H7qYKJ2eZvKYlo2C`;

  const key = await run(set("stripe"), { stdin: live });
  const host = await run(["credential", "set", "stripe", "--origin", "https://api.stripe.com", "--secret-file", "-"], {
    stdin: SECRET,
  });

  for (const said of [key, host]) {
    expect(said).toMatchObject({ exit: 7, stdout: "", stderr: expect.stringMatching(/^LIVE_FORBIDDEN: .*\nremedy: /) });
    expect(said.stderr).not.toContain(live);
  }
});

test.each([
  ["a secret given in the place of its file", set("stripe", SECRET), "FILE_NOT_FOUND: `--secret-file` does not exist"],
  ["an empty secret", set("stripe", "empty"), "INVALID_INPUT: `--secret-file` holds nothing"],
  [
    "settings given as text",
    set("stripe", "s.key", "--settings-file", `{"webhook_secret":"${WEBHOOK_SECRET}"}`),
    "`--settings-file` does not exist",
  ],
  [
    "settings that are no object",
    set("stripe", "s.key", "--settings-file", "list"),
    "INVALID_INPUT: `--settings-file` is not a JSON object",
  ],
  [
    "settings that are not texts",
    set("stripe", "s.key", "--settings-file", "numbers"),
    "REQUEST_INVALID: `$.settings.store_id`",
  ],
  ["a mode among the settings", set("stripe", "s.key", "--settings-file", "mode"), "cannot hold `mode`"],
  ["both from standard input", set("stripe", "-", "--settings-file", "-"), "USAGE: only one of"],
  ["a service that is none", set("Stripe!", "s.key"), "REQUEST_INVALID: `$.service`"],
  [
    "an origin with a path",
    ["credential", "set", "stripe", "--origin", `${ORIGIN}/v1`, "--secret-file", "s.key"],
    "is not an origin such as",
  ],
  ["a provider that nobody knows", ["endpoint", "add", "fax"], "REQUEST_INVALID: `$.provider`"],
] as const)("%s is one line with its code, a remedy, exit 2, and no secret", async (_, argv, line) => {
  file("s.key", SECRET);
  file("empty", "\n");
  file("list", "[]");
  file("numbers", '{"store_id":7}');
  file("mode", '{"mode":"live"}');

  const said = await run(argv, { stdin: SECRET });

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain(line);
  expect(said.stderr).toMatch(/^[A-Z_]+: [^\n]+\nremedy: [^\n]+\n$/);
  expect(said.stderr).not.toContain(SECRET);
  expect(said.stderr).not.toContain(WEBHOOK_SECRET);
});

test("a secret is not typed where it would show", async () => {
  const terminal = { stdin: true, stdout: true, stderr: true };

  const said = await run(set("stripe"), { terminal, stdin: SECRET });

  expect(said).toMatchObject({ exit: 2, stderr: expect.stringContaining("pipe it in, or name a file") });
});

test("credentials and addresses are for admins", async () => {
  const otto = (await run(["key", "add", "otto", "--role", "operator"])).stdout.trim();

  const denied = [
    await run([...set("stripe"), "--key", otto], { stdin: SECRET }),
    await run(["credential", "list", "--key", otto]),
    await run(["endpoint", "add", "stripe", "--key", otto]),
    await run(["endpoint", "list", "--key", otto]),
  ];

  expect(denied.map(({ exit, stderr }) => [exit, stderr.split(":")[0]])).toEqual(
    denied.map(() => [7, "ROLE_REQUIRED"]),
  );
});

test.each([
  ["credential", "set"],
  ["credential", "list"],
  ["endpoint", "add"],
  ["endpoint", "list"],
])("the help of %s %s has an example", async (noun, verb) => {
  const said = await runCli([noun, verb, "--help"]);

  expect(said).toMatchObject({ exit: 0, stderr: "" });
  expect(said.stdout).toContain(`Examples:\n  $ countermark ${noun} ${verb}`);
});
