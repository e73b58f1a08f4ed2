import { isAbsolute, resolve } from "node:path";
import type { OidcSettings } from "../api/index.ts";
import type { Result } from "../contracts/index.ts";
import type { ConnectionOptions } from "../store/index.ts";
import type { TemporalAddress } from "../worker/index.ts";
import { OIDC_OPTIONS, oidcOf } from "./oidc-options.ts";

/** What the process is told by environment and flags, read once. Flags win over the environment. */
export interface Config {
  /** Address of a running server; null finds one in `directory`, or works without. */
  readonly url: string | null;
  /** An API key; null takes the one in `directory`. */
  readonly key: string | null;
  /** Absolute path of `.countermark`. */
  readonly directory: string;
  /** A PostgreSQL server; null is the embedded one. */
  readonly server: ConnectionOptions | null;
  readonly listen: { readonly host: string; readonly port: number };
  /** The Temporal cluster that calls for runs; null: workers look for them in the database. */
  readonly temporal: TemporalAddress | null;
  /** Where people may sign in without a key; null: nowhere. */
  readonly oidc: OidcSettings | null;
  /** The file that a job's summary is written to; null where no job says one. */
  readonly stepSummary: string | null;
  readonly json: boolean;
  readonly colour: boolean;
}

/** One setting, as it is parsed, shown in help and printed in the reference. */
export interface ConfigOption {
  readonly name:
    | "url"
    | "key"
    | "directory"
    | "database"
    | "host"
    | "port"
    | "scheduler"
    | "temporalAddress"
    | "temporalNamespace"
    | "oidcIssuer"
    | "oidcClientId"
    | "oidcClientSecret"
    | "oidcRedirectBase"
    | "oidcScope"
    | "oidcGroupsClaim"
    | "stepSummary"
    | "json"
    | "noColor";
  /** Environment variable, or null where only the flag sets it. */
  readonly env: string | null;
  /** As in help, or null where only the environment sets it: secrets do not belong into process lists. */
  readonly flags: string | null;
  /** The commands that take the flag; null: all. */
  readonly commands: readonly string[] | null;
  readonly unit: string;
  readonly default: string;
  readonly bound: string;
  readonly effect: string;
}

const PORT_MAX = 65_535;
const LISTEN = { host: "127.0.0.1", port: 4000 } as const;
const SCHEDULERS: readonly string[] = ["postgres", "temporal"];
const TEMPORAL_NAMESPACE = "default";

export const CONFIG_OPTIONS: readonly ConfigOption[] = [
  {
    name: "url",
    env: "COUNTERMARK_URL",
    flags: "--url <url>",
    commands: null,
    unit: "URL",
    default: "the server named in `.countermark/server.json` if it runs, else none",
    bound: "`http://` or `https://`",
    effect: "the server that commands speak to; without one they open the installation themselves",
  },
  {
    name: "key",
    env: "COUNTERMARK_KEY",
    flags: "--key <key>",
    commands: null,
    unit: "API key",
    default: "the one in `.countermark/key`",
    bound: "begins with `cmk_`",
    effect: "who acts: the key's tenant, principal and role; prefer the variable, as flags show in process lists",
  },
  {
    name: "directory",
    env: "COUNTERMARK_DIR",
    flags: "--dir <path>",
    commands: null,
    unit: "path",
    default: "`.countermark` in the working directory",
    bound: "a local file system; relative to the working directory",
    effect: "where keys, large artifacts and the embedded database lie",
  },
  {
    name: "database",
    env: "DATABASE_URL",
    flags: null,
    commands: null,
    unit: "URL",
    default: "the embedded PostgreSQL in the directory above",
    bound: "`postgres://` or `postgresql://`, version 15 or newer",
    effect: "the PostgreSQL server that holds everything; its user must own the schema or be a superuser",
  },
  {
    name: "host",
    env: "COUNTERMARK_HOST",
    flags: "--host <address>",
    commands: ["dev"],
    unit: "address",
    default: `\`${LISTEN.host}\``,
    bound: "an address of this machine",
    effect: "where the server listens; every other address than loopback opens it to the network",
  },
  {
    name: "port",
    env: "COUNTERMARK_PORT",
    flags: "--port <number>",
    commands: ["dev"],
    unit: "TCP port",
    default: `\`${LISTEN.port}\``,
    bound: `0 to ${PORT_MAX}; 0 takes any that is free`,
    effect: "where the server listens",
  },
  {
    name: "scheduler",
    env: "COUNTERMARK_SCHEDULER",
    flags: "--scheduler <name>",
    commands: ["dev", "worker start", "doctor"],
    unit: "name",
    default: "`postgres`",
    bound: "`postgres`, or `temporal`, which needs TEMPORAL_ADDRESS",
    effect: "who has runs driven when they are due: the workers themselves, by the database, or a Temporal cluster",
  },
  {
    name: "temporalAddress",
    env: "TEMPORAL_ADDRESS",
    flags: null,
    commands: ["dev", "worker start", "doctor"],
    unit: "address",
    default: "none",
    bound: "`host:port`",
    effect: "where the Temporal cluster answers; read with `--scheduler temporal` only",
  },
  {
    name: "temporalNamespace",
    env: "TEMPORAL_NAMESPACE",
    flags: null,
    commands: ["dev", "worker start", "doctor"],
    unit: "name",
    default: `\`${TEMPORAL_NAMESPACE}\``,
    bound: "a namespace that exists",
    effect: "the Temporal namespace that holds the workflows of the runs; read with `--scheduler temporal` only",
  },
  ...OIDC_OPTIONS,
  {
    name: "stepSummary",
    env: "GITHUB_STEP_SUMMARY",
    flags: null,
    commands: ["gate eval"],
    unit: "path",
    default: "none; GitHub Actions sets it for every step",
    bound: "a file that can be written",
    effect: "where `gate eval --summary` appends the decision as Markdown",
  },
  {
    name: "json",
    env: null,
    flags: "--json",
    commands: null,
    unit: "switch",
    default: "off",
    bound: "",
    effect: "prints the data as JSON on standard output, and errors as problem objects on standard error",
  },
  {
    name: "noColor",
    env: "NO_COLOR",
    flags: null,
    commands: null,
    unit: "switch",
    default: "off",
    bound: "any text that is not empty switches it on",
    effect: "no colour on a terminal; elsewhere there is none anyway",
  },
];

