import { holdsMemory } from "../domain/etcd/members.ts";
import type { EtcdPeer } from "../domain/etcd/state.ts";
import { type EtcdStep, removingFor } from "../domain/etcd/steps.ts";
import type { Fleet, Machine } from "../domain/fleet.ts";
import type { Core } from "../ports/core.ts";
import type { EtcdMembers, ListedMember } from "../ports/etcd.ts";
import { urlHost } from "../render/node.ts";
import { NODE_PORTS } from "../render/node-paths.ts";
import { etcdPeers } from "./etcd-urls.ts";

type Submits = Pick<Core, "submit">;

/** A step, and the members that etcd listed before it. */
export interface Asked<Kind extends EtcdStep["kind"]> {
	readonly fleet: Fleet;
	readonly step: Extract<EtcdStep, { kind: Kind }>;
	readonly known: readonly ListedMember[];
}

/** Takes a member out, or looks whether etcd did. False: it is not out yet. */
export async function left(
	core: Submits,
	etcd: EtcdMembers,
	{ fleet, step, known }: Asked<"remove">,
): Promise<boolean> {
	const { nodeName, machineId, bootId } = step.member;
	const machine = fleet.machines.get(machineId);
	const own = machine?.bootId === bootId ? machine.etcdMemory?.is?.memberId : undefined;
	if (step.ifUnlisted) return known.every(({ name, id }) => name !== nodeName && id !== own);
	const living = new Set(step.living.map((one) => one.nodeName));
	// What its agent says names a member also where the log has forgotten its name.
	const isLeft = ({ name, id }: ListedMember): boolean => !living.has(name) && (name === nodeName || id === own);
	// Nobody learns by the log: such a learner was added for a boot that is gone, and etcd would take no other one.
	const nobodyLearns = step.living.every(({ votes }) => votes);
	// While dead ones count, etcd refuses to lose one that runs: no machine has their memory, and the log may have forgotten them.
	const held = heldMemories(fleet);
	const isDead = ({ name, id, learner }: ListedMember): boolean => !learner && !living.has(name) && !held.has(id);
	const ids = known
		.filter((one) => isLeft(one) || (nobodyLearns && neverStarted(one)) || (own !== undefined && isDead(one)))
		.map(({ id }) => id);
	return takeOut(core, etcd, { fleet, step, ids, held });
}

/**
 * True where etcd does not list the machine of a step: not the member whose memory the machine has, or, where it has none, nobody at the machine's address. So it is
 * where etcd took the member out and the log of that was lost. A learner for such a boot never begins.
 */
export function isOut({ fleet, step, known }: Asked<"promote" | "replace">): boolean {
	const { machine, mayBeOut } = step;
	const own = machine.etcdMemory?.is?.memberId;
	const peer = peerUrl(fleet, machine);
	const isIts = ({ id, peerUrls }: ListedMember): boolean => (own === undefined ? peerUrls.includes(peer) : id === own);
	return mayBeOut === true && !known.some(isIts);
}

/** Lets a learner vote that has caught up. False: it has not yet. */
export async function promoted(etcd: EtcdMembers, { fleet, step, known }: Asked<"promote">): Promise<boolean> {
	const peer = peerUrl(fleet, step.machine);
	const { is } = step.machine.etcdMemory ?? {};
	// Its address may be another one than when it joined.
	const learner = known.find(({ id, peerUrls }) => id === is?.memberId || peerUrls.includes(peer));
	// The answer may come from a member that is behind, or somebody took this one out by hand.
	if (!learner) {
		const { machineId } = step.machine;
		throw new Error(`etcd does not list the learner ${peer} of machine ${machineId}; if that stays so, boot it anew`);
	}
	return !learner.learner || (learner.name !== "" && (await etcd.promote(learner.id)));
}

/**
 * Adds a learner in place of dead members. Returns the members that it begins with, which are those that etcd lists: the others refuse a learner that names anybody
 * else, and the log may still name a member that etcd took out before the log was lost. Undefined: the learner is not added yet.
 */
