import type { ClusterDocument, EtcdSnapshot, Slot, TargetContent } from "@rollcall/protocol";
import { TARGET_LIMITS } from "@rollcall/protocol";
import { type EtcdBeginning, etcdBeginning, wasTakenOut } from "../domain/etcd.ts";
import { etcdWait } from "../domain/etcd-wait.ts";
import type { Fleet, Machine, Seat } from "../domain/fleet.ts";
import type { Rendered, RenderTarget } from "../domain/observed.ts";
import { type SecondStack, secondAddress } from "./dual-stack.ts";
import { artifactBytes } from "./image-archives.ts";
import { declaredMembers, hasOwnEtcd, membersOf } from "./members.ts";
import { messageBytes } from "./message-bytes.ts";
import { parseNetwork } from "./network.ts";
import type { Node } from "./node.ts";
import { chooseNodeAddress } from "./node-address.ts";
import { BUILT_IN_ROLES, type BuiltInRole, nodeRoleParts } from "./node-role.ts";
import { needsAddress, operatorRoleBytes, operatorRoleParts } from "./operator-role.ts";
import { etcdQuota, explainBudget, ramBudget } from "./ram-budget.ts";
import { chooseDns } from "./resolv-conf.ts";
import { findRouteOverlap } from "./route-overlap.ts";
import { UnitEncodingError } from "./systemd-unit.ts";
import { findVersion, KNOWN_VERSIONS } from "./versions.ts";

/**
 * What a seat means for a machine: the whole target, or a sentence that says why the machine cannot have it. Depends on the
 * cluster document, on the machine's id, facts and labels, on the seat, and on the holders of the control-plane and etcd
 * seats; on nothing else.
 */
export const renderTarget: RenderTarget = (fleet, machine, seat) => {
	const document = fleet.cluster?.document;
	if (!document) return refuse("no cluster is declared");
	const slot = document.slots.find(({ name }) => name === seat.slot);
	if (!slot) return refuse(`the cluster has no slot ${seat.slot}`);
	try {
		return bounded(renderSeat({ fleet, machine, seat, document, slot }));
	} catch (error) {
		// Only what cannot be written in a unit file ends here: an argument of the operator with a line break, say.
		if (error instanceof UnitEncodingError) return refuse(error.message);
		throw error;
	}
};

interface Placement {
	readonly fleet: Fleet;
	readonly machine: Machine;
	readonly seat: Seat;
	readonly document: ClusterDocument;
	readonly slot: Slot;
}

function renderSeat(placement: Placement): Rendered {
	const { machine, seat, document } = placement;
	const role = BUILT_IN_ROLES.find((name) => name === seat.role);
	const definition = document.roles[seat.role];
	if (!role && !definition) return refuse(`the role ${seat.role} is neither built in nor defined under roles`);
	const budget = ramBudget(seat.role, machine.facts.memory.totalBytes, {
		stackedEtcd: !hasOwnEtcd(document),
		nfsVolumes: document.volumes?.nfs !== undefined,
		podNetwork: document.kubernetes.podNetwork,
		fileBytes: definition ? operatorRoleBytes(definition) : 0,
		artifactBytes: artifactBytes([...document.kubernetes.artifacts, ...document.images.archives]),
		snapshotBytes: etcdBeginning(placement.fleet, machine)?.restored?.fetch?.sizeBytes ?? 0,
	});
	if (!budget.fits) return refuse(explainBudget(seat.role, budget));
	const family = parseNetwork(document.networks.pods)?.bits ?? 32;
	const address = chooseNodeAddress(machine.facts, document.networks.nodeAddress, family);
	const identity = { cluster: document.name, slot: seat.slot, role: seat.role, nodeName: seat.nodeName };
	if (role) {
		const node = address.ok ? resolveNode(placement, address) : address;
		return "ok" in node ? node : accept({ ...identity, ...nodeRoleParts(role, node) });
	}
	if (!definition) return refuse(`the role ${seat.role} is not defined`);
	// A role of the operator needs an address only if it speaks of it.
	if (!address.ok && needsAddress(definition)) return address;
	const values = {
		nodeName: seat.nodeName,
		machineId: machine.machineId,
		address: address.ok ? address.address : "",
	};
	return accept({ ...identity, ...operatorRoleParts(definition, values), artifacts: [] });
}

