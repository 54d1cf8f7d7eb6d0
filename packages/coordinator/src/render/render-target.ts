import {
	BUILT_IN_ROLES,
	type ClusterDocument,
	type EtcdSnapshot,
	type Facts,
	type ImpossibleKind,
	type Network,
	overlaps,
	ownValue,
	parseNetwork,
	type RoleDefinition,
	Slot,
	TARGET_LIMITS,
	type TargetContent,
	TargetPodNetwork,
} from "@rollcall/protocol";
import { beginningOn, type EtcdBeginning } from "../domain/etcd/beginning.ts";
import type { Seat } from "../domain/fleet.ts";
import { chooseNodeAddress, nodeFamily } from "../domain/networks/node-address.ts";
import { nodeMask } from "../domain/networks/node-mask.ts";
import { NODE_ROLES, podPool } from "../domain/networks/pod-networks.ts";
import { type Rendered, type RenderTarget, ROLLED_OUT_ONE_BY_ONE, type TargetMachine } from "../domain/observed.ts";
import { etcdRole, seatCount } from "../domain/seats/seats.ts";
import { UnitEncodingError } from "../errors.ts";
import { archivesFor } from "./archives-for.ts";
import { declaredOf } from "./declared.ts";
import { type SecondStack, secondAddress } from "./dual-stack.ts";
import { etcdPlace } from "./etcd-place.ts";
import { artifactBytes } from "./image-archives.ts";
import { roleShell } from "./login-shell.ts";
import { messageBytes } from "./message-bytes.ts";
import type { Node } from "./node.ts";
import { nodeRoleParts } from "./node-role.ts";
import { keepsPrivate, needsAddress, operatorRoleBytes, operatorRoleParts } from "./operator-role.ts";
import { chosenArtifacts, lackingParts, targetArtifacts } from "./programs.ts";
import { etcdQuota, explainBudget, haveText, ramBudget } from "./ram-budget.ts";
import { chooseDns, withoutDns } from "./resolv-conf.ts";
import { findRouteOverlap } from "./route-overlap.ts";
import { partOf, type Shared, sharedOf } from "./shared.ts";
import { tmpfsLack } from "./tmpfs-room.ts";
import { KNOWN_VERSIONS } from "./versions.ts";

/** What a seat means for a machine of this fleet. */
export const renderTarget: RenderTarget = (fleet, machine, seat) =>
	renderShared(sharedOf(fleet, partOf(seat.role)), machine, seat);

/** What a seat means for a machine: the whole target, or a sentence that says why the machine cannot have it. */
export function renderShared(shared: Shared, machine: TargetMachine, seat: Seat): Rendered {
	const { document } = shared;
	if (!document) return refuse("no cluster is declared");
	const slot = document.slots.find(({ name }) => name === seat.slot) ?? keptSlot(seat);
	if (!slot) return refuse(`the cluster has no slot ${seat.slot}`);
	try {
		return bounded(renderSeat({ shared, machine, seat, document, slot }));
	} catch (error) {
		// Only what cannot be written in a unit file ends here: an argument of the operator with a line break, say.
		if (error instanceof UnitEncodingError) return refuse(error.message);
		throw error;
	}
}

/**
 * The slot of a seat that is not declared any more, of a role that etcd may run on: such a machine keeps it until etcd took its member out, which may be never, and
 * its certificates are renewed meanwhile.
 */
function keptSlot({ slot, role }: Seat): Slot | undefined {
	return ROLLED_OUT_ONE_BY_ONE.has(role) ? Slot.parse({ name: slot, role, count: 0 }) : undefined;
}

interface Placement {
	readonly shared: Shared;
	readonly machine: TargetMachine;
	readonly seat: Seat;
	readonly document: ClusterDocument;
	readonly slot: Slot;
}

