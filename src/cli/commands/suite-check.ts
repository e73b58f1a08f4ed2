import { deployVerdict } from "../../gate/index.ts";
import { openArtifact } from "../../release/index.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { readText } from "../files.ts";
import { print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { readVerifiedBundle } from "../suite/bundle-file.ts";
import { readTrust, TRUST_PLACE } from "../trust-file.ts";

export const suiteCheckCommand: Command = {
  operands: [{ name: "ARTIFACT", summary: "a signed gate artifact, of `suite run --artifact FILE --sign-with KEY`" }],
  options: [
    { flags: "--bundle <file>", summary: "the bundle that is to be deployed", required: true },
    { flags: "--trust <file>", summary: TRUST_PLACE },
  ],
  examples: ["countermark suite check gate.json --bundle shop.bundle"],
  run: async (context, args) => {
    const talk = talkOf(context);
    const bundle = await readVerifiedBundle(context, args.value("bundle") ?? "", args.value("trust"));
    if (!bundle.ok) return reportRefusal(talk, bundle.refusal);
    const text = await readText(context, args.operand("ARTIFACT"));
    const roster = await readTrust(context, args.value("trust"));
    if (!roster.ok) return reportRefusal(talk, roster.refusal);
    const now = context.host.clock.now();
    const artifact = text.ok ? openArtifact(text.value, { roster: roster.value, at: now }) : null;
    if (artifact !== null && !artifact.ok) return reportRefusal(talk, artifact.refusal);
    const { bundle_id, pack, source } = bundle.value.manifest;
    const verdict = deployVerdict(artifact?.value, { configHash: pack.digest, gitSha: source.commit, now });
    if (!verdict.pass) return reportRefusal(talk, verdict.refusal);
    print(context, { bundle_id, deploy_blocked: false }, (paint) => [
      `${paint.green("GO")}  ${bundle_id} may be deployed`,
    ]);
    return EXIT.done;
  },
};
