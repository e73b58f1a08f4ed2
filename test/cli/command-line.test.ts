import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

test("help lists every command and goes to standard output", async () => {
  const said = await runCli(["--help"]);

  expect(said).toMatchObject({ exit: 0, stderr: "" });
  for (const word of ["check", "migrate", "doctor"]) expect(said.stdout).toMatch(new RegExp(`^  ${word} `, "m"));
});

test("every word of the help says what it is for", async () => {
  const { stdout } = await runCli(["--help"]);

  expect(stdout.split("\n").filter((line) => /^ {2}[a-z]+( \[.*\])?$/.test(line))).toEqual([]);
});

test("a command's help shows operands, options with their variables, and examples, in either spelling", async () => {
  const flag = await runCli(["migrate", "down", "--help"]);
  const word = await runCli(["help", "migrate", "down"]);

  expect(flag.stdout).toBe(word.stdout);
  expect(flag.stdout).toContain("--to <version>");
  expect(flag.stdout).toContain("Examples:\n  $ countermark migrate down --to 1");
});

test("the version goes to standard output", async () => {
  expect(await runCli(["--version"])).toMatchObject({ exit: 0, stdout: "0.1.0\n" });
});

test.each([
  ["an unknown command", ["chekc"], "USAGE: unknown command `chekc`; did you mean check?", "countermark --help"],
  [
    "an unknown command of a group",
    ["migrate", "upp"],
    "unknown command `upp`; did you mean up?",
    "countermark migrate --help",
  ],
  [
    "help of an unknown command",
    ["dead-letter", "--help"],
    "USAGE: unknown command `dead-letter`",
    "countermark --help",
  ],
  ["help of a group's unknown command", ["run", "lsit", "--help"], "USAGE: unknown command `lsit`", "run --help"],
  ["no command", [], "USAGE: a command is missing", "countermark --help"],
  ["a group alone", ["migrate"], "USAGE: a command is missing", "countermark migrate --help"],
  [
    "an unknown option",
    ["check", "a.yaml", "--jsn"],
    "unknown option `--jsn`; did you mean --json?",
    "countermark check --help",
  ],
  [
    "a missing operand",
    ["check"],
    "USAGE: missing required argument `PACK`",
    "usage: countermark check [options] <PACK>",
  ],
  ["one operand too many", ["check", "a", "b"], "too many arguments", "countermark check --help"],
  [
    "a value outside its bound",
    ["migrate", "down", "--to", "x"],
    "give an integer from 0 to 9999",
    "countermark migrate down",
  ],
  [
    "a time that is none",
    ["gate", "backtest", "gates.yaml", "--since", "yesterday"],
    "give an instant in UTC, such as 2026-03-09T02:00:00Z, or 7d for seven days ago",
    "countermark gate backtest",
  ],
])("%s is misuse: one line, the usage, exit 2", async (_, argv, line, remedy) => {
  const said = await runCli(argv);

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  const [first, second, ...rest] = said.stderr.split("\n");
  expect(first).toContain(line);
  expect(second).toMatch(/^remedy: usage: countermark/);
  expect(second).toContain(remedy);
  expect(rest).toEqual([""]);
});

test("words that only the command itself does not take lead to its own help", async () => {
  const said = await runCli(["chaos", "run", "--scenarios", "DS-01,nope"]);

  expect(said.exit).toBe(2);
  expect(said.stderr).toMatch(/^USAGE: there is no scenario `nope`.*\nremedy: see `countermark chaos run --help`\n$/);
});

test("under --json an error is a problem object on standard error", async () => {
  const said = await runCli(["chekc", "--json"]);

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(JSON.parse(said.stderr)).toMatchObject({ code: "USAGE", status: 400, type: "urn:countermark:code:USAGE" });
});

test.each([
  ["an unknown variable", { COUNTERMARK_COLOUR: "1" }, [], "there is no variable `COUNTERMARK_COLOUR`"],
  ["a port that is none", { COUNTERMARK_PORT: "70000" }, [], "`COUNTERMARK_PORT` is not a port"],
  ["an address that is none", { COUNTERMARK_URL: "localhost:4000" }, [], "`COUNTERMARK_URL` is not an http address"],
  ["another database", { DATABASE_URL: "mysql://localhost" }, [], "`DATABASE_URL` is not a `postgres://` address"],
  ["a key that is none", {}, ["--key", "secret"], "`--key` is not a key"],
])("%s is invalid configuration, and the value is not repeated", async (_, env, flags, line) => {
  const said = await runCli(["migrate", "status", ...flags], { env });

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain(`CONFIG_INVALID: ${line}`);
  expect(said.stderr).not.toContain("secret");
});

test("a database that does not answer is one line and a remedy, exit 1", async () => {
  const said = await runCli(["migrate", "status"], { env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" } });

  expect(said).toEqual({
    exit: 1,
    stdout: "",
    stderr:
      "DATABASE_UNAVAILABLE: the database connection failed (ECONNREFUSED)\nremedy: check DATABASE_URL, or remove it to use the embedded database; without it, look into `.countermark/postgres.log`\n",
  });
});
