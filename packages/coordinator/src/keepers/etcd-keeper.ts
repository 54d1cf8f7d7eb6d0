import type { EtcdSnapshot } from "@rollcall/protocol";
import { areStoodIn } from "../domain/etcd/members.ts";
import { names } from "../domain/etcd/names.ts";
import { isWell, majorityOf } from "../domain/etcd/quorum.ts";
import { snapshotText } from "../domain/etcd/snapshot-text.ts";
import type { EtcdPeer } from "../domain/etcd/state.ts";
import { type EtcdStep, nextEtcdStep, type StepOutcome } from "../domain/etcd/steps.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Core } from "../ports/core.ts";
import type { EtcdMembers } from "../ports/etcd.ts";
import { clusterWith, isOut, joined, left, promoted } from "./etcd-changes.ts";
import { clientUrls, etcdPeers } from "./etcd-urls.ts";
import { inRounds } from "./rounds.ts";
import { leadOf, whileLeading } from "./while-leading.ts";

/** Between looks, in milliseconds; after trouble, longer. */
const LOOK_MS = 500;
const TROUBLE_MS = 3_000;

/** What the keeper of members needs. */
export interface EtcdKeeperParts {
	readonly core: Pick<Core, "fleet" | "actsIn" | "ready" | "submit">;
	/** Speaks to the members at these URLs, in turn. Before each request that changes something `beforeChange` is called, which may throw. */
	readonly connect: (fleet: Fleet, urls: readonly string[], beforeChange: () => void) => Promise<EtcdMembers>;
	/** Reads a snapshot's file. Undefined: it is there and whole; else what is wrong with it. */
	readonly findSnapshot: (snapshot: EtcdSnapshot) => Promise<string | undefined>;
	/** The log's time, in milliseconds since 1970. */
	readonly now: () => number;
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	readonly onTrouble: (what: string, error: unknown) => void;
}

/**
 * Replaces members of etcd whose machines lost their memory, for as long as this coordinator leads. A new boot id is the proof
 * that a member's data is gone, so nobody waits for it: the old member is removed, a learner added in its place, and when it has caught
 * up it votes. Nothing is asked of etcd while nothing is to be done.
 */
export async function keepEtcdMembers(parts: EtcdKeeperParts, signal: AbortSignal): Promise<void> {
	const { sleep, onTrouble } = parts;
	const told = (error: unknown): void => onTrouble("etcd's members cannot be brought further yet; trying again", error);
	const pace = { sleep, everyMs: LOOK_MS, afterTroubleMs: TROUBLE_MS, onTrouble: told };
	await inRounds(() => bringFurther(parts), pace, signal);
}

async function bringFurther(parts: EtcdKeeperParts): Promise<void> {
	const fleet = parts.core.fleet();
	// Without the bus nobody knows whether it still leads.
	const mayAct = parts.core.actsIn() !== undefined && parts.core.ready().ready;
	// While a log is rebuilt, members are not known that prove themselves a moment later.
	const isKnown = parts.now() >= fleet.recoverUntil;
	const step = mayAct && isKnown ? nextEtcdStep(fleet) : undefined;
	const how = step && (await done(parts, fleet, step));
	if (how) await parts.core.submit({ kind: "etcd-step-done", step, ...how });
}

const isDone: StepOutcome = { cluster: [] };

const withPeers = (cluster: readonly EtcdPeer[] | undefined): StepOutcome | undefined => cluster && { cluster };

