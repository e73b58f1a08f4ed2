import { ATTRIBUTES } from "./protocol.ts";

/** What of a cluster's operator service tells and takes search attributes. */
export interface AttributeDesk {
  /** Types by name. Rejects where the server tells none. */
  listSearchAttributes(of: { namespace: string }): Promise<{ readonly customAttributes: Types }>;
  /** Rejects where one is there already, or where we may not add any. */
  addSearchAttributes(asked: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
}

interface Types {
  readonly [name: string]: number;
}

/** Registers ours where they are missing. False: the cluster does not let us, or has others of these names. */
export async function registerAttributes(desk: AttributeDesk, namespace: string): Promise<boolean> {
  // Not every server lists what it has: whether one is there already then shows when it is added.
  const listed = await desk.listSearchAttributes({ namespace }).catch(() => null);
  const added = Object.values(ATTRIBUTES).map(async ({ name }) => {
    const type = listed?.customAttributes[name];
    return type === undefined ? add(desk, namespace, name) : type === KEYWORD;
  });
  return (await Promise.all(added)).every((isThere) => isThere);
}

const add = (desk: AttributeDesk, namespace: string, name: string): Promise<boolean> =>
  desk.addSearchAttributes({ namespace, searchAttributes: { [name]: KEYWORD } }).then(
    () => true,
    (error: unknown) => error instanceof Error && "code" in error && error.code === ALREADY_EXISTS,
  );

/** `INDEXED_VALUE_TYPE_KEYWORD` of the protocol. */
const KEYWORD = 2;
/** The status of gRPC. */
const ALREADY_EXISTS = 6;
