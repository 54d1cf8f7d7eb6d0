import { type ClusterDocument, canonicalJson, overlaps, parseNetwork, type Slot, type Taint } from "@rollcall/protocol";
import type { Machine, Seat } from "../domain/fleet.ts";
import { NODE_ROLES } from "../domain/networks/pod-networks.ts";
import { nodeLabelsOf, taintsOf } from "./node-registration.ts";
import type { NodeChange, NodeSeen, NodeTaint } from "./seen-node.ts";

const ROLE_LABEL = "node-role.kubernetes.io/";
/** Labels and taints that a Node may have from an earlier declaration, where no note says what was set. */
const OURS_BY_NATURE = new Set([...NODE_ROLES.map((role) => `${ROLE_LABEL}${role}`), "rollcall/slot"]);

/** Kubernetes frees pods and volumes of a node with this taint at once, where it would wait for minutes (well-known taints). */
const OUT_OF_SERVICE: Taint = {
	key: "node.kubernetes.io/out-of-service",
	value: "nodeshutdown",
	effect: "NoExecute",
};

/** What the document wants a machine's Node object to have. */
interface DeclaredNode {
	readonly labels: Readonly<Record<string, string>>;
	readonly taints: readonly Taint[];
}

/** Labels (its role's, which a kubelet may not give itself, included) and taints. Undefined for a seat that is no node. */
function declaredNode(document: ClusterDocument, machine: Machine, seat: Seat): DeclaredNode | undefined {
	const slot: Slot | undefined = document.slots.find(({ name }) => name === seat.slot);
	if (!slot || !NODE_ROLES.includes(seat.role)) return undefined;
	const node = { slot, role: seat.role, labels: machine.labels };
	return {
		labels: { ...Object.fromEntries(nodeLabelsOf(node)), [`${ROLE_LABEL}${seat.role}`]: "" },
		taints: taintsOf(node),
	};
}

/** `justBack`: the API was away a short time ago, so that kubelets had no time to say of which boot they are. */
export interface ApiStanding {
	readonly justBack: boolean;
}

/**
 * What is to be changed of a Node object, so that it has what is declared now and nothing more of what was declared before. A
 * kubelet that finds its Node keeps the labels and taints that it had, whatever it would register with. What others gave it stays.
 */
export function nodeChange(
	document: ClusterDocument,
	{ machine, seat }: { readonly machine: Machine; readonly seat: Seat },
	seen: NodeSeen,
	{ justBack }: ApiStanding = { justBack: false },
): NodeChange | undefined {
	const wanted = declaredNode(document, machine, seat);
	if (!wanted) return undefined;
	const before = readDeclared(seen.declared);
	const isOurs = (key: string): boolean => before?.labels.includes(key) ?? OURS_BY_NATURE.has(key);
	const labels: Record<string, string | null> = {};
	for (const [key, value] of Object.entries(wanted.labels)) if (seen.labels[key] !== value) labels[key] = value;
	for (const key of Object.keys(seen.labels)) if (isOurs(key) && !Object.hasOwn(wanted.labels, key)) labels[key] = null;
	const declaredTaints = isDead(machine, seen, justBack) ? [...wanted.taints, OUT_OF_SERVICE] : wanted.taints;
	const taints = taintsAfter(declaredTaints, before?.taints ?? [], seen.taints);
	const declared = canonicalJson({
		labels: Object.keys(wanted.labels).sort(),
		taints: declaredTaints.map(nameOfTaint).sort(),
	});
	const podNetworks = networksToTell(document, machine, seen);
	if (Object.keys(labels).length === 0 && !taints && !podNetworks && declared === seen.declared) return undefined;
	return { labels, declared, ...(taints ? { taints } : {}), ...(podNetworks ? { podNetworks } : {}) };
}