/** Does a step. Returns what came of it; undefined: it is not done yet. Throws EtcdError. */
async function done(parts: EtcdKeeperParts, fleet: Fleet, step: EtcdStep): Promise<StepOutcome | undefined> {
	if (step.kind === "found") return await founded(parts, fleet, step);
	if (step.kind === "restore") return (await isThere(parts, step.snapshot)) ? isDone : undefined;
	if (areStoodIn(fleet, step.living)) return step.kind === "replace" ? withPeers(clusterWith(fleet, step)) : isDone;
	const voters = step.living.filter(({ votes }) => votes);
	const reached = await parts.connect(fleet, clientUrls(fleet, voters), leadOf(parts.core));
	const etcd = whileLeading(reached, parts.core, ["remove", "addLearner", "promote"]);
	const known = await etcd.list();
	if (step.kind === "remove") return (await left(parts.core, etcd, { fleet, step, known })) ? isDone : undefined;
	if (isOut({ fleet, step, known })) return { ...isDone, isOut: true };
	if (step.kind === "replace") return withPeers(await joined(parts.core, etcd, { fleet, step, known }));
	return (await promoted(etcd, { fleet, step, known })) ? isDone : undefined;
}

type Found = Extract<EtcdStep, { kind: "found" }>;
type Listed = Awaited<ReturnType<typeof listed>>;

/** Who founds etcd, and beside whom; undefined: there are others, or more. */
async function founded(parts: EtcdKeeperParts, fleet: Fleet, step: Found): Promise<StepOutcome | undefined> {
	const all = etcdPeers(fleet);
	if (step.ifListed) {
		const known = await listed(parts, fleet, step);
		if (!areEnough(fleet, step, known)) return undefined;
		const cluster = all.filter(({ nodeName }) => step.members.some((one) => one.nodeName === nodeName));
		return { cluster, others: known.others.map(({ id }) => id) };
	}
	// Where nobody recorded with whom they began, etcd itself knows whose votes it counts.
	if (step.cluster || areStoodIn(fleet, step.members)) return { cluster: all };
	const { others } = await listed(parts, fleet, step);
	return { cluster: all, others: others.map(({ id }) => id) };
}

/** What etcd lists by those who proved that they hold its memory, and which voters it has beside them. */
async function listed({ core, connect }: EtcdKeeperParts, fleet: Fleet, { members }: Found) {
	const etcd = await connect(fleet, clientUrls(fleet, members), leadOf(core));
	const all = await etcd.list();
	const proved = new Set(members.map(({ machineId }) => fleet.machines.get(machineId)?.etcdMemory?.is?.memberId));
	return { all, proved, others: all.filter(({ id, learner }) => !learner && !proved.has(id)) };
}

/**
 * Looks whether those who proved themselves are all of etcd, or those of them that are well are most of its voters, whom no other one has to help. Throws
 * an Error that names the others. One of these that etcd does not list was taken out before the log was lost: that is found out next.
 */
function areEnough(fleet: Fleet, { members }: Found, { all, proved, others }: Listed): boolean {
	const machines = members.flatMap(({ machineId }) => fleet.machines.get(machineId) ?? []);
	const well = new Set(
		machines.filter((one) => one.lease === "alive" && isWell(one)).map(({ etcdMemory }) => etcdMemory?.is?.memberId),
	);
	const voters = all.filter(({ learner }) => !learner);
	if (others.length > 0 && voters.filter(({ id }) => well.has(id)).length < majorityOf(voters.length))
		throw new Error(
			`etcd has the members ${names(others.map(({ name }) => name || "one that never began"))} beside ${names(members.map(({ nodeName }) => nodeName))}, which have not proved themselves since the log was lost; bring them back`,
		);
	const isLearner = all.some(({ id, learner }) => learner && proved.has(id));
	return !isLearner && all.some(({ id }) => proved.has(id));
}

/** Looks whether the snapshot is whole. What is not is an event: nobody begins with less without being told to. */
async function isThere({ core, findSnapshot }: EtcdKeeperParts, snapshot: EtcdSnapshot): Promise<boolean> {
	const missing = await findSnapshot(snapshot);
	if (missing === undefined) return true;
	const next = "bring its file back, or choose another beginning with rollcall etcd restore";
	await core.submit({ kind: "etcd-snapshot-failed", reason: `the ${snapshotText(snapshot)} ${missing}; ${next}` });
	throw new Error(`the ${snapshotText(snapshot)} ${missing}`);
}
