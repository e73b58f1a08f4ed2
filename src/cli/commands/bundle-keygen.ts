import { after, formatInstant } from "../../contracts/index.ts";
import { KEY_ROLES, newSigningKey, publicKeyOf, type RosterEntry, readSigningKey } from "../../release/index.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { note, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { writeNewFile } from "../write-files.ts";

const DAY_MS = 24 * 3_600_000;

export const bundleKeygenCommand: Command = {
  options: [
    { flags: "--out <file>", summary: "where the private key is written, for its owner's eyes only", required: true },
    {
      flags: "--role <role>",
      summary: "what it may sign: builds that go to dev, releases that go anywhere, or approvals of waivers",
      default: "ci",
      choices: KEY_ROLES,
    },
    { flags: "--principal <id>", summary: "an approver's key: whose it is, as their API key says" },
    { flags: "--as <role...>", summary: "an approver's key: the roles in which they approve, such as release_owner" },
    {
      flags: "--days <n>",
      summary: "for how long the roster is to trust it",
      default: "365",
      integer: { min: 1, max: 3_650 },
    },
  ],
  examples: [
    "countermark bundle keygen --out ci.pem > trust.json",
    "countermark bundle keygen --out release.pem --role release --days 90",
    "countermark bundle keygen --out olga.pem --role approver --principal olga --as release_owner",
  ],
  run: async (context, args) => {
    const { clock, random } = context.host;
    const [principal = null, approves_as] = [args.value("principal"), [...args.values("as")]];
    const role = KEY_ROLES.find((one) => one === args.value("role")) ?? "ci";
    const isApprover = principal !== null && approves_as.length > 0;
    if ((role === "approver") !== isApprover)
      return reportRefusal(talkOf(context), {
        code: "USAGE",
        message: "`--principal` and `--as` go with `--role approver`, which asks for both",
      });
    const text = newSigningKey(random);
    const key = readSigningKey(text);
    if (!key.ok) return reportRefusal(talkOf(context), key.refusal);
    const written = await writeNewFile(context, args.value("out") ?? "", { text, mode: 0o600 });
    if (!written.ok) return reportRefusal(talkOf(context), written.refusal);
    const from = clock.now();
    const entry: RosterEntry = {
      keyid: key.value.keyId,
      public_key: publicKeyOf(key.value),
      roles: [role],
      valid_from: formatInstant(from),
      valid_until: formatInstant(after(from, (args.integer("days") ?? 0) * DAY_MS)),
      ...(isApprover ? { principal, approves_as } : {}),
    };
    note(context, "whoever is to trust the key puts this into a roster, such as `.countermark/trust.json`:");
    print(context, { keys: [entry] }, () => JSON.stringify({ keys: [entry] }, null, 2).split("\n"));
    return EXIT.done;
  },
};
