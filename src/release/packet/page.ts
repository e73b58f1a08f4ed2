import { accepted, type Result, rejected } from "../../contracts/index.ts";
import type { Decision, GateRow } from "../../gate/index.ts";
import { drawnOf, flipText, isTold, standingText } from "../../gate/index.ts";
import { escaped } from "../lineage/escaped.ts";
import type { Lineage } from "../lineage/model.ts";
import { lineageSvg } from "../lineage/svg.ts";

const OPEN = '<script type="application/json" id="packet">';
const CLOSE = "</script>";

/** A packet as one file: a page that a person reads in any browser, with the packet's document inside it. */
export const packetPage = (decision: Decision, document: string, lineage?: Lineage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(decision.verdict)}: ${escaped(decision.policy.id)} ${escaped(decision.policy.version)}</title>
<style>${STYLE}</style>
</head>
<body>
${bodyOf(decision)}${lineage === undefined ? "" : lineageOf(lineage)}
${OPEN}${document.replaceAll("<", "\\u003c")}${CLOSE}
</body>
</html>
`;

/** The document in a page, or a document that stands alone. Refused with `PACKET_CORRUPT` where there is none. */
export function documentIn(source: string): Result<string> {
  if (source.trimStart().startsWith("{")) return accepted(source);
  const begin = source.indexOf(OPEN);
  const end = source.indexOf(CLOSE, begin);
  return begin < 0 || end < 0
    ? rejected({ code: "PACKET_CORRUPT", message: "there is no packet in the page" })
    : accepted(source.slice(begin + OPEN.length, end));
}

function bodyOf(decision: Decision): string {
  const { policy, profile, verdict, decided_at, window, blocked_by, conditions, groups, gates, waivers, evidence } =
    decision;
  const facts = [
    ["policy", `${policy.id} ${policy.version}${profile === null ? "" : `, profile ${profile}`}`],
    ["decided for", decided_at],
    ...(window === null ? [] : [["on what began", `${window.start} to ${window.end}`]]),
    ...(blocked_by.length === 0 ? [] : [["blocked by", blocked_by.join(", ")]]),
    ...(verdict === "GO" && conditions.length > 0 ? [["on condition of", conditions.join(", ")]] : []),
  ];
  return `<main>