/** The node's share of the pod network, where the coordinator deals it out and the Node has none: once it has, it cannot be changed. */
function networksToTell(
	{ kubernetes }: ClusterDocument,
	{ podNetworks, bootId }: Machine,
	seen: NodeSeen,
): readonly string[] | undefined {
	const isUntold = kubernetes.podNetwork === "routed" && seen.podNetworks.length === 0 && seen.bootId === bootId;
	return isUntold ? podNetworks?.networks : undefined;
}

/**
 * True when all that ran on a node is gone: it is of a boot that is over, whose memory is no more; or the machine is lost, and
 * Kubernetes does not hear its kubelet either. That only its agent is silent proves nothing. An API that has just come back shows Nodes as they were;
 * a kubelet that lives would find its pods failed by the taint, where it was about to start them again.
 */
function isDead({ bootId, lease }: Machine, seen: NodeSeen, justBack: boolean): boolean {
	if (seen.bootId !== "" && seen.bootId !== bootId)
		return !justBack || seen.taints.some((taint) => nameOfTaint(taint) === nameOfTaint(OUT_OF_SERVICE));
	return lease === "lost" && !seen.state.ready;
}

/**
 * True for a Node of a boot that is over whose networks for pods are not the declared ones. They cannot be changed, so the
 * object has to go; the kubelet of the boot that lives registers anew. A running kubelet would not.
 */
export function mustRegisterAnew(
	document: ClusterDocument,
	{ bootId, podNetworks }: Pick<Machine, "bootId" | "podNetworks">,
	seen: NodeSeen,
): boolean {
	const { podNetwork } = document.kubernetes;
	if (podNetwork === "none" || seen.bootId === bootId || seen.podNetworks.length === 0) return false;
	if (podNetwork === "routed") return podNetworks !== undefined && !isSame(podNetworks.networks, seen.podNetworks);
	const { pods, second } = document.networks;
	const declared = [pods, ...(second ? [second.pods] : [])].flatMap((text) => parseNetwork(text) ?? []);
	const held = seen.podNetworks.map(parseNetwork);
	const fits = held.every((one) => one && declared.some((all) => all.prefix <= one.prefix && overlaps(all, one)));
	return !fits || held.length !== declared.length;
}

function isSame(dealt: readonly string[], held: readonly string[]): boolean {
	return dealt.length === held.length && dealt.every((network) => held.includes(network));
}

/** All taints of the Node, where they are to change: those of others, then the declared ones. */
function taintsAfter(
	wanted: readonly Taint[],
	before: readonly string[],
	now: readonly NodeTaint[],
): readonly NodeTaint[] | undefined {
	const ours = new Set([...before, ...wanted.map(nameOfTaint)]);
	const others = now.filter((taint) => !ours.has(nameOfTaint(taint)));
	const own = wanted.map((taint): NodeTaint => {
		const there = now.find((one) => nameOfTaint(one) === nameOfTaint(taint) && (one.value ?? "") === taint.value);
		// The time at which it was given is kept.
		return there ?? { key: taint.key, effect: taint.effect, ...(taint.value === "" ? {} : { value: taint.value }) };
	});
	const changed = others.length + own.length !== now.length || own.some((taint) => !now.includes(taint));
	return changed ? [...others, ...own] : undefined;
}

/** A Node has at most one taint of a key and an effect. */
function nameOfTaint({ key, effect }: { readonly key: string; readonly effect: string }): string {
	return `${key}:${effect}`;
}

/** Reads what an earlier `nodeChange` noted. Anybody may have written there: what is not understood is nothing. */
function readDeclared(text: string | undefined): { readonly labels: string[]; readonly taints: string[] } | undefined {
	if (text === undefined) return undefined;
	try {
		const { labels, taints } = JSON.parse(text) as Record<string, unknown>;
		const isText = (one: unknown): one is string => typeof one === "string";
		if (Array.isArray(labels) && Array.isArray(taints))
			return { labels: labels.filter(isText), taints: taints.filter(isText) };
	} catch {}
	return undefined;
}
