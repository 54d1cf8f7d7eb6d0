import { type BootId, type EventOf, isSameMemory, type MachineId } from "@rollcall/protocol";
import { etcdHolders, hasLostMemory, holdsMemory, joinerOf, livingMembers } from "../etcd/members.ts";
import type { EtcdMember } from "../etcd/state.ts";
import { type Boot, isBoot } from "../etcd/taken-out.ts";
import type { Fleet } from "../fleet.ts";
import { afterFounding } from "./etcd-snapshots.ts";
import { changeMachine } from "./touch.ts";

/** etcd counts as a cluster, with these members as voters. */
export function applyEtcdFounded(fleet: Fleet, event: EventOf<"etcd-founded">): Fleet {
	const restored = fleet.snapshots?.restoring?.snapshot;
	const members = event.members.map(
		(one): EtcdMember => ({
			...one,
			begun: "new",
			votes: true,
			cluster: event.cluster,
			...(restored ? { restored: restored.sha256 } : {}),
			// Most of them run. A slower one still has to fetch the file, or its member would never start.
			...(restored && fleet.machines.get(one.machineId)?.target?.progress !== "applied" ? { fetch: restored } : {}),
		}),
	);
	const out = (fleet.etcd?.members ?? []).filter(
		(one) => one.removed && !members.some(({ machineId }) => machineId === one.machineId),
	);
	const etcd = { members: [...members, ...stillThere(fleet, out)], seq: event.seq, ...unprovedOf(event.others) };
	const founded: Fleet = { ...(restored ? withSecretsOfBefore(fleet) : fleet), etcd, founding: undefined };
	return fleet.snapshots ? { ...founded, snapshots: afterFounding(fleet.snapshots) } : founded;
}

/** A boot that applied its target has the snapshot in etcd's memory, and its file may go. */
export function withoutFetch(fleet: Fleet, machineId: MachineId, bootId: BootId): Fleet {
	const waits = (one: EtcdMember) => one.fetch && one.machineId === machineId && one.bootId === bootId;
	if (!fleet.etcd?.members.some(waits)) return fleet;
	const members = fleet.etcd.members.map((one): EtcdMember => {
		if (!waits(one)) return one;
		const { fetch: _, ...rest } = one;
		return rest;
	});
	return { ...fleet, etcd: { ...fleet.etcd, members } };
}

/** A restored snapshot brings Secrets back as they were, encrypted with the key of that time: forgets that all were rewritten since. */
function withSecretsOfBefore(fleet: Fleet): Fleet {
	return fleet.trust ? { ...fleet, trust: { ...fleet.trust, rewritten: undefined } } : fleet;
}

/** The new one takes the place of the machine's and the node's earlier ones; those that did not live, and a learner, were taken out before it. */
export function applyEtcdAdded(fleet: Fleet, event: EventOf<"etcd-member-added">): Fleet {
	if (!fleet.etcd) return fleet;
	const { machineId, bootId, nodeName, cluster } = event;
	const others = withoutDead(fleet, "done", fleet.etcd.removing?.ids).filter(
		(one) => one.machineId !== machineId && (one.nodeName !== nodeName || one.removed),
	);
	const members: EtcdMember[] = [
		...stillThere(fleet, others),
		{ machineId, bootId, nodeName, begun: "existing", votes: false, cluster },
	];
	return { ...fleet, etcd: { members, seq: event.seq, ...unprovedLeft(fleet, event) } };
}

const unprovedOf = (ids: readonly string[] = []): { readonly unproved?: readonly string[] } =>
	ids.length > 0 ? { unproved: ids } : {};

/** The voters that nobody proved once the step of this boot is done: those are out that etcd was asked to take out for it. */
function unprovedLeft({ etcd }: Fleet, boot: Boot): ReturnType<typeof unprovedOf> {
	const { removing, unproved = [] } = etcd ?? {};
	const out = removing && isBoot(boot)(removing) ? removing.ids : [];
	return unprovedOf(unproved.filter((id) => !out.includes(id)));
}

/** A learner votes. */
export function applyEtcdPromoted(fleet: Fleet, event: EventOf<"etcd-member-promoted">): Fleet {
	if (!fleet.etcd) return fleet;
	const members = fleet.etcd.members.map((one) =>
		one.machineId === event.machineId && one.bootId === event.bootId ? { ...one, votes: true } : one,
	);
	// How it begins does not change by this, and nothing is rendered anew.
	return { ...fleet, etcd: { ...fleet.etcd, members } };
}

/** Of a member that the log had forgotten it is known from now on that it is none any more: what lies in its memory may go. */
export function applyEtcdRemoved(fleet: Fleet, event: EventOf<"etcd-member-removed">): Fleet {
	if (!fleet.etcd) return fleet;
	const { machineId, bootId, nodeName } = event;
	const isIt = isBoot({ machineId, bootId });
	const known = fleet.etcd.members;
	const machine = fleet.machines.get(machineId);
	const isForgotten = !known.some(isIt) && machine?.bootId === bootId && holdsMemory(machine);
	const members: readonly EtcdMember[] = isForgotten
		? [...known, { ...joinerOf(event, nodeName), removed: "done" }]
		: known.map((one): EtcdMember => (isIt(one) ? { ...one, removed: "done" } : one));
	const left = withLearners(fleet, members, nodeName);
	const { unproved: _, ...etcd } = fleet.etcd;
	const more = unprovedLeft(fleet, event);
	return { ...fleet, etcd: { ...etcd, members: stillThere(fleet, left), removing: undefined, ...more } };
}