<h1 class="${verdict === "GO" ? "go" : "no"}">${verdict === "GO" ? "GO" : "NO-GO"}</h1>
<dl>${facts.map(([name = "", value = ""]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>
${groups.length === 0 ? "" : `<ul class="groups">${groups.map(({ title, status }) => `<li>${badge(status)} ${escaped(title)}</li>`).join("")}</ul>`}
<table>
<thead><tr><th>gate</th><th>status</th><th class="n">value</th><th>against its limit</th><th>rule</th><th>severity</th></tr></thead>
<tbody>${gates.map(rowOf).join("\n")}</tbody>
</table>
${gates.filter(isTold).map(toldOf).join("\n")}
${waiversOf(waivers)}<footer><p>To decide again from this very file, offline: <code>countermark decide FILE</code></p>
<dl><dt>decision</dt><dd><code>${decision.digest}</code></dd><dt>policy</dt><dd><code>${policy.digest}</code></dd><dt>evidence</dt><dd><code>${evidence.digest}</code></dd></dl></footer>
</main>`;
}

const waiversOf = ({ applied, rejected }: Decision["waivers"]): string =>
  applied.length + rejected.length === 0
    ? ""
    : `<section>
<h2>Waivers</h2>
<ul>${applied.map(waivedItem).join("")}${rejected.map(({ waiver, code, detail }) => `<li>rejected: <code>${escaped(waiver)}</code> ${escaped(code)}: ${escaped(detail)}</li>`).join("")}</ul>
</section>
`;

const waivedItem = ({
  waiver,
  gate,
  approved_by,
  reason,
  expires_at,
}: Decision["waivers"]["applied"][number]): string =>
  `<li>applied: <code>${escaped(waiver)}</code> to <code>${escaped(gate)}</code>, approved by ${escaped(approved_by.join(", "))}, until ${escaped(expires_at)}: ${escaped(reason)}</li>`;
const lineageOf = (lineage: Lineage): string => `<section class="whence">
<h2>What it came from</h2>
${lineageSvg(lineage)}</section>`;

const rowOf = (row: GateRow): string =>
  `<tr><td><code>${escaped(row.id)}</code></td><td>${badge(standingText(row))}</td><td class="n">${escaped(row.value ?? "–")}</td><td>${pictureOf(row)}</td><td>${escaped(row.rule)}</td><td>${escaped(row.severity ?? "")}</td></tr>`;

const toldOf = (row: GateRow): string => `<section>
<h2><code>${escaped(row.id)}</code> ${badge(standingText(row))}</h2>
${row.title === null ? "" : `<p>${escaped(row.title)}</p>`}
<ul>${row.reasons.map((reason) => `<li>${escaped(reason)}</li>`).join("")}${row.flip.map((flip) => `<li>would pass with ${escaped(flipText(flip))}</li>`).join("")}</ul>
${row.failing.count === 0 ? "" : `<details><summary>${row.failing.count} ${row.failing.count === 1 ? "row" : "rows"} at fault</summary><p class="rows">${row.failing.rows.map((id) => `<code>${escaped(id)}</code>`).join(" ")}</p></details>`}
<p>${escaped(row.remedy)}</p>
</section>`;

/** Of a picture, and where its line begins and how long it is, in pixels. */
const [WIDTH, LEFT, LENGTH] = [200, 34, 140];

/** A proportion on a line: its value, the end of its interval, and the limit that it is held against. */
function pictureOf(row: GateRow): string {
  const drawn = drawnOf(row);
  if (drawn === null) return "";
  const place = (percent: number): string => (LEFT + (percent * LENGTH) / 100).toFixed(1);
  const [value, end, limit] = [drawn.value, drawn.bound ?? drawn.value, drawn.limit].map(place);
  const says = escaped(`${row.value ?? ""}, limit ${row.rule}`);
  return `<svg width="${WIDTH}" height="18" role="img" aria-label="${says}"><text x="28" y="13" text-anchor="end">${drawn.from}</text><text x="${WIDTH - 20}" y="13">${drawn.to}</text><line x1="${place(0)}" y1="9" x2="${place(100)}" y2="9" class="axis"/><line x1="${end}" y1="9" x2="${value}" y2="9" class="span"/><line x1="${limit}" y1="2" x2="${limit}" y2="16" class="limit"/><circle cx="${value}" cy="9" r="3.5" class="${row.status === "PASS" ? "pass" : "miss"}"/></svg>`;
}

const badge = (word: string): string => `<span class="badge ${word.toLowerCase()}">${escaped(word)}</span>`;

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#6a707a;--line:#dcdfe4;--paper:#fff;--go:#0a7d43;--no:#b3261e;--warn:#8a5a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa1ac;--line:#33373e;--paper:#15171a;--go:#4cc38a;--no:#ff8a80;--warn:#e2b340}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:68rem;margin:0 auto;padding:2rem 1.25rem;overflow-wrap:anywhere}
h1{font-size:2.75rem;letter-spacing:-.02em;margin:0 0 .75rem}h1.go{color:var(--go)}h1.no{color:var(--no)}
h2{font-size:1rem;margin:2rem 0 .25rem}code{font:13px/1.4 ui-monospace,monospace}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0 0 1.25rem}dt{color:var(--soft)}dd{margin:0}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}th{text-align:left;color:var(--soft);font-weight:500}
td,th{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:middle}.n{text-align:right}
.badge{font-size:.75rem;font-weight:600;letter-spacing:.03em}.badge.pass{color:var(--go)}.badge.fail{color:var(--no)}
.badge.unknown,.badge.insufficient,.badge.warn,.badge.waived{color:var(--warn)}.badge.excused,.badge.excluded{color:var(--soft)}
.groups{list-style:none;padding:0}.rows code{margin-right:.75rem}footer{margin-top:3rem;color:var(--soft)}
svg .axis{stroke:var(--line)}svg text{font-size:10px;fill:var(--soft)}svg .span{stroke:var(--soft);stroke-width:3}svg .limit{stroke:var(--ink)}svg .pass{fill:var(--go)}svg .miss{fill:var(--no)}
.whence{padding:0 1.25rem 2rem;overflow-x:auto}
@media (max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}td{display:inline-block;border:0;text-align:left}}
`;
