import type { Context, Outside } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type Parsed, parseCommandLine } from "./program.ts";
import { VERSION } from "./version.ts";

/** Runs one command line (without the program's name) and says what the process ends with. Never throws. */
export async function execute(argv: readonly string[], outside: Outside): Promise<ExitCode> {
  const json = argv.includes("--json");
  try {
    const parsed = await parseCommandLine(argv, COMMANDS, VERSION);
    if (parsed.kind === "text") {
      outside.stdout.write(parsed.text);
      return EXIT.done;
    }
    if (parsed.kind === "misuse") return await misuse(parsed, outside, json);
    const code = await runInvocation(parsed.invocation, outside);
    return outside.interrupted.aborted && code !== EXIT.internal ? EXIT.interrupted : code;
  } catch (error) {
    const { reportError } = await import("./report.ts");
    return reportError({ stderr: outside.stderr, json }, error);
  }
}

async function misuse({ message, usage }: Extract<Parsed, { kind: "misuse" }>, outside: Outside, json: boolean) {
  const { reportRefusal } = await import("./report.ts");
  return reportRefusal(
    { stderr: outside.stderr, json },
    { code: "USAGE", message },
    `usage: ${usage}; see \`${helpCommand(usage)}\``,
  );
}

const helpCommand = (usage: string): string => `${usage.slice(0, usage.indexOf(" [")).trimEnd()} --help`;

async function runInvocation(
  { command, path, args, flags }: Extract<Parsed, { kind: "run" }>["invocation"],
  outside: Outside,
): Promise<ExitCode> {
  const { parseConfig } = await import("./config.ts");
  const { host, server, env, ...rest } = outside;
  const config = parseConfig({
    env,
    flags,
    cwd: outside.cwd,
    terminal: outside.terminal.stdout,
    ...(server === undefined ? {} : { server }),
  });
  if (!config.ok) {
    const { reportRefusal } = await import("./report.ts");
    return reportRefusal({ stderr: outside.stderr, json: flags.json === true }, config.refusal);
  }
  const context: Context = { ...rest, config: config.value, command: path, host: await host() };
  return command.run(context, args);
}
