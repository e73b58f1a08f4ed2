import type { ReactNode } from "react";
import type { ShownBundle } from "../../api/wire.ts";
import { PolicyLink } from "../../links.tsx";
import { Digest } from "../../ui/digest.tsx";

interface ContentsProps {
  readonly manifest: NonNullable<ShownBundle["manifest"]>;
}

/** What a bundle holds, by digests: contracts, workflows, policies, pins, files. */
export function Contents({ manifest }: ContentsProps) {
  const { tools, workflows, policies, agents, files, compat } = manifest;
  return (
    <section>
      <h2>What it holds</h2>
      <div className="contents">
        <Part
          title="policies that have to say GO"
          items={policies.map(({ id, version, digest }) => ({
            id,
            name: (
              <PolicyLink policy={digest}>
                {id} {version}
              </PolicyLink>
            ),
            digest,
          }))}
        />
        <Part title="workflows" items={workflows.map(({ id, digest }) => ({ id, name: id, digest }))} />
        <Part
          title="contracts of tools"
          items={tools.map(({ name, version, contract_digest }) => ({
            id: `${name} ${version}`,
            name: `${name} ${version}`,
            digest: contract_digest,
          }))}
        />
        <Part
          title="agents"
          items={agents.map(({ workflow, step, graph, version, code_digest }) => ({
            id: `${workflow} ${step}`,
            name: `${workflow} ${step}: ${graph} ${version}`,
            digest: code_digest,
          }))}
        />
        <Part
          title="files"
          items={files.map(({ path, size, sha256 }) => ({
            id: path,
            name: (
              <>
                {path} <span className="soft">{bytesText(size)}</span>
              </>
            ),
            digest: sha256,
          }))}
        />
      </div>
      {compat === undefined ? null : <p className="soft">its state is of version {compat.state_version}</p>}
    </section>
  );
}

interface PartProps {
  readonly title: string;
  /** Each by what tells it from the others of the bundle. */
  readonly items: readonly { readonly id: string; readonly name: ReactNode; readonly digest: string | null }[];
}

const Part = ({ title, items }: PartProps) =>
  items.length === 0 ? null : (
    <div>
      <h3>{title}</h3>
      <ul className="plain pinned">
        {items.map(({ id, name, digest }) => (
          <li key={id}>
            <span>{name}</span> {digest === null ? <span className="wait">not pinned</span> : <Digest text={digest} />}
          </li>
        ))}
      </ul>
    </div>
  );

const bytesText = (bytes: number): string => (bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`);
