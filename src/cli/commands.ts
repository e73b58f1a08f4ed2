import type { CommandEntry } from "./command.ts";
import { ENVIRONMENT_COMMANDS } from "./environment-commands.ts";
import { OPERATIONS_COMMANDS } from "./operations-commands.ts";

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    path: ["dev"],
    summary: "start the server and a worker on this machine",
    load: async () => (await import("./commands/dev.ts")).devCommand,
  },
  {
    path: ["console"],
    summary: "print a link that signs a browser in to the running server",
    load: async () => (await import("./commands/console.ts")).consoleCommand,
  },
  {
    path: ["demo"],
    summary: "play a shop's day on simulated providers, and prove what it did",
    load: async () => (await import("./demo/command.ts")).demoCommand,
  },
  {
    path: ["check"],
    summary: "check a pack's file, without a database",
    load: async () => (await import("./commands/pack.ts")).checkCommand,
  },
  {
    path: ["pack", "activate"],
    summary: "make a pack the version that new runs start on",
    load: async () => (await import("./commands/pack.ts")).packActivateCommand,
  },
  {
    path: ["pack", "list"],
    summary: "list the active packs with their workflows",
    load: async () => (await import("./commands/pack.ts")).packListCommand,
  },
  {
    path: ["suite", "run"],
    summary: "play a pack's golden cases in a runtime of their own, and say whether it may be deployed",
    load: async () => (await import("./commands/suite-run.ts")).suiteRunCommand,
  },
  {
    path: ["suite", "list"],
    summary: "list a pack's golden cases",
    load: async () => (await import("./commands/suite.ts")).suiteListCommand,
  },
  {
    path: ["suite", "lint"],
    summary: "check a pack's golden cases and their quarantine, without a database",
    load: async () => (await import("./commands/suite.ts")).suiteLintCommand,
  },
  {
    path: ["suite", "check"],
    summary: "say by a signed gate artifact whether a bundle may be deployed, without a database",
    load: async () => (await import("./commands/suite-check.ts")).suiteCheckCommand,
  },
  {
    path: ["preview", "create"],
    summary: "put a bundle to its golden cases in a runtime of its own that is gone afterwards",
    load: async () => (await import("./commands/preview.ts")).previewCreateCommand,
  },
  {
    path: ["run", "start"],
    summary: "start a run and stay until it ends or waits",
    load: async () => (await import("./commands/run-start.ts")).runStartCommand,
  },
  {
    path: ["run", "list"],
    summary: "list runs, newest first",
    load: async () => (await import("./commands/run.ts")).runListCommand,
  },
  {
    path: ["run", "show"],
    summary: "show where a run is, why, and what it did",
    load: async () => (await import("./commands/run.ts")).runShowCommand,
  },
  {
    path: ["run", "export"],
    summary: "write a run's transcript and its pack, to be decided again anywhere",
    load: async () => (await import("./commands/run.ts")).runExportCommand,
  },
  {
    path: ["run", "diagnose"],
    summary: "say why a run is where it is, and what to type next",
    load: async () => (await import("./commands/run-diagnosis.ts")).runDiagnoseCommand,
  },
  {
    path: ["run", "timeline"],
    summary: "see what each step of a run did and when, as a picture",
    load: async () => (await import("./commands/run-diagnosis.ts")).runTimelineCommand,
  },
  {
    path: ["run", "board"],
    summary: "see who holds which run, and which needs you; live with --live",
    load: async () => (await import("./commands/run-board.ts")).runBoardCommand,
  },
  {
    path: ["run", "report"],
    summary: "report how a run lost its owner and got another, with figures and evidence",
    load: async () => (await import("./commands/run-diagnosis.ts")).runReportCommand,
  },
  {
    path: ["run", "cancel"],
    summary: "cancel a run; what it did is undone as its workflow says",
    load: async () => (await import("./commands/run-acts.ts")).runCancelCommand,
  },
  {
    path: ["run", "signal"],
    summary: "tell a run of an event that it waits for",
    load: async () => (await import("./commands/run-acts.ts")).runSignalCommand,
  },
  {
    path: ["run", "resume"],
    summary: "resume a run that waits for a person, or is blocked",
    load: async () => (await import("./commands/run-acts.ts")).runResumeCommand,
  },
  {
    path: ["run", "resolve"],
    summary: "settle an effect of which nobody knows whether it happened",
    load: async () => (await import("./commands/run-acts.ts")).runResolveCommand,
  },
  {
    path: ["run", "upgrade"],
    summary: "put a run on the active version of its pack, if that is proved to decide it alike",
    load: async () => (await import("./commands/run-upgrade.ts")).runUpgradeCommand,
  },
  {
    path: ["run", "handoff"],
    summary: "make the package that a run's holder leaves to the next one",
    load: async () => (await import("./commands/run-handoff.ts")).runHandoffCommand,
  },
  {
    path: ["takeover"],
    summary: "look at a run's holder, and take the run from it where that is due",
    load: async () => (await import("./commands/takeover.ts")).takeoverCommand,
  },
  {
    path: ["worker", "start"],
    summary: "work on runs in this process until it is ended or drained",
    load: async () => (await import("./commands/worker.ts")).workerStartCommand,
  },
  {
    path: ["worker", "list"],
    summary: "list the workers, and how many runs each holds",
    load: async () => (await import("./commands/worker.ts")).workerListCommand,
  },
  {
    path: ["worker", "drain"],
    summary: "have a worker give back its runs and stop, wherever it is",
    load: async () => (await import("./commands/worker.ts")).workerDrainCommand,
  },
  {
    path: ["replay"],
    summary: "decide a recorded run again and compare",
    load: async () => (await import("./commands/replay.ts")).replayCommand,
  },
  {
    path: ["simulate"],
    summary: "play seeded histories of workers that die, pause and lose answers, and judge every step of them",
    load: async () => (await import("./commands/simulate.ts")).simulateCommand,
  },
  {
    path: ["chaos", "list"],
    summary: "list the scenarios of what may go wrong",
    load: async () => (await import("./commands/chaos.ts")).chaosListCommand,
  },
  {
    path: ["chaos", "run"],
    summary: "play scenarios at every moment at which they may matter, and judge every step",
    load: async () => (await import("./commands/chaos.ts")).chaosRunCommand,
  },
  {
    path: ["soak"],
    summary: "play the scenarios again and again; each must come to the same, event for event",
    load: async () => (await import("./commands/chaos.ts")).soakCommand,
  },
  {
    path: ["call"],
    summary: "call one tool, through all its guards",
    load: async () => (await import("./commands/call.ts")).callCommand,
  },
  {
    path: ["inbox"],
    summary: "list what waits for a decision",
    load: async () => (await import("./commands/inbox.ts")).inboxCommand,
  },
  {
    path: ["approve"],
    summary: "approve exactly what is shown",
    load: async () => (await import("./commands/decide.ts")).approveCommand,
  },
  {
    path: ["deny"],
    summary: "deny what is shown",
    load: async () => (await import("./commands/decide.ts")).denyCommand,
  },
  {
    path: ["needs-person"],
    summary: "list what cannot go on without a person, other than approvals",
    load: async () => (await import("./commands/dead-letter.ts")).needsPersonCommand,
  },
  {
    path: ["alerts"],
    summary: "list what somebody must hear of: secrets at the record, keys that collide, runs that a bound ended",
    load: async () => (await import("./commands/alerts.ts")).alertsCommand,
  },
  {
    path: ["deadletter", "list"],
    summary: "list what ended badly and was kept for a person",
    load: async () => (await import("./commands/dead-letter.ts")).deadLetterListCommand,
  },
  {
    path: ["deadletter", "show"],
    summary: "show a dead letter with its original",
    load: async () => (await import("./commands/dead-letter.ts")).deadLetterShowCommand,
  },
  {
    path: ["deadletter", "requeue"],
    summary: "take it up again: a blocked run goes on, a failed one is started anew",
    load: async () => (await import("./commands/dead-letter.ts")).deadLetterRequeueCommand,
  },
  {
    path: ["deadletter", "discard"],
    summary: "say that nothing is to be done about it",
    load: async () => (await import("./commands/dead-letter.ts")).deadLetterDiscardCommand,
  },
  {
    path: ["deadletter", "resolve"],
    summary: "say that it was mended by hand",
    load: async () => (await import("./commands/dead-letter.ts")).deadLetterResolveCommand,
  },
  {
    path: ["evidence", "change"],
    summary: "decide whether a change needs a person, and report it",
    load: async () => (await import("./commands/evidence-change.ts")).evidenceChangeCommand,
  },
  {
    path: ["evidence", "import"],
    summary: "make the release gate's reports of what the platform says of branch protection",
    load: async () => (await import("./commands/evidence.ts")).evidenceImportCommand,
  },
  {
    path: ["evidence", "operations"],
    summary: "see whether people are ready for a bad day, by their runbook and drills, and report it",
    load: async () => (await import("./commands/evidence-operations.ts")).evidenceOperationsCommand,
  },
  {
    path: ["evidence", "policy"],
    summary: "see whether the policy of releases may take the place of the one before, and report it",
    load: async () => (await import("./commands/evidence.ts")).evidencePolicyCommand,
  },
  {
    path: ["evidence", "readiness"],
    summary: "report whether the ways to staging and prod are ready, by a release's reports, or check such a report",
    load: async () => (await import("./commands/evidence.ts")).evidenceReadinessCommand,
  },
  {
    path: ["evidence", "replay"],
    summary: "decide runs again from their record, twice, and report whether they come to the same end",
    load: async () => (await import("./commands/evidence-replay.ts")).evidenceReplayCommand,
  },
  {
    path: ["evidence", "summary"],
    summary: "sum a release's reports up on one page, as its gate reads it",
    load: async () => (await import("./commands/evidence.ts")).evidenceSummaryCommand,
  },
  {
    path: ["evidence", "validate"],
    summary: "see, day by day, whether what governs releases still holds, and which issue to open where it does not",
    load: async () => (await import("./commands/evidence.ts")).evidenceValidateCommand,
  },
  {
    path: ["gate", "eval"],
    summary: "decide by a policy whether evidence lets something go on",
    load: async () => (await import("./commands/gate.ts")).gateEvalCommand,
  },
  {
    path: ["gate", "lint"],
    summary: "find gates of a policy that nothing can pass, or nothing can fail",
    load: async () => (await import("./commands/gate.ts")).gateLintCommand,
  },
  {
    path: ["gate", "explain"],
    summary: "say why a decision is as it is, and what would flip it",
    load: async () => (await import("./commands/gate.ts")).gateExplainCommand,
  },
  {
    path: ["gate", "backtest"],
    summary: "see what a policy would have decided in the past, before it decides",
    load: async () => (await import("./commands/gate-backtest.ts")).gateBacktestCommand,
  },
  {
    path: ["gate", "import"],
    summary: "make a policy of another system's service levels",
    load: async () => (await import("./commands/gate-exchange.ts")).gateImportCommand,
  },
  {
    path: ["gate", "export"],
    summary: "write a policy as another system's service levels",
    load: async () => (await import("./commands/gate-exchange.ts")).gateExportCommand,
  },
  {
    path: ["gate", "list"],
    summary: "list recorded evaluations: how often it was tried, and what came of it",
    load: async () => (await import("./commands/gate-list.ts")).gateListCommand,
  },
  {
    path: ["gate", "rebuild"],
    summary: "make the units that gates count again, from the runs and receipts of the ledger",
    load: async () => (await import("./commands/gate-rebuild.ts")).gateRebuildCommand,
  },
  {
    path: ["gate", "recount"],
    summary: "count the ledger again as a decision was counted, and tell whether it is that ledger",
    load: async () => (await import("./commands/gate-recount.ts")).gateRecountCommand,
  },
  {
    path: ["waiver", "request"],
    summary: "ask that one gate may be missed for a while, with a reason and a date",
    load: async () => (await import("./commands/waiver-request.ts")).waiverRequestCommand,
  },
  {
    path: ["waiver", "approve"],
    summary: "sign a waiver as somebody who may approve it",
    load: async () => (await import("./commands/waiver-approve.ts")).waiverApproveCommand,
  },
  {
    path: ["waiver", "list"],
    summary: "list waivers: where each stands, until when, and whose approval is missing",
    load: async () => (await import("./commands/waiver.ts")).waiverListCommand,
  },
  {
    path: ["waiver", "show"],
    summary: "show a waiver, and what you may do with it",
    load: async () => (await import("./commands/waiver.ts")).waiverShowCommand,
  },
  {
    path: ["waiver", "revoke"],
    summary: "take a waiver back: no decision uses it from now on",
    load: async () => (await import("./commands/waiver.ts")).waiverRevokeCommand,
  },
  {
    path: ["packet", "build"],
    summary: "decide, and write the decision with all that it was made of as one file",
    load: async () => (await import("./commands/packet.ts")).packetBuildCommand,
  },
  {
    path: ["packet", "save"],
    summary: "write a recorded evaluation's packet to a file",
    load: async () => (await import("./commands/gate-list.ts")).packetSaveCommand,
  },
  {
    path: ["packet", "verify"],
    summary: "see whether a packet's decision comes out of what is in it",
    load: async () => (await import("./commands/packet.ts")).packetVerifyCommand,
  },
  {
    path: ["decide"],
    summary: "make a packet's decision again, offline, and end as it says",
    load: async () => (await import("./commands/packet.ts")).decideCommand,
  },
  {
    path: ["bundle", "keygen"],
    summary: "make a key that signs bundles, and print what makes it trusted",
    load: async () => (await import("./commands/bundle-keygen.ts")).bundleKeygenCommand,
  },
  {
    path: ["bundle", "build"],
    summary: "build and sign a release of a pack",
    load: async () => (await import("./commands/bundle-build.ts")).bundleBuildCommand,
  },
  {
    path: ["bundle", "notes"],
    summary: "print what is to be told of a bundle: what was decided on it, and what was waived",
    load: async () => (await import("./commands/bundle.ts")).bundleNotesCommand,
  },
  {
    path: ["bundle", "show"],
    summary: "show what a bundle says of itself",
    load: async () => (await import("./commands/bundle.ts")).bundleShowCommand,
  },
  {
    path: ["bundle", "verify"],
    summary: "verify a bundle: its signature, whether that is trusted, and every byte; without a database",
    load: async () => (await import("./commands/bundle.ts")).bundleVerifyCommand,
  },
  {
    path: ["lineage", "build"],
    summary: "trace a pipeline's reports before they are decided on, for the release gate to read",
    load: async () => (await import("./commands/lineage.ts")).lineageBuildCommand,
  },
  {
    path: ["lineage", "show"],
    summary: "show what a bundle came from and where it went, and what of that nobody saw",
    load: async () => (await import("./commands/lineage.ts")).lineageShowCommand,
  },
  {
    path: ["lineage", "why"],
    summary: "show what a decision came from",
    load: async () => (await import("./commands/lineage.ts")).lineageWhyCommand,
  },
  {
    path: ["lineage", "impact"],
    summary: "show what would be touched if a part of a lineage were not what it is",
    load: async () => (await import("./commands/lineage.ts")).lineageImpactCommand,
  },
  {
    path: ["lineage", "diff"],
    summary: "compare where two bundles came from",
    load: async () => (await import("./commands/lineage.ts")).lineageDiffCommand,
  },
  {
    path: ["lineage", "verify"],
    summary: "verify a lineage from its file alone",
    load: async () => (await import("./commands/lineage.ts")).lineageVerifyCommand,
  },
  ...ENVIRONMENT_COMMANDS,
  {
    path: ["ledger", "verify"],
    summary: "verify the record's hash chains",
    load: async () => (await import("./commands/ledger.ts")).ledgerVerifyCommand,
  },
  {
    path: ["ledger", "show"],
    summary: "list streams, or read one",
    load: async () => (await import("./commands/ledger.ts")).ledgerShowCommand,
  },
  {
    path: ["ledger", "export"],
    summary: "print entries as NDJSON, oldest first, as they are recorded: redacted, with their hashes",
    load: async () => (await import("./commands/ledger-export.ts")).ledgerExportCommand,
  },
  {
    path: ["tenant", "add"],
    summary: "add a tenant",
    load: async () => (await import("./commands/tenant.ts")).tenantAddCommand,
  },
  {
    path: ["tenant", "list"],
    summary: "list the tenants",
    load: async () => (await import("./commands/tenant.ts")).tenantListCommand,
  },
  {
    path: ["key", "add"],
    summary: "make a key; it is shown once",
    load: async () => (await import("./commands/key.ts")).keyAddCommand,
  },
  ...OPERATIONS_COMMANDS,
  {
    path: ["credential", "set"],
    summary: "set where and with which key a service is reached",
    load: async () => (await import("./commands/provider.ts")).credentialSetCommand,
  },
  {
    path: ["credential", "list"],
    summary: "list the credentials, without their secrets",
    load: async () => (await import("./commands/provider.ts")).credentialListCommand,
  },
  {
    path: ["endpoint", "add"],
    summary: "open an address at which a provider delivers; it is shown once",
    load: async () => (await import("./commands/provider.ts")).endpointAddCommand,
  },
  {
    path: ["endpoint", "list"],
    summary: "list the addresses at which providers deliver",
    load: async () => (await import("./commands/provider.ts")).endpointListCommand,
  },
  {
    path: ["migrate", "up"],
    summary: "apply the migrations that the database lacks",
    load: async () => (await import("./commands/migrate.ts")).migrateUpCommand,
  },
  {
    path: ["migrate", "down"],
    summary: "undo migrations, newest first",
    load: async () => (await import("./commands/migrate.ts")).migrateDownCommand,
  },
  {
    path: ["migrate", "status"],
    summary: "list the migrations and which are applied",
    load: async () => (await import("./commands/migrate.ts")).migrateStatusCommand,
  },
  {
    path: ["doctor"],
    summary: "see whether everything this program needs is in order",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
];