function resolveNode(
	{ fleet, machine, seat, document, slot }: Placement,
	chosen: { address: string; nic: string },
): Node | Rendered {
	const { address } = chosen;
	const version = findVersion(document.kubernetes.version);
	if (!version)
		return refuse(`Kubernetes ${document.kubernetes.version} is not known; known are ${KNOWN_VERSIONS.join(", ")}`);
	const pods = parseNetwork(document.networks.pods);
	const services = parseNetwork(document.networks.services);
	if (!pods || !services) return refuse("networks.pods or networks.services is not a network");
	const trust = fleet.trust?.trust;
	if (!trust) return refuse("the fleet has no keys of its own yet; the coordinator that leads makes them");
	const second = secondStack(document, machine, chosen.nic);
	if (typeof second === "string") return refuse(second);
	const overlap = findRouteOverlap(document.networks, machine.facts);
	if (overlap !== undefined) return refuse(overlap);
	const stackedEtcd = !hasOwnEtcd(document);
	const self = { nodeName: seat.nodeName, address };
	const withSelf = (role: BuiltInRole) => {
		const members = membersOf(fleet, role);
		if (seat.role !== role || members.some(({ nodeName }) => nodeName === seat.nodeName)) return members;
		return [...members, self];
	};
	const etcdRole = stackedEtcd ? "control-plane" : "etcd";
	const etcdMembers = withSelf(etcdRole);
	const beginning: EtcdBeginning | undefined =
		seat.role === etcdRole ? etcdBeginning(fleet, machine) : { state: "new" };
	if (seat.role === etcdRole && wasTakenOut(fleet, machine)) {
		return refuse("etcd took this boot of the machine out; boot it anew, and it joins with empty memory");
	}
	if (beginning === undefined) {
		return refuse(etcdWait(fleet));
	}
	const unfit = beginning.restored?.fetch && cannotRestore(beginning.restored.fetch, fleet, machine);
	if (unfit) return refuse(unfit);
	const declared = declaredMembers(document, etcdRole);
	// A member that begins without the others would be a cluster of its own, and never join theirs. One that runs already goes on.
	if (seat.role === etcdRole && !beginning.cluster && etcdMembers.length < declared) {
		return refuse(`etcd begins when all its machines are here: ${etcdMembers.length} of ${declared} seats are filled`);
	}
	if (seat.role === "control-plane" && etcdMembers.length === 0) {
		return refuse("an API server needs etcd, and no machine has a seat for it yet");
	}
	return {
		document,
		version,
		slot,
		role: seat.role,
		nodeName: seat.nodeName,
		machineId: machine.machineId,
		address,
		facts: machine.facts,
		labels: machine.labels,
		dns: chooseDns(document.networks, machine.facts),
		pods,
		services,
		...(second ? { second } : {}),
		controlPlanes: withSelf("control-plane"),
		etcdMembers,
		stackedEtcd,
		etcdBeginning: beginning,
		coordinatorUrl: fleet.leader?.url,
		trust,
	};
}

/** Why a machine cannot begin with a snapshot, where that is so. */
function cannotRestore({ content }: EtcdSnapshot, { leader }: Fleet, { facts }: Machine): string | undefined {
	if (!leader) return "no coordinator leads, from which the snapshot of etcd could be had";
	const quota = etcdQuota(facts.memory.totalBytes);
	if (content.sizeBytes <= quota) return undefined;
	return `the snapshot that etcd begins with has ${content.sizeBytes} bytes, etcd's quota on this machine is ${quota}: give the seat to a machine with more RAM`;
}

/** The second IP version on this machine; undefined where none is declared, a sentence where the machine cannot have it. */
function secondStack(document: ClusterDocument, machine: Machine, nic: string): SecondStack | string | undefined {
	const declared = document.networks.second;
	if (!declared) return undefined;
	const [pods, services] = [parseNetwork(declared.pods), parseNetwork(declared.services)];
	if (!pods || !services) return "networks.second.pods or networks.second.services is not a network";
	const address = secondAddress(machine.facts, nic, pods.bits);
	if (address !== undefined) return { pods, services, address };
	return `the machine has no IPv${pods.bits === 32 ? 4 : 6} address on ${nic}, which networks.second needs`;
}

function bounded(rendered: Rendered): Rendered {
	if (!rendered.ok) return rendered;
	const { files } = rendered.content;
	const bytes = messageBytes(files);
	if (files.length <= TARGET_LIMITS.files && bytes <= TARGET_LIMITS.totalBytes) return rendered;
	const limit = `at most ${TARGET_LIMITS.files} and ${TARGET_LIMITS.totalBytes} fit`;
	return refuse(`the target would have ${files.length} files with ${bytes} bytes; ${limit}`);
}

function accept(content: TargetContent): Rendered {
	return { ok: true, content };
}

function refuse(reason: string): Rendered {
	return { ok: false, reason };
}