export async function joined(
	core: Submits,
	etcd: EtcdMembers,
	{ fleet, step, known }: Asked<"replace">,
): Promise<readonly EtcdPeer[] | undefined> {
	const peer = peerUrl(fleet, step.machine);
	const living = new Set(step.living.map(({ nodeName }) => nodeName));
	const held = heldMemories(fleet);
	const dead = known.filter(({ name }) => !living.has(name));
	const stays = known.filter((one) => !dead.includes(one));
	const listed = new Set([peer, ...stays.flatMap(({ peerUrls }) => peerUrls)]);
	// The others look for a member where etcd lists it, which may be another address than its machine has just now.
	const cluster = clusterWith(fleet, step).flatMap((one): EtcdPeer[] => {
		const its = stays.find(({ name }) => name === one.nodeName);
		if (its) return [peerAt(one.nodeName, its)];
		return listed.has(peerUrlAt(one.address)) ? [one] : [];
	});
	// An earlier try added the learner and did not record it. Members that died since then go first, so that etcd lists those that the learner begins with.
	const added = known.find((one) => neverStarted(one) && one.peerUrls.includes(peer));
	if (added) {
		const ids = dead.filter((one) => one !== added).map(({ id }) => id);
		const areOut = ids.length === 0 || (await takeOut(core, etcd, { fleet, step, ids, held }));
		return areOut ? cluster : undefined;
	}
	// The machine has the memory of a member that the log forgot: that member goes on. Where its address changed, the others learn the one that etcd lists.
	const { is } = step.machine.etcdMemory ?? {};
	const own = known.find(({ id }) => id === is?.memberId);
	if (own?.peerUrls.includes(peer)) return cluster;
	if (own) {
		const { machineId, seat } = step.machine;
		return [...cluster.filter(({ address }) => peerUrlAt(address) !== peer), peerAt(seat?.nodeName ?? machineId, own)];
	}
	// After a loss the log may call a member a voter that is still a learner. etcd takes one learner at a time, so that one has to vote first.
	const learning = known.find(({ name, learner }) => learner && living.has(name));
	if (learning && !(await etcd.promote(learning.id))) return undefined;
	if (!(await takeOut(core, etcd, { fleet, step, ids: dead.map(({ id }) => id), held }))) return undefined;
	await etcd.addLearner(peer);
	return cluster;
}

/** The living members, and the one that joins them. */
export function clusterWith(fleet: Fleet, { living, machine }: Asked<"replace">["step"]): readonly EtcdPeer[] {
	const names = new Set([...living.map(({ nodeName }) => nodeName), machine.seat?.nodeName]);
	return etcdPeers(fleet).filter(({ nodeName }) => names.has(nodeName));
}

/** True for a learner that was added and never began, so that etcd does not know its name. */
function neverStarted({ name, learner }: ListedMember): boolean {
	return learner && name === "";
}

/** The members of etcd whose memory the agents of machines say that they have, in the boots that go on. */
function heldMemories(fleet: Fleet): ReadonlySet<string> {
	const holders = [...fleet.machines.values()].filter(holdsMemory);
	return new Set(holders.flatMap(({ etcdMemory }) => etcdMemory?.is?.memberId ?? []));
}

/**
 * Takes members out of etcd, first those whose memory no machine has, since etcd refuses while too few of the others run. The log has to name them beforehand:
 * a coordinator that does not lead any more cannot record, and so takes nobody out. False: the log names them from now on, or the state has changed.
 */
async function takeOut(
	core: Submits,
	etcd: EtcdMembers,
	{ fleet, step, ids, held }: { fleet: Fleet; step: EtcdStep; ids: readonly string[]; held: ReadonlySet<string> },
): Promise<boolean> {
	const recorded = removingFor(fleet, step);
	if (!recorded || !ids.every((id) => recorded.includes(id))) {
		const answer = await core.submit({ kind: "etcd-removing", step, ids });
		if (answer.kind === "problem") throw new Error(answer.problem.message);
		return false;
	}
	for (const id of [...ids].sort((one, other) => Number(held.has(one)) - Number(held.has(other))))
		await etcd.remove(id);
	return true;
}

/** A member as the others look for it. */
function peerAt(nodeName: string, { peerUrls: [url = ""] }: ListedMember): EtcdPeer {
	return { nodeName, address: URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : url };
}

function peerUrl(fleet: Fleet, machine: Machine): string {
	const peer = etcdPeers(fleet).find(({ nodeName }) => nodeName === machine.seat?.nodeName);
	if (!peer) throw new Error(`machine ${machine.machineId} has no address for etcd`);
	return peerUrlAt(peer.address);
}

const peerUrlAt = (address: string): string => `https://${urlHost(address)}:${NODE_PORTS.etcdPeer}`;
