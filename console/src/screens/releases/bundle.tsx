import { Link, useParams } from "@tanstack/react-router";
import { read } from "../../api/client.ts";
import { saveText } from "../../api/download.ts";
import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead, useTenant } from "../../api/query.ts";
import type { Evaluations, ShownBundle } from "../../api/wire.ts";
import { DecisionLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { counted } from "../../ui/count.ts";
import { Digest } from "../../ui/digest.tsx";
import { SaveButton } from "../../ui/save-button.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { SavePacket } from "../gates/decision.tsx";
import { Stays } from "./bundles.tsx";
import { Contents } from "./contents.tsx";
import "./releases.css";

/** A bundle: what it is, by digests; who signed it; where it is; and everything that was decided about it. */
export function BundleScreen() {
  const { tenant, bundle } = useParams({ from: "/t/$tenant/releases/$bundle" });
  const query = useRead<ShownBundle>(`/v1/bundles/${encodeURIComponent(bundle)}`, RELEASE_STREAMS);
  return (
    <View query={query}>
      {(shown) => (
        <article>
          <p className="crumb">
            <Link to="/t/$tenant/releases" params={{ tenant }} search={{ tab: "bundles" }}>
              Bundles
            </Link>
          </p>
          <Heading shown={shown} />
          <Report shown={shown} />
          <About root={shown.bundle.root_digest} />
          {shown.manifest === null ? null : <Contents manifest={shown.manifest} />}
        </article>
      )}
    </View>
  );
}

interface ShownProps {
  readonly shown: ShownBundle;
}

function Heading({ shown: { bundle, manifest, report } }: ShownProps) {
  const tenant = useTenant();
  return (
    <header>
      <div className="heading">
        <h1 className="bundle-name">{bundle.bundle_id}</h1>
        <div className="acts">
          <Link
            to="/t/$tenant/releases/$bundle/lineage"
            params={{ tenant, bundle: bundle.bundle_id }}
            className="button"
          >
            walk its lineage
          </Link>
          <SaveFile bundle={bundle} />
        </div>
      </div>
      <Stays stays={bundle.stays} />
      <dl className="facts">
        <dt>root digest</dt>
        <dd>
          <Digest text={bundle.root_digest} shown={64} />
        </dd>
        <dt>file</dt>
        <dd>
          <Digest text={bundle.file_sha256} shown={64} />
        </dd>
        <dt>pack</dt>
        <dd>
          {bundle.pack_id} {manifest?.pack.version} <Digest text={bundle.pack_digest} />
        </dd>
        <dt>signed with</dt>
        <dd>
          <code>{report.key_id ?? "no key"}</code>
        </dd>
        <dt>built</dt>
        <dd>
          by {bundle.built_by}
          {manifest === null ? null : (
            <>
              , <Time at={manifest.created_at} full />, from commit <Digest text={manifest.source.commit} />
              {manifest.source.dirty ? <span className="wait"> with changes that are not committed</span> : null}
            </>
          )}
        </dd>
        <dt>brought in</dt>
        <dd>
          by {bundle.added_by}, <Time at={bundle.added_at} full />
        </dd>
      </dl>
    </header>
  );
}

const Report = ({ shown: { report } }: ShownProps) => (
  <section>
    <h2>
      Signature and files{" "}
      <Badge look={report.ok ? { label: "verifies", tone: "good" } : { label: "does not verify", tone: "bad" }} />
    </h2>
    <p className="soft">
      {counted(report.verified_files, "file")} {report.verified_files === 1 ? "is" : "are"} what the manifest lists,
      checked just now under the keys that are trusted here
    </p>
    <ul className="plain">
      {report.errors.map(({ code, message }) => (
        <li key={code + message} className="bad">
          ✕ {message} <code>{code}</code>
        </li>
      ))}
      {report.warnings.map((warning) => (
        <li key={warning} className="wait">
          ◔ {warning}
        </li>
      ))}
    </ul>
  </section>
);

/** What was decided about it, each with its packet to take away. */
function About({ root }: { readonly root: string }) {
  const query = useRead<Evaluations>(pathWith("/v1/gates/evaluations", { subject: root, limit: "50" }));
  return (
    <section>
      <h2>Decisions about it</h2>
      <View
        query={query}
        empty={{
          when: ({ evaluations }) => evaluations.length === 0,
          says: "Nothing was decided about it.",
          command: `countermark gate eval POLICY --subject ${root} --evidence FILE --record`,
        }}
      >
        {({ evaluations }) => (
          <ul className="plain decided">
            {evaluations.map((one) => (
              <li key={one.evaluation_id}>
                <Badge look={VERDICT_LOOKS[one.verdict]} />
                <DecisionLink evaluation={one.evaluation_id}>
                  {one.policy_id} {one.policy_version}
                </DecisionLink>
                <span className="soft">
                  <Time at={one.recorded_at} /> by {one.recorded_by}
                </span>
                <SavePacket evaluation={one} />
              </li>
            ))}
          </ul>
        )}
      </View>
    </section>
  );
}

/** Offers the bundle as the file that it was: it verifies anywhere, offline. */
function SaveFile({ bundle }: Pick<ShownBundle, "bundle">) {
  const tenant = useTenant();
  const save = async (): Promise<void> => {
    const { file } = await read<ShownBundle>(tenant, `/v1/bundles/${bundle.bundle_id}?file=whole`);
    saveText(file ?? "", `${bundle.bundle_id}.bundle`, "text/plain");
  };
  return <SaveButton says="save the bundle" save={save} />;
}
