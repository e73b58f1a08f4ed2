import { read, readSession } from "./api/client.ts";
import { HOME_READS } from "./screens/home/reads.ts";
import { runReads } from "./screens/runs/reads.ts";

/** What a page's first screen is made of, asked for before the code that draws it has come. */
interface Asked {
  readonly tenant: string;
  readonly path: string;
  readonly answer: Promise<unknown>;
}

/** Who is there; null on the page that finds it out. */
export const firstSession = location.pathname === "/sign-in" ? null : readSession();

const [tenant = "", ...screen] = location.pathname
  .split("/")
  .slice(2)
  .filter((part) => part !== "");

export const firstAsked: readonly Asked[] = readsOf(screen).map((path) => ({
  tenant,
  path,
  answer: read(tenant, path),
}));

for (const answer of [firstSession, ...firstAsked.map((asked) => asked.answer)]) answer?.catch(() => undefined); // told to whoever waits for it

/** Of the screen that people come to and of the one that is dear to answer; the others ask when they are drawn. */
function readsOf([name, id, ...deeper]: readonly string[]): readonly string[] {
  if (tenant === "" || deeper.length > 0) return [];
  if (name === undefined) return Object.values(HOME_READS);
  if (name !== "runs" || id === undefined) return [];
  void import("./screens/runs/run.tsx"); // once the server is at work for it, its file would have to wait
  return Object.values(runReads(id));
}
