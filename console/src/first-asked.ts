import { read, readSession } from "./api/client.ts";
import { HOME_READS } from "./screens/home/reads.ts";
import { runReads, transcriptKey, transcriptPath } from "./screens/runs/reads.ts";

/** What a page's first screen is made of, asked for before the code that draws it has come. */
interface Asked {
  readonly tenant: string;
  readonly path: string;
  /** Of what it is the first page; null for a document, which is read under its path. */
  readonly pagesKey: readonly string[] | null;
  readonly answer: Promise<unknown>;
}

/** Who is there; null on the page that finds it out. */
export const firstSession = location.pathname === "/sign-in" ? null : readSession();

const [tenant = "", ...screen] = location.pathname
  .split("/")
  .slice(2)
  .filter((part) => part !== "");

export const firstAsked: readonly Asked[] = readsOf(screen).map(({ path, pagesKey = null }) => ({
  tenant,
  path,
  pagesKey,
  answer: read(tenant, path),
}));

for (const answer of [firstSession, ...firstAsked.map((asked) => asked.answer)]) answer?.catch(() => undefined); // told to whoever waits for it

interface Read {
  readonly path: string;
  readonly pagesKey?: readonly string[];
}

/** Of the screen that people come to and of the one that is dear to answer; the others ask when they are drawn. */
function readsOf([name, id, ...deeper]: readonly string[]): readonly Read[] {
  if (tenant === "" || deeper.length > 0) return [];
  if (name === undefined) return Object.values(HOME_READS).map((path) => ({ path }));
  if (name !== "runs" || id === undefined) return [];
  void import("./screens/runs/run.tsx"); // once the server is at work for it, its file would have to wait
  const { timeline, ...rest } = runReads(id);
  return [
    ...Object.values(rest).map((path) => ({ path })),
    { path: transcriptPath(id, 0), pagesKey: transcriptKey(tenant, id) },
    { path: HOME_READS.overview }, // the frame around every screen is made of it
    { path: timeline }, // it takes longest
  ];
}
