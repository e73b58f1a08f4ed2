import { CommanderError, Option as FlagOption, InvalidArgumentError, Command as Parser } from "commander";
import type { Arguments, Command, CommandEntry, Moment, Operand, Option } from "./command.ts";
import { CONFIG_OPTIONS, type ConfigOption, type Flags } from "./config.ts";

/** A command line, understood: which command, with what, and what it says about the configuration. */
export interface Invocation {
  readonly command: Command;
  /** Its words, such as `run list`. */
  readonly path: string;
  readonly args: Arguments;
  readonly flags: Flags;
}

/** What a command line asks for. `text` is what help or version print; `misuse` one line on what was not understood. */
export type Parsed =
  | { readonly kind: "run"; readonly invocation: Invocation }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "misuse"; readonly message: string; readonly usage: string };

const PROGRAM = "countermark";

const GROUPS: { readonly [word: string]: string } = {
  pack: "activate and list packs",
  suite: "play a pack's golden cases, which decide whether it may be deployed",
  preview: "put a bundle to its golden cases before it goes anywhere",
  run: "start, list, show, diagnose, cancel, signal, resume and settle runs",
  worker: "start, list and drain workers",
  chaos: "list and play scenarios of what may go wrong",
  gate: "decide by a policy on evidence, and explain decisions",
  evidence: "make the reports that the gate of releases reads",
  waiver: "ask for, approve, list and revoke exceptions from gates",
  packet: "keep a decision with all that it was made of",
  env: "show environments, say how their bundles do, hold promotions back",
  canary: "show and judge bundles that are tried on a share of the new runs",
  beta: "show and switch the beta of extensions, and report what must never happen",
  binding: "say who may sign in at the OpenID issuer, and as what",
  lineage: "show, draw, compare and verify what bundles and decisions came from",
  bundle: "build, sign, show and verify releases of packs",
  ledger: "verify and read the record",
  deadletter: "list and resolve what nobody could process",
  tenant: "add and list tenants",
  key: "make, list and revoke keys",
  breaker: "list and reset circuit breakers",
  credential: "set and list how services are reached",
  endpoint: "open and list addresses for webhooks",
  migrate: "move the database's schema",
};

/** Parses a command line (without the program's name) by what the commands declare. Loads the module of one command only. */
export async function parseCommandLine(
  argv: readonly string[],
  entries: readonly CommandEntry[],
  version: string,
): Promise<Parsed> {
  const chosen: Invocation[] = [];
  const said: string[] = [];
  const root = makeParser(PROGRAM, said)
    .description("Runs automations and AI agents under enforced guarantees.")
    .version(version, "-V, --version", "print the version");
  const used = { parser: root };
  addEntries({ root, entries, said, used, choose: (invocation) => chosen.push(invocation) });
  addConfigOptions(root, null);
  try {
    await root.parseAsync(argv[0] === "help" ? [...argv.slice(1), "--help"] : argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const unknown = error.code === "commander.helpDisplayed" ? unknownWord(used.parser) : undefined;
    if (unknown !== undefined)
      return { kind: "misuse", message: `unknown command \`${unknown}\``, usage: usageOf(used.parser) };
    if (error.exitCode === 0) return { kind: "text", text: said.join("") };
    return { kind: "misuse", message: messageOf(error), usage: usageOf(used.parser) };
  }
  const [invocation] = chosen;
  return invocation === undefined
    ? { kind: "misuse", message: "a command is missing", usage: usageOf(root) }
    : { kind: "run", invocation };
}

/** The word that help was asked for and that is no command; commander would print the help of what is around it. */
const unknownWord = ({ commands, args: [word] }: Parser): string | undefined =>
  commands.length === 0 || word === undefined || word.startsWith("-") || commands.some((one) => one.name() === word)
    ? undefined
    : word;

/** A parser that writes into a list and throws where it would end the process. */
const makeParser = (name: string, said: string[]): Parser =>
  new Parser(name)
    .helpCommand(false)
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => said.push(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => COLUMNS,
    });

/** Help is as wide on every terminal: it is written down when the package is built. */
const COLUMNS = 80;

interface Tree {
  readonly root: Parser;
  readonly entries: readonly CommandEntry[];
  readonly said: string[];
  /** The parser that the command line has reached, whose usage a misuse shows. */
  readonly used: { parser: Parser };
  choose(invocation: Invocation): void;
}

function addEntries(tree: Tree): void {
  const { root, said, used } = tree;
  for (const entry of tree.entries) {
    const [first, second] = entry.path;
    const parent = second === undefined ? root : (childOf(root, first) ?? makeGroup(tree, first));
    parent.addCommand(makeParser(second ?? first, said).description(entry.summary));
  }
  prepareChildren(root, async (child) => {
    used.parser = child;
    await prepare(tree, [child.name()], child);
  });
}

function makeGroup(tree: Tree, word: string): Parser {
  const group = makeParser(word, tree.said).description(GROUPS[word] ?? "");
  tree.root.addCommand(group);
  prepareChildren(group, async (child) => {
    tree.used.parser = child;
    await prepare(tree, [word, child.name()], child);
  });
  return group;
}

