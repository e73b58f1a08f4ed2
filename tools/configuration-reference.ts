import { CONFIG_OPTIONS, type ConfigOption } from "../src/cli/config.ts";

/** `docs/reference/configuration.md`, from the options' own table; a test compares the two. */
export const configReference = (): string => `# Configuration

Printed from \`src/cli/config.ts\`. A flag wins over its variable; an empty variable is not set; an unknown \`COUNTERMARK_\`
variable is an error (exit 2), so that a misspelt one is not overlooked.

${CONFIG_OPTIONS.map(optionText).join("\n\n")}
`;

function optionText({ env, flags, commands, unit, default: preset, bound, effect }: ConfigOption): string {
  const names = [env, flags].filter((name) => name !== null).map((name) => `\`${name}\``);
  const rows = [
    `- unit: ${unit}`,
    `- default: ${preset}`,
    ...(bound === "" ? [] : [`- bound: ${bound}`]),
    `- commands: ${commands === null ? "all" : commands.map((name) => `\`${name}\``).join(", ")}`,
  ];
  return `## ${names.join(", ")}\n\n${capital(effect)}.\n\n${rows.join("\n")}`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
