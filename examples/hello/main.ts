import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { openReception } from "./reception.ts";

const reception = await openReception({ directory: join(process.cwd(), ".countermark"), server: null, port: 4100 });
process.stdout.write(
  [
    `export COUNTERMARK_URL=${reception.origin}`,
    `export ANN=${reception.keys.ann}`,
    `export BEN=${reception.keys.ben}`,
    "",
  ].join("\n"),
);
await once(process, "SIGINT");
await reception.close();