const childOf = (parser: Parser, name: string): Parser | undefined =>
  parser.commands.find((child) => child.name() === name);

/** Has a child's module loaded just before its words are read. */
const prepareChildren = (parent: Parser, load: (child: Parser) => Promise<void>): void => {
  parent.hook("preSubcommand", (_, child) => load(child));
};

async function prepare(tree: Tree, path: readonly string[], parser: Parser): Promise<void> {
  const entry = tree.entries.find((candidate) => candidate.path.join(" ") === path.join(" "));
  if (entry === undefined) return; // a group
  const command = await entry.load();
  for (const operand of command.operands ?? []) parser.argument(placeholder(operand), operand.summary);
  for (const option of command.options ?? []) parser.addOption(flagOption(option));
  addConfigOptions(parser, entry.path.join(" "));
  parser.addHelpText("after", `\nExamples:\n${command.examples.map((line) => `  $ ${line}`).join("\n")}`);
  parser.action(() => {
    const args = argumentsOf(command, parser);
    tree.choose({ command, path: entry.path.join(" "), args, flags: configFlags({ ...parser.optsWithGlobals() }) });
  });
}

const placeholder = ({ name, optional }: Operand): string => (optional ? `[${name}]` : `<${name}>`);

function flagOption({ flags, summary, required, default: preset, choices, integer, moment }: Option): FlagOption {
  const option = new FlagOption(flags, summary).makeOptionMandatory(required === true);
  if (preset !== undefined) option.default(preset);
  if (choices !== undefined) option.choices(choices);
  if (integer !== undefined) option.argParser((text) => integerWithin(text, integer));
  if (moment !== undefined) option.argParser((text) => checked(text, moment));
  return option;
}

function integerWithin(text: string, { min, max }: { readonly min: number; readonly max: number }): string {
  const within = /^-?\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max;
  if (!within) throw new InvalidArgumentError(`give an integer from ${min} to ${max}`);
  return text;
}

function checked(text: string, { problem }: Moment): string {
  const wrong = problem(text);
  if (wrong !== null) throw new InvalidArgumentError(wrong);
  return text;
}

/** The settings of every command at the root; those of one command at that command. */
function addConfigOptions(parser: Parser, path: string | null): void {
  for (const option of CONFIG_OPTIONS) {
    const here = path === null ? option.commands === null : option.commands?.includes(path);
    if (option.flags !== null && here) parser.option(option.flags, helpOf(option));
  }
}

const helpOf = ({ effect, env, unit, default: preset }: ConfigOption): string => {
  const places = [env, unit === "switch" ? null : `default: ${preset}`].filter((part) => part !== null);
  return places.length === 0 ? effect : `${effect} (${places.join("; ")})`;
};

const configFlags = (values: Readonly<Record<string, unknown>>): Flags =>
  Object.fromEntries(
    CONFIG_OPTIONS.flatMap(({ name, flags }) => {
      const value = flags === null ? undefined : values[new FlagOption(flags).attributeName()];
      return typeof value === "string" || typeof value === "boolean" ? [[name, value]] : [];
    }),
  );

function argumentsOf({ operands = [], options = [] }: Command, parser: Parser): Arguments {
  const values: Readonly<Record<string, unknown>> = parser.optsWithGlobals();
  const given = new Map(operands.map(({ name }, index) => [name, parser.args[index]]));
  const named = new Map(options.map(({ flags }) => new FlagOption(flags)).map((flag) => [flag.long, flag]));
  const read = (name: string): unknown => values[named.get(`--${name}`)?.attributeName() ?? ""];
  const value = (name: string): string | undefined => {
    const text = read(name);
    return typeof text === "string" ? text : undefined;
  };
  return {
    operand: (name) => given.get(name) ?? "",
    value,
    values: (name) => {
      const all = read(name);
      return Array.isArray(all) ? all.filter((one) => typeof one === "string") : [];
    },
    integer: (name) => {
      const text = value(name);
      return text === undefined ? undefined : Number(text);
    },
    moment: (name, now) => {
      const text = value(name);
      const option = options.find(({ flags }) => flags.startsWith(`--${name} `));
      return text === undefined ? undefined : option?.moment?.of(text, now);
    },
    flag: (name) => read(name) === true,
  };
}

/** Commander's one or two lines in our form: "error: unknown command 'rn'\n(Did you mean run?)". */
function messageOf({ code, message }: CommanderError): string {
  if (code === "commander.help") return "a command is missing";
  return message
    .replace(/^error: /, "")
    .replaceAll("'", "`")
    .replace(/\s*\n\(Did you mean (?:one of )?(.*?)\?\)/, "; did you mean $1?")
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(" is invalid. Allowed choices are ", " is invalid: choose one of ")
    .replace(" is invalid. ", " is invalid: ")
    .replace(/\.$/, "");
}

const usageOf = (parser: Parser): string => {
  const above = parser.parent === null ? [] : [...ancestors(parser.parent)];
  return [...above, parser.name(), parser.usage()].join(" ");
};

function ancestors(parser: Parser): readonly string[] {
  return parser.parent === null ? [parser.name()] : [...ancestors(parser.parent), parser.name()];
}
