/** Part of the name of every database that tests may touch. */
const MARK = "_test";

/**
 * Returns the name of a database that tests may create, change and drop. Throws for every other: tests delete what they
 * find, so they must never be pointed at a database with work in it.
 */
export function testDatabaseName(name: string): string {
  if (!name.includes(MARK))
    throw new Error(`refusing database \`${name}\`: a test database has \`${MARK}\` in its name`);
  return name;
}