function renderSeat(placement: Placement): Rendered {
	const { machine, seat, document } = placement;
	const role = BUILT_IN_ROLES.find((name) => name === seat.role);
	const definition = ownValue(document.roles, seat.role);
	if (!role && !definition) return refuse(`the role ${seat.role} is neither built in nor defined under roles`);
	const budget = ramBudget(seat.role, machine.facts.memory, {
		stackedEtcd: etcdRole(document) === "control-plane",
		nfsVolumes: document.volumes?.nfs !== undefined,
		podNetwork: document.kubernetes.podNetwork,
		fileBytes: definition ? operatorRoleBytes(definition) : 0,
		artifactBytes: artifactBytes(
			definition && !role
				? chosenArtifacts(definition, machine.facts)
				: [
						...chosenArtifacts(document.kubernetes, machine.facts),
						...archivesFor(seat.role, document.images, machine.facts),
					],
		),
		snapshotBytes: beginningOn(machine, placement.shared.etcd)?.restored?.fetch?.sizeBytes ?? 0,
	});
	if (!budget.fits) return refuse(explainBudget(seat.role, budget, machine.facts.memory));
	const room = tmpfsLack(seat.role, budget, machine.facts.tmpfs);
	if (room !== undefined) return refuse(room);
	const unfit =
		(role && (lackingParts(role, document, machine.facts) ?? swapInTheWay(document, machine.facts))) ??
		keysOnDisk(document, machine.facts, role ? undefined : definition);
	if (unfit !== undefined) return refuse(unfit);
	const address = chooseNodeAddress(machine.facts, document.networks.nodeAddress, nodeFamily(document.networks));
	const identity = { cluster: document.name, slot: seat.slot, role: seat.role, nodeName: seat.nodeName };
	if (role) {
		const node = address.ok ? resolveNode(placement, address) : refuse(address.reason);
		return "ok" in node ? node : accept({ ...identity, ...nodeRoleParts(role, node) });
	}
	if (!definition) return refuse(`the role ${seat.role} is not defined`);
	// A role of the operator needs an address only if it speaks of it.
	if (!address.ok && needsAddress(definition)) return refuse(address.reason);
	const values = {
		nodeName: seat.nodeName,
		machineId: machine.machineId,
		address: address.ok ? address.address : "",
	};
	return accept({
		...identity,
		...operatorRoleParts(definition, values, roleShell(definition, machine.facts)),
		artifacts: targetArtifacts(definition, machine.facts),
	});
}

function resolveNode(
	{ shared, machine, seat, document, slot }: Placement,
	chosen: { address: string; nic: string },
): Node | Rendered {
	const { address } = chosen;
	const { version, pods, services } = declaredOf(document);
	if (!version)
		return refuse(`Kubernetes ${document.kubernetes.version} is not known; known are ${KNOWN_VERSIONS.join(", ")}`);
	if (!pods || !services) return refuse("networks.pods or networks.services is not a network");
	const { trust } = shared;
	if (!trust) return refuse("the fleet has no keys of its own yet; the coordinator that leads makes them");
	const second = secondStack(document, machine, chosen.nic);
	if (typeof second === "string") return refuse(second);
	const overlap = findRouteOverlap(document.networks, machine.facts, routesOfFlannel(document));
	if (overlap !== undefined) return refuse(overlap);
	const dns = chooseDns(document.networks, machine.facts);
	const noDns = seat.role === "etcd" ? undefined : withoutDns(document.networks, dns);
	if (noDns !== undefined) return refuse(noDns);
	const pool = podPool(document);
	const podNetworks = pool && NODE_ROLES.includes(seat.role) ? machine.podNetworks?.networks : undefined;
	if (pool && NODE_ROLES.includes(seat.role) && !podNetworks) {
		return refuse(`no share of the pod network is left for it: all ${pool.count} of ${pool.name} are dealt out`);
	}
	if (podNetworks && !TargetPodNetwork.shape.nic.safeParse(chosen.nic).success) {
		return refuse(
			`the interface ${JSON.stringify(chosen.nic)} of its node address has no plain name, which routes need`,
		);
	}
	const runsEtcd = etcdRole(document);
	const self = { nodeName: seat.nodeName, address };
	const withSelf = (role: "control-plane" | "etcd") => {
		const members = role === "etcd" ? shared.ownEtcd : shared.controlPlanes;
		if (seat.role !== role || members.some(({ nodeName }) => nodeName === seat.nodeName)) return members;
		return [...members, self];
	};
	const etcdMembers = withSelf(runsEtcd);
	const beginning: EtcdBeginning | Rendered =
		seat.role === runsEtcd ? etcdPlace(shared, { machine, nodeName: seat.nodeName, address }) : { state: "new" };
	if ("ok" in beginning) return beginning;
	const unfit = beginning.restored?.fetch && cannotRestore(beginning.restored.fetch, shared, machine);
	if (unfit) return unfit;
	const declared = seatCount(document, runsEtcd);
	// A member that begins without the others would be a cluster of its own, and never join theirs. One that runs already goes on.
	if (seat.role === runsEtcd && !beginning.cluster && etcdMembers.length < declared) {
		const filled = `${etcdMembers.length} of ${declared} seats are filled`;
		return refuse(`etcd begins when all its machines are here: ${filled}`, "etcd-waits");
	}
	if (seat.role === "control-plane" && etcdMembers.length === 0) {
		return refuse("an API server needs etcd, and no machine has a seat for it yet", "etcd-waits");
	}
	return {
		document,
		version,
		slot,
		role: seat.role,
		nodeName: seat.nodeName,
		machineId: machine.machineId,
		address,
		nic: chosen.nic,
		...(podNetworks ? { podNetworks } : {}),
		facts: machine.facts,
		labels: machine.labels,
		dns,
		pods,
		services,
		...(second ? { second } : {}),
		controlPlanes: withSelf("control-plane"),
		etcdMembers,
		stackedEtcd: runsEtcd === "control-plane",
		etcdBeginning: beginning,
		snapshotSource: shared.snapshotSource,
		trust,
	};
}

