export { createClock } from "../adapters/clock/drawn-clock.ts";
export type { Ask } from "../adapters/etcd/gateway.ts";
export { createEtcdMembers } from "../adapters/etcd/members.ts";
export { createSnapshots } from "../adapters/files/snapshots.ts";
export { createBeacon } from "../adapters/nats/beacon.ts";
export { Chain } from "../adapters/nats/chain.ts";
export {
	type Before,
	beforeNext,
	decodeEntry,
	encodeEntry,
	entryBytes,
	isAnother,
	linkOf,
	MAX_ENTRY_BYTES,
	type ReadEntry,
} from "../adapters/nats/entry.ts";
export { type TwinWatch, watchTwins } from "../adapters/nats/twins.ts";
export { CoordinatorConfig } from "../config.ts";
export { admit } from "../domain/admit.ts";
export { apply } from "../domain/apply.ts";
export { EVENT_TIMES } from "../domain/clocks/log-clock.ts";
export { etcdRisk } from "../domain/etcd/risk.ts";
export { isBoot } from "../domain/etcd/taken-out.ts";
export * from "../domain/fleet.ts";
export { migrateFleet } from "../domain/fleet-form.ts";
export type * from "../domain/inputs.ts";
export * from "../domain/observed.ts";
export { record } from "../domain/record.ts";
export { etcdRole, seatCount } from "../domain/seats/seats.ts";
export { fleetFromJson, fleetToJson, stateDigest } from "../domain/snapshot.ts";
export { describe } from "../domain/views/describe.ts";
export { planDocument } from "../domain/views/plan.ts";
export { fleetTrouble } from "../domain/views/trouble.ts";
export { machineView } from "../domain/views/view.ts";
export { explain } from "../domain/views/why.ts";
export { LogConflict, LogFull, LogLost, LogUnavailable, LogWentBack, SnapshotError, TwinFound } from "../errors.ts";
export { digestOfManifests } from "../keepers/add-ons.ts";
export { ClusterKeeper } from "../keepers/cluster-keeper.ts";
export { keepEtcdMembers } from "../keepers/etcd-keeper.ts";
export { keepKeys } from "../keepers/key-keeper.ts";
export { createSnapshotKeeper } from "../keepers/snapshot-keeper.ts";
export { answerCertify } from "../loop/answer-certify.ts";
export { answerHello } from "../loop/answer-hello.ts";
export { ControlLoop } from "../loop/control-loop.ts";
export type { LoopParts } from "../loop/parts.ts";
export { type RememberedTargets, rememberTargets } from "../loop/remembered-targets.ts";
export type { Core } from "../ports/core.ts";
export type { Credentials } from "../ports/credentials.ts";
export type { EtcdMembers, EtcdState } from "../ports/etcd.ts";
export type { EtcdSnapshotFolder } from "../ports/etcd-snapshots.ts";
export type { Snapshot } from "../ports/fleet-snapshots.ts";
export type { Kubernetes } from "../ports/kubernetes.ts";
export type { Entry, Log, LogState, Position } from "../ports/log.ts";
export type { LogMark } from "../ports/log-mark.ts";
export type { Pki } from "../ports/pki.ts";
export { covers, type Manifest, refOf, refText } from "../render/addons/manifest.ts";
export { etcdArguments } from "../render/etcd.ts";
export { etcdData } from "../render/etcd-data.ts";
export { etcdPlace } from "../render/etcd-place.ts";
export { type Part, partOf, type Shared, sharedKeys, sharedOf } from "../render/shared.ts";
export { fastDigests } from "../wiring/fast-digests.ts";
