import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTenant } from "../../api/query.ts";
import type { ShownBundle } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";

interface ContentsProps {
  readonly manifest: NonNullable<ShownBundle["manifest"]>;
}

/** What a bundle holds, by digests: contracts, workflows, policies, pins, files. */
export function Contents({ manifest }: ContentsProps) {
  const tenant = useTenant();
  const { tools, workflows, policies, agents, files, compat } = manifest;
  return (
    <section>
      <h2>What it holds</h2>
      <div className="contents">
        <Part
          title="policies that have to say GO"
          items={policies.map(({ id, version, digest }) => ({
            name: (
              <Link to="/t/$tenant/gates/policies/$policy" params={{ tenant, policy: digest }}>
                {id} {version}
              </Link>
            ),
            digest,
          }))}
        />
        <Part title="workflows" items={workflows.map(({ id, digest }) => ({ name: id, digest }))} />
        <Part
          title="contracts of tools"
          items={tools.map(({ name, version, contract_digest }) => ({
            name: `${name} ${version}`,
            digest: contract_digest,
          }))}
        />
        <Part
          title="agents"
          items={agents.map(({ workflow, step, graph, version, code_digest }) => ({
            name: `${workflow} ${step}: ${graph} ${version}`,
            digest: code_digest,
          }))}
        />
        <Part
          title="files"
          items={files.map(({ path, size, sha256 }) => ({
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
  readonly items: readonly { readonly name: ReactNode; readonly digest: string | null }[];
}

const Part = ({ title, items }: PartProps) =>
  items.length === 0 ? null : (
    <div>
      <h3>{title}</h3>
      <ul className="plain pinned">
        {items.map(({ name, digest }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a manifest is never reordered
          <li key={`${digest} ${at}`}>
            <span>{name}</span> {digest === null ? <span className="wait">not pinned</span> : <Digest text={digest} />}
          </li>
        ))}
      </ul>
    </div>
  );

const bytesText = (bytes: number): string => (bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`);
