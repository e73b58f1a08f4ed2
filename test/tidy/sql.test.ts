import { expect, test } from "vitest";
import { filesUnder, programFiles, type SourceFile } from "../../tools/source/files.ts";
import { piecesOf, withoutComments } from "../../tools/source/piece.ts";
import { found } from "./place.ts";

/** How a statement begins. */
const STATEMENT =
  /^`\s*(?:select|insert into|update|delete from|with|create|alter|drop|truncate|grant|set|begin|commit|lock)\b/i;

/** A tag directly before its template. */
const TAG = /(?:([\w$]+)(?:<[^`]*>)?|\))$/s;

const UNSAFE = /\.unsafe\(/g;

const mayHoldSql = ({ path }: SourceFile): boolean => path.endsWith("/queries.ts") || path.startsWith("src/store/");

/** Tagged templates that are statements or parts of one. */
function statementsIn({ path, text }: SourceFile): readonly string[] {
  const pieces = piecesOf(text);
  return pieces
    .filter((piece, index) => {
      const tag = piece.text.startsWith("`") ? TAG.exec(pieces[index - 1]?.text ?? "") : null;
      return tag !== null && (tag[1] === "sql" || STATEMENT.test(piece.text));
    })
    .map(({ line }) => `${path}:${line}: SQL stands in the context's queries.ts`);
}

const statements = (files: readonly SourceFile[]) => files.filter((file) => !mayHoldSql(file)).flatMap(statementsIn);

const assembled = (files: readonly SourceFile[]) =>
  found(
    files.filter(({ path }) => path !== "src/store/migrate.ts"),
    { pattern: UNSAFE, read: withoutComments, rule: "every interpolation is a parameter" },
  );

const CONTEXT = "'app.current_tenant_id'";

/** Setting the tenant within a statement would let one statement write rows of two tenants, and pass row security. */
function contextSetters(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
      .filter(({ line }) => line.includes("set_config(") && line.includes(CONTEXT))
      .filter(({ line }) => !(path.startsWith("src/store/migrations/") && isOwnStatement(line)))
      .map(
        ({ at }) =>
          `${at}: the tenant is set by set_tenant_context, or by a statement of its own in a migration's function`,
      ),
  );
}

/** `perform set_config(…)`, or the body of the function that exists for it. */
const isOwnStatement = (line: string): boolean =>
  /^\s*perform set_config\([^()]*\);$/.test(line) || /\$\$ select set_config\([^()]*\) \$\$;$/.test(line);

test("SQL outside queries.ts, assembled SQL and a tenant set in passing are found", () => {
  const text = "sql<Row[]>`\n select 1`; tx`update run set x = 1`; `select a person`; f(`sql`)";
  const setter = `insert into t select set_config(${CONTEXT}, x.tenant, true)`;

  expect(statements([{ path: "src/run/a.ts", text }])).toHaveLength(2);
  expect(statements([{ path: "src/run/queries.ts", text }])).toEqual([]);
  expect(assembled([{ path: "src/run/queries.ts", text: "sql.unsafe(a + b)" }])).toHaveLength(1);
  expect(contextSetters([{ path: "src/store/migrations/1.up.sql", text: setter }])).toHaveLength(1);
  expect(
    contextSetters([{ path: "src/run/queries.ts", text: `perform set_config(${CONTEXT}, tenant, true);` }]),
  ).toHaveLength(1);
});

test("SQL stands only in queries.ts files and in the store", () => {
  expect(statements(programFiles())).toEqual([]);
});

test("no statement is assembled from text", () => {
  expect(assembled(programFiles())).toEqual([]);
});

test("the tenant's context is set by its function alone, and by whole statements of migrations", () => {
  expect(contextSetters([...programFiles(), ...filesUnder("src", ".sql")])).toEqual([]);
});
