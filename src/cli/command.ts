import type { Host, Instant } from "../contracts/index.ts";
import type { Tool } from "../guard/index.ts";
import type { ConnectionOptions } from "../store/index.ts";
import type { Config } from "./config.ts";
import type { ExitCode } from "./exit-code.ts";

/** Takes text; a stream of the process, or what a test captures. */
export interface Writer {
  write(text: string): unknown;
}

/** Everything a command has of the world around it. Nothing else of the process is within its reach. */
export interface Outside {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Data. */
  readonly stdout: Writer;
  /** Talk: progress, notes, errors. */
  readonly stderr: Writer;
  readonly env: { readonly [name: string]: string | undefined };
  /** Absolute path. */
  readonly cwd: string;
  /** Which streams a person sits at. */
  readonly terminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly pid: number;
  /** Such as `v20.19.0`. */
  readonly nodeVersion: string;
  /** Whether a process of this pid lives. */
  isAlive(pid: number): boolean;
  /** Aborts when the process is asked to end; its reason is the signal's name. */
  readonly interrupted: AbortSignal;
  /** Loaded when a command runs: help needs no clock. */
  host(): Promise<Host>;
  /** The tools that this program brings; loaded when an installation is opened. */
  tools(): Promise<readonly Tool[]>;
  /** A PostgreSQL that takes the place of what the configuration names. */
  readonly server?: ConnectionOptions;
}

export interface Context extends Omit<Outside, "host" | "server" | "env"> {
  readonly host: Host;
  readonly config: Config;
  /** The words by which it was called, such as `run list`. */
  readonly command: string;
}

/** The words after the command, checked against what it declares. */
export interface Arguments {
  /** An operand; a required one is always there. */
  operand(name: string): string;
  /** The value of an option; undefined when it was not given and has no default. */
  value(name: string): string | undefined;
  /** Every value of an option that takes several, in their order; empty when it was not given. */
  values(name: string): readonly string[];
  integer(name: string): number | undefined;
  /** The instant that an option with `moment` says, seen from now. */
  moment(name: string, now: Instant): Instant | undefined;
  flag(name: string): boolean;
}

export interface Operand {
  /** In capitals, as it stands in the usage. */
  readonly name: string;
  readonly summary: string;
  readonly optional?: true;
}

export interface Option {
  /** Such as `--input <file>`, `--evidence <path...>` for several values, or `--yes` for none. */
  readonly flags: string;
  readonly summary: string;
  readonly required?: true;
  readonly default?: string;
  readonly choices?: readonly string[];
  /** The value is an integer within these, ends included. */
  readonly integer?: { readonly min: number; readonly max: number };
  /** The value says when. */
  readonly moment?: Moment;
}

/** How an option's text says when; `AGO` and `AHEAD` are the two there are. */
export interface Moment {
  /** What is wrong with the text; null where nothing is. */
  problem(text: string): string | null;
  of(text: string, now: Instant): Instant | undefined;
}

/** What one command takes and does. */
export interface Command {
  readonly operands?: readonly Operand[];
  readonly options?: readonly Option[];
  /** Whole command lines, as they are typed. */
  readonly examples: readonly string[];
  run(context: Context, args: Arguments): Promise<ExitCode>;
}

/** A command as the list of commands knows it: its module is loaded when it is asked for, so that help stays quick. */
export interface CommandEntry {
  /** One or two words, such as `run start`. */
  readonly path: readonly [string] | readonly [string, string];
  readonly summary: string;
  load(): Promise<Command>;
}
