import { type Listening, serve } from "../../api/index.ts";
import { DEFAULT_TENANT } from "../bootstrap.ts";
import type { Command, Context } from "../command.ts";
import { ownerLink } from "../console-link.ts";
import { type DevShop, startDevShop } from "../demo/dev-shop.ts";
import { EXIT } from "../exit-code.ts";
import { keyPath } from "../key-file.ts";
import { note, type Paint, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { announceServer, findServer } from "../server-file.ts";
import { columns } from "../table.ts";
import { openWorkshop, type Workshop } from "../workshop.ts";

export const devCommand: Command = {
  options: [{ flags: "--bare", summary: "without the demo shop: no simulated providers, no customers" }],
  examples: [
    "countermark dev",
    "countermark dev --port 8080",
    "countermark dev --bare",
    "countermark dev --scheduler temporal",
  ],
  run: async (context, args) => {
    const found = await findServer(context);
    if (found.kind === "running")
      return reportRefusal(
        talkOf(context),
        { code: "PORT_IN_USE", message: `a server of this directory runs already at ${found.url} (pid ${found.pid})` },
        "use it, or stop it first",
      );
    const workshop = await openWorkshop(context, context.config.temporal);
    try {
      const listening = await serve(workshop, context.config.listen);
      try {
        await keepServing(context, { workshop, listening, hasShop: !args.flag("bare") });
      } finally {
        await listening.close();
      }
    } finally {
      await workshop.close();
    }
    return EXIT.done;
  },
};

interface Serving {
  readonly workshop: Workshop;
  readonly listening: Listening;
  readonly hasShop: boolean;
}

/** Works and tells where the server is, to people and in the directory, until the process is asked to end. */
async function keepServing(context: Context, { workshop, listening, hasShop }: Serving): Promise<void> {
  const { origin } = listening;
  workshop.work();
  const withdraw = await announceServer(context, origin);
  try {
    if (hasShop) note(context, "opening the demo shop ...");
    const shop = hasShop ? await openShop(context, workshop, origin) : null;
    try {
      const { runId = null, approvalId = null, release = null } = shop ?? {};
      const link = await ownerLink(workshop, context.config.directory, origin);
      const facts = {
        url: origin,
        console: link,
        pid: context.pid,
        run_id: runId,
        approval_id: approvalId,
        bundle_id: release?.bundleId ?? null,
        evaluation_id: release?.evaluationId ?? null,
      };
      print(context, facts, (paint) => welcome(context, { url: origin, link, shop }, paint));
      await interrupted(context);
    } finally {
      await shop?.close();
    }
  } finally {
    await withdraw();
  }
}

const openShop = (context: Context, { installation }: Workshop, origin: string): Promise<DevShop> =>
  startDevShop({
    installation,
    tenantId: DEFAULT_TENANT,
    directory: context.config.directory,
    origin,
    onTrouble: (error) =>
      note(context, `trouble in the shop: ${error instanceof Error ? error.message : String(error)}`),
  });

function welcome(
  { config }: Context,
  { url, link, shop }: { readonly url: string; readonly link: string | null; readonly shop: DevShop | null },
  paint: Paint,
): readonly string[] {
  const data = config.server === null ? "embedded PostgreSQL" : "PostgreSQL at DATABASE_URL";
  return [
    `${paint.bold("countermark")} serves ${paint.cyan(url)}`,
    ...(link === null ? [] : [`  open  ${paint.cyan(link)}`]),
    `  key   ${keyPath(config.directory, "owner")}`,
    `  data  ${data}`,
    ...(config.temporal === null ? [] : [`  runs  called for by Temporal at ${config.temporal.address}`]),
    ...(shop === null ? [] : thingsToTry(shop, paint)),
    "",
    paint.dim("ends with Ctrl-C"),
  ];
}

/** What a newcomer can do at once, in another terminal of the same directory. */
function thingsToTry({ runId, approvalId, release }: DevShop, paint: Paint): readonly string[] {
  const things = [
    [`run show ${runId}`, "a paid order, fulfilled"],
    [`approve ${approvalId}`, "the refund that waits for you"],
    ...(release === null ? [] : [["env show", "what may run, and how it came there"]]),
    ...(release?.evaluationId == null
      ? []
      : [[`gate explain ${release.evaluationId}`, "why it may stay in production"]]),
    ["ledger verify", "all of it, hashed again"],
  ];
  return [
    "",
    "try, in another terminal:",
    ...columns(things.map(([typed, what = ""]) => [`  npx countermark ${typed}`, paint.dim(what)])),
  ];
}

const interrupted = ({ interrupted: signal }: Context): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
