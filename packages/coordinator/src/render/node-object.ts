import { type ClusterDocument, canonicalJson, type Slot, type Taint } from "@rollcall/protocol";
import type { Machine, Seat } from "../domain/fleet.ts";
import { overlaps, parseNetwork } from "./network.ts";
import { nodeLabelsOf, taintsOf } from "./node-registration.ts";
import type { NodeChange, NodeSeen, NodeTaint } from "./seen-node.ts";

const ROLE_LABEL = "node-role.kubernetes.io/";
/** Roles whose machines are nodes of the cluster. */
const NODE_ROLES = ["control-plane", "worker"];
/** What a Node that was never put right may have by an earlier declaration, whatever that was. */
const OURS_BY_NATURE = new Set([...NODE_ROLES.map((role) => `${ROLE_LABEL}${role}`), "rollcall/slot"]);

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

/**
 * What is to be changed of a Node object, so that it has what is declared now and nothing more of what was declared before. A
 * kubelet that finds its Node keeps the labels and taints that it had, whatever it would register with. What others gave it stays.
 */
export function nodeChange(
	document: ClusterDocument,
	{ machine, seat }: { readonly machine: Machine; readonly seat: Seat },
	seen: NodeSeen,
): NodeChange | undefined {
	const wanted = declaredNode(document, machine, seat);
	if (!wanted) return undefined;
	const before = readDeclared(seen.declared);
	const isOurs = (key: string): boolean => before?.labels.includes(key) ?? OURS_BY_NATURE.has(key);
	const labels: Record<string, string | null> = {};
	for (const [key, value] of Object.entries(wanted.labels)) if (seen.labels[key] !== value) labels[key] = value;
	for (const key of Object.keys(seen.labels)) if (isOurs(key) && !(key in wanted.labels)) labels[key] = null;
	const taints = taintsAfter(wanted.taints, before?.taints ?? [], seen.taints);
	const declared = canonicalJson({
		labels: Object.keys(wanted.labels).sort(),
		taints: wanted.taints.map(nameOfTaint).sort(),
	});
	if (Object.keys(labels).length === 0 && !taints && declared === seen.declared) return undefined;
	return { labels, declared, ...(taints ? { taints } : {}) };
}

/**
 * True for a Node of a boot that is over whose networks for pods are not the declared ones. They cannot be changed, so the
 * object has to go; the kubelet of the boot that lives registers anew. A running kubelet would not.
 */
export function mustRegisterAnew(document: ClusterDocument, { bootId }: Machine, seen: NodeSeen): boolean {
	if (document.kubernetes.podNetwork === "none" || seen.bootId === bootId || seen.podNetworks.length === 0)
		return false;
	const { pods, second } = document.networks;
	const declared = [pods, ...(second ? [second.pods] : [])].flatMap((text) => parseNetwork(text) ?? []);
	const held = seen.podNetworks.map(parseNetwork);
	const fits = held.every((one) => one && declared.some((all) => all.prefix <= one.prefix && overlaps(all, one)));
	return !fits || held.length !== declared.length;
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