/** With `host-gw` flannel sets routes to the shares of other nodes on the interface of the node address. */
function routesOfFlannel(document: ClusterDocument): (route: Network) => boolean {
	const { podNetwork, flannelBackend } = document.kubernetes;
	if (podNetwork !== "flannel" || flannelBackend !== "host-gw") return () => false;
	const { pods, second } = document.networks;
	const all = [pods, second?.pods].flatMap((text) => parseNetwork(text ?? "") ?? []);
	return (route) => all.some((one) => overlaps(one, route) && route.prefix === nodeMask(document, route.bits));
}

/** Where the agent's unit could not mount a tmpfs over them, keys would outlive the boot. */
function keysOnDisk(
	{ kubernetes }: ClusterDocument,
	{ outsideRam = [] }: Facts,
	definition: RoleDefinition | undefined,
): string | undefined {
	const folders = outsideRam.filter((path) => (definition ? keepsPrivate(definition, path) : NODE_KEYS.includes(path)));
	if (folders.length === 0 || kubernetes.onDisk === "allow") return undefined;
	return `${folders.join(" and ")} would lie on a disk or a file server, and keys with them; start the agent by the unit that rollcall boots it with, which mounts a tmpfs there, or declare kubernetes.onDisk: allow`;
}

/** Where keys of the built-in roles lie. */
const NODE_KEYS: readonly string[] = ["/etc/kubernetes", "/var/lib/kubelet"];

/** kubelet does not start where there is swap, unless it is told to. */
function swapInTheWay({ kubernetes }: ClusterDocument, { memory }: Facts): string | undefined {
	const { swapBytes = 0, zramBytes = 0 } = memory;
	if (swapBytes === 0 || kubernetes.failSwapOn === false) return undefined;
	const kind = zramBytes > 0 ? ` (${haveText(zramBytes)} of it zram)` : "";
	return `the machine has ${haveText(swapBytes)} of swap${kind}, with which kubelet does not start; boot it without, as by the kernel argument systemd.swap=0, or declare kubernetes.failSwapOn: false`;
}

/** Why a machine cannot begin with a snapshot, where that is so. */
function cannotRestore(
	{ content }: EtcdSnapshot,
	{ snapshotSource }: Shared,
	{ facts }: TargetMachine,
): Rendered | undefined {
	if (snapshotSource === undefined)
		return refuse("no coordinator leads, from which the snapshot of etcd could be had", "etcd-waits");
	const quota = etcdQuota(facts.memory.totalBytes);
	if (content.sizeBytes <= quota) return undefined;
	return refuse(
		`the snapshot that etcd begins with has ${content.sizeBytes} bytes, etcd's quota on this machine is ${quota}: give the seat to a machine with more RAM`,
	);
}

/** The second IP version on this machine; undefined where none is declared, a sentence where the machine cannot have it. */
function secondStack(document: ClusterDocument, machine: TargetMachine, nic: string): SecondStack | string | undefined {
	const declared = declaredOf(document).second;
	if (!declared) return undefined;
	const { pods, services } = declared;
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

function refuse(reason: string, kind: ImpossibleKind = "unfit"): Rendered {
	return { ok: false, reason, kind };
}