/** The members, where those that have not begun yet begin without one that etcd took out: etcd refuses whoever names others than it lists. */
function withLearners({ machines }: Fleet, members: readonly EtcdMember[], nodeName: string): readonly EtcdMember[] {
	if (members.some((one) => one.nodeName === nodeName && !one.removed)) return members;
	return members.map((one) => {
		const isLearner = one.begun === "existing" && !one.votes && !one.removed;
		const machine = machines.get(one.machineId);
		const hasBegun = machine?.bootId === one.bootId && holdsMemory(machine);
		if (!isLearner || hasBegun || !one.cluster.some((peer) => peer.nodeName === nodeName)) return one;
		return { ...one, cluster: one.cluster.filter((peer) => peer.nodeName !== nodeName) };
	});
}

/** Another memory in the same boot means that the one before is lost, as does none. */
export function applyEtcdMemory(fleet: Fleet, event: EventOf<"etcd-memory-changed">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (machine.bootId !== event.bootId) return undefined;
		const { is, lost } = machine.etcdMemory ?? {};
		const gone = is && !(event.memory && isSameMemory(is, event.memory)) ? is : lost;
		return {
			...machine,
			etcdMemory: { ...(event.memory ? { is: event.memory } : {}), ...(gone ? { lost: gone } : {}) },
			reported: Math.max(machine.reported, event.sequence ?? -1),
		};
	});
}

/** etcd is asked to remove members: from now on the log cannot tell whether they still are members, so they do not count as living again. */
export function applyEtcdRemoving(fleet: Fleet, event: EventOf<"etcd-members-removing">): Fleet {
	if (!fleet.etcd) return fleet;
	const { machineId, bootId, ids } = event;
	const leaves = isBoot({ machineId, bootId });
	// Who neither leaves nor holds a seat for etcd was to join once: nobody else goes for it.
	const joins = etcdHolders(fleet).some(leaves);
	const members = fleet.etcd.members.some(leaves)
		? fleet.etcd.members.map((one): EtcdMember => (leaves(one) ? { ...one, removed: "asked" } : one))
		: joins
			? withoutDead(fleet, "asked", ids)
			: fleet.etcd.members;
	const { unproved: _, ...etcd } = fleet.etcd;
	return { ...fleet, etcd: { ...etcd, members, removing: { machineId, bootId, ids }, ...unprovedStill(fleet, event) } };
}

/**
 * The voters that nobody proved, as etcd listed them just now: who joins, and who leaves with its memory known, takes all with it that no machine holds. One that
 * is neither asked for nor held was taken out for another step, which came to nothing.
 */
function unprovedStill(
	fleet: Fleet,
	{ machineId, bootId, ids }: EventOf<"etcd-members-removing">,
): ReturnType<typeof unprovedOf> {
	const { unproved = [], members = [] } = fleet.etcd ?? {};
	const boot = isBoot({ machineId, bootId });
	const memory = fleet.machines.get(machineId)?.etcdMemory?.is;
	const joins = !members.some(boot) && etcdHolders(fleet).some(boot);
	if (!joins && memory?.bootId !== bootId) return unprovedOf(unproved);
	const held = new Set([...fleet.machines.values()].map(({ etcdMemory }) => etcdMemory?.is?.memberId));
	return unprovedOf(unproved.filter((id) => ids.includes(id) || held.has(id)));
}

/**
 * The members, with those marked that are removed when another one joins: members that do not live, and a learner. Where etcd was asked to take out none, it
 * listed nobody else, so that who lives and learns by the log voted: entries that said so are missing.
 */
function withoutDead(fleet: Fleet, removed: "asked" | "done", ids?: readonly string[]): readonly EtcdMember[] {
	const living = livingMembers(fleet);
	const members = fleet.etcd?.members ?? [];
	const stays = (one: EtcdMember): boolean => {
		if (isKept(fleet, one, ids ?? [])) return true;
		return living.includes(one) && (one.votes || ids?.length === 0);
	};
	return members.map((one) => (stays(one) || one.removed === "done" ? one : { ...one, removed }));
}

/** True for a member that the log knows too little of to say that it lives, or votes, such as after entries were lost, and that etcd was not asked to remove: its memory is there under another id. */
function isKept({ machines, removed }: Fleet, one: EtcdMember, ids: readonly string[]): boolean {
	const machine = machines.get(one.machineId);
	if (!machine && !removed.has(one.machineId)) return true;
	const memory = machine?.bootId === one.bootId && !hasLostMemory(machine) ? machine.etcdMemory?.is : undefined;
	return one.removed === undefined && memory !== undefined && !ids.includes(memory.memberId);
}

/** Leaves out members that were removed and whose memory is gone since: they cannot come back, and need not be remembered. */
function stillThere(fleet: Fleet, members: readonly EtcdMember[]): readonly EtcdMember[] {
	return members.filter(({ machineId, bootId, removed }) => {
		const last = fleet.machines.get(machineId)?.bootId ?? fleet.removed.get(machineId)?.boots.at(-1);
		return removed !== "done" || last === bootId;
	});
}