type Name = ConfigOption["name"];

/** Flags as parsed: text, or true for a switch. */
export type Flags = { readonly [name in Name]?: string | boolean };

export interface ConfigSources {
  readonly env: { readonly [name: string]: string | undefined };
  readonly flags: Flags;
  readonly cwd: string;
  /** Whether data goes to a terminal. */
  readonly terminal: boolean;
  readonly server?: ConnectionOptions;
}

/** Reads the configuration. Refused (CONFIG_INVALID): an unknown `COUNTERMARK_` variable, a value outside its bound. */
export function parseConfig({ env, flags, cwd, terminal, server }: ConfigSources): Result<Config> {
  const unknown = Object.keys(env).find((name) => name.startsWith("COUNTERMARK_") && !KNOWN.has(name));
  if (unknown !== undefined) return invalid(`there is no variable \`${unknown}\`; known are ${[...KNOWN].join(", ")}`);
  const settingOf = (name: Name) => setting(name, { env, flags });
  const url = settingOf("url");
  if (url !== null && !isUrlOf(url.text, ["http:", "https:"])) return invalid(`${url.from} is not an http address`);
  const database = settingOf("database");
  if (database !== null && !isUrlOf(database.text, ["postgres:", "postgresql:"]))
    return invalid(`${database.from} is not a \`postgres://\` address`);
  const key = settingOf("key");
  if (key !== null && !key.text.startsWith("cmk_"))
    return invalid(`${key.from} is not a key: keys begin with \`cmk_\``);
  const port = settingOf("port");
  if (port !== null && !isPort(port.text)) return invalid(`${port.from} is not a port: give 0 to ${PORT_MAX}`);
  const temporal = temporalOf(settingOf);
  if (!temporal.ok) return temporal;
  const listen = Object.freeze({
    host: settingOf("host")?.text ?? LISTEN.host,
    port: port === null ? LISTEN.port : Number(port.text),
  });
  const oidc = oidcOf(settingOf, listen);
  if (!oidc.ok) return oidc;
  const directory = settingOf("directory")?.text ?? ".countermark";
  return {
    ok: true,
    value: Object.freeze({
      url: url === null ? null : url.text.replace(/\/+$/, ""),
      key: key?.text ?? null,
      directory: isAbsolute(directory) ? directory : resolve(cwd, directory),
      server: server ?? (database === null ? null : { url: database.text }),
      listen,
      temporal: temporal.value,
      oidc: oidc.value,
      stepSummary: settingOf("stepSummary")?.text ?? null,
      json: flags.json === true,
      colour: terminal && settingOf("noColor") === null && flags.json !== true,
    }),
  };
}

const KNOWN: ReadonlySet<string> = new Set(
  CONFIG_OPTIONS.flatMap(({ env }) => (env?.startsWith("COUNTERMARK_") ? [env] : [])),
);

/** One setting as it was given. */
export interface Setting {
  readonly text: string;
  /** Where it was set, for messages; never the value, which may be a secret. */
  readonly from: string;
}

/** What was set, or null. An empty variable is not set. */
function setting(name: Name, { env, flags }: Pick<ConfigSources, "env" | "flags">): Setting | null {
  const option = CONFIG_OPTIONS.find((candidate) => candidate.name === name);
  const flag = flags[name];
  if (typeof flag === "string") return { text: flag, from: `\`${option?.flags?.split(" ")[0]}\`` };
  const variable = option?.env ?? null;
  const text = variable === null ? undefined : env[variable];
  return text === undefined || text === "" ? null : { text, from: `\`${variable}\`` };
}

/** The cluster that is to call for runs, if one is. */
function temporalOf(settingOf: (name: Name) => Setting | null): Result<TemporalAddress | null> {
  const scheduler = settingOf("scheduler");
  if (scheduler !== null && !SCHEDULERS.includes(scheduler.text))
    return invalid(`${scheduler.from} is none of ${SCHEDULERS.map((name) => `\`${name}\``).join(", ")}`);
  if (scheduler?.text !== "temporal") return { ok: true, value: null };
  const address = settingOf("temporalAddress");
  if (address === null) return invalid("the temporal scheduler needs `TEMPORAL_ADDRESS`");
  if (!isAddress(address.text)) return invalid(`${address.from} is not \`host:port\``);
  const namespace = settingOf("temporalNamespace")?.text ?? TEMPORAL_NAMESPACE;
  return { ok: true, value: Object.freeze({ address: address.text, namespace }) };
}

const isAddress = (text: string): boolean =>
  /^[^\s/]+:\d{1,5}$/.test(text) && isPort(text.slice(text.lastIndexOf(":") + 1));

const isUrlOf = (text: string, protocols: readonly string[]): boolean =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX;

const invalid = (message: string) => ({
  ok: false as const,
  refusal: { code: "CONFIG_INVALID" as const, message },
});
