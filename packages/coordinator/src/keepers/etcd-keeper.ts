import type { EtcdSnapshot } from "@rollcall/protocol";
import { areStoodIn } from "../domain/etcd/members.ts";
import { names } from "../domain/etcd/names.ts";
import { snapshotText } from "../domain/etcd/snapshot-text.ts";
import type { EtcdPeer } from "../domain/etcd/state.ts";
import { type EtcdStep, nextEtcdStep, removingFor } from "../domain/etcd/steps.ts";
import type { Fleet, Machine } from "../domain/fleet.ts";
import type { Core } from "../ports/core.ts";
import type { EtcdMembers, ListedMember } from "../ports/etcd.ts";
import { urlHost } from "../render/node.ts";
import { NODE_PORTS } from "../render/node-paths.ts";
import { clientUrls, etcdPeers } from "./etcd-urls.ts";
import { inRounds } from "./rounds.ts";
import { leadOf, whileLeading } from "./while-leading.ts";

/** Between looks, in milliseconds; after trouble, longer. */
const LOOK_MS = 500;
const TROUBLE_MS = 3_000;

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
	if (step && (await done(parts, fleet, step)))
		await parts.core.submit({ kind: "etcd-step-done", step, cluster: clusterOf(fleet, step) });
}

/** Whom a member that begins by this step begins with: the living, and itself. */
function clusterOf(fleet: Fleet, step: EtcdStep): readonly EtcdPeer[] {
	const all = etcdPeers(fleet);
	if (step.kind === "found") {
		const { members, ifListed } = step;
		return ifListed ? all.filter(({ nodeName }) => members.some((one) => one.nodeName === nodeName)) : all;
	}
	if (step.kind === "remove" || step.kind === "restore") return [];
	const names = new Set([...step.living.map(({ nodeName }) => nodeName), step.machine.seat?.nodeName]);
	return all.filter(({ nodeName }) => names.has(nodeName));
}

/** Does a step. False: it is not done yet. Throws EtcdError. */
async function done(parts: EtcdKeeperParts, fleet: Fleet, step: EtcdStep): Promise<boolean> {
	if (step.kind === "found") return !step.ifListed || areAll(parts, fleet, step);
	if (step.kind === "restore") return isThere(parts, step.snapshot);
	if (areStoodIn(fleet, step.living)) return true;
	const addresses = new Map(etcdPeers(fleet).map((one) => [one.nodeName, one.address]));
	const voters = step.living.filter(({ votes }) => votes);
	const reached = await parts.connect(fleet, clientUrls(fleet, voters), leadOf(parts.core));
	const etcd = whileLeading(reached, parts.core, ["remove", "addLearner", "promote"]);
	const known = await etcd.list();
	const living = new Set(step.living.map(({ nodeName }) => nodeName));
	if (step.kind === "remove") {
		const { nodeName, machineId } = step.member;
		const own = fleet.machines.get(machineId)?.etcdMemory?.is?.memberId;
		if (step.ifUnlisted) return known.every(({ name, id }) => name !== nodeName && id !== own);
		const isLeft = (name: string): boolean => name === nodeName && !living.has(nodeName);
		// Nobody learns by the log: such a learner was added for a boot that is gone, and etcd would take no other one.
		const nobodyLearns = step.living.every(({ votes }) => votes);
		const left = known.filter((one) => isLeft(one.name) || (nobodyLearns && neverStarted(one)));
		return takeOut(parts, etcd, { fleet, step, ids: left.map(({ id }) => id) });
	}
	const peer = peerUrl(addresses, step.machine);
	const own = known.find(({ peerUrls, name }) => peerUrls.includes(peer) && name === "");
	if (step.kind === "promote") {
		const learner = known.find(({ peerUrls }) => peerUrls.includes(peer));
		// The answer may come from a member that is behind, or somebody took this one out by hand.
		if (!learner) {
			const { machineId } = step.machine;
			throw new Error(`etcd does not list the learner ${peer} of machine ${machineId}; if that stays so, boot it anew`);
		}
		return !learner.learner || (learner.name !== "" && (await etcd.promote(learner.id)));
	}
	// An earlier try added the member and did not get so far as to record it.
	if (own?.learner) return true;
	// Its memory is that of a member that the log forgot: it goes on.
	const { is } = step.machine.etcdMemory ?? {};
	if (known.some(({ id, peerUrls }) => id === is?.memberId && peerUrls.includes(peer))) return true;
	const dead = known.filter(({ name }) => !living.has(name));
	if (!(await takeOut(parts, etcd, { fleet, step, ids: dead.map(({ id }) => id) }))) return false;
	await etcd.addLearner(peer);
	return true;
}

/** Asks etcd itself whether it has these members and no other voter. Throws an Error that names the others. */
async function areAll(
	{ core, connect }: EtcdKeeperParts,
	fleet: Fleet,
	{ members }: Extract<EtcdStep, { kind: "found" }>,
): Promise<boolean> {
	const etcd = await connect(fleet, clientUrls(fleet, members), leadOf(core));
	const voters = (await etcd.list()).flatMap(({ name, learner }) => (learner ? [] : [name]));
	const proved = new Set(members.map(({ nodeName }) => nodeName));
	const others = voters.filter((name) => !proved.has(name));
	if (others.length > 0)
		throw new Error(
			`etcd has the members ${names(others.map((name) => name || "one that never began"))} beside ${names([...proved])}, which have not proved themselves since the log was lost; bring them back`,
		);
	return voters.length === proved.size;
}

/** True for a learner that was added and never began, so that etcd does not know its name. */
function neverStarted({ name, learner }: ListedMember): boolean {
	return learner && name === "";
}

/**
 * Takes members out of etcd, which itself refuses when too few of the others run. They must be recorded as such first: who does
 * not lead any more cannot record, and so takes nobody out. False: they are recorded from now on, or the state has changed.
 */
async function takeOut(
	{ core }: EtcdKeeperParts,
	etcd: EtcdMembers,
	{ fleet, step, ids }: { fleet: Fleet; step: EtcdStep; ids: readonly string[] },
): Promise<boolean> {
	const recorded = removingFor(fleet, step);
	if (!recorded || !ids.every((id) => recorded.includes(id))) {
		const answer = await core.submit({ kind: "etcd-removing", step, ids });
		if (answer.kind === "problem") throw new Error(answer.problem.message);
		return false;
	}
	for (const id of ids) await etcd.remove(id);
	return true;
}

/** Looks whether the snapshot is whole. What is not is an event: nobody begins with less without being told to. */
async function isThere({ core, findSnapshot }: EtcdKeeperParts, snapshot: EtcdSnapshot): Promise<boolean> {
	const missing = await findSnapshot(snapshot);
	if (missing === undefined) return true;
	const next = "bring its file back, or choose another beginning with rollcall etcd restore";
	await core.submit({ kind: "etcd-snapshot-failed", reason: `the ${snapshotText(snapshot)} ${missing}; ${next}` });
	throw new Error(`the ${snapshotText(snapshot)} ${missing}`);
}

function peerUrl(addresses: ReadonlyMap<string, string>, machine: Machine): string {
	const address = addresses.get(machine.seat?.nodeName ?? "");
	if (address === undefined) throw new Error(`machine ${machine.machineId} has no address for etcd`);
	return `https://${urlHost(address)}:${NODE_PORTS.etcdPeer}`;
}
