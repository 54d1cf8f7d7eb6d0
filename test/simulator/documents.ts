import type { Fleet, Machine, Seat, TargetSummary } from "@rollcall/coordinator";
import { ClusterDocument, canonicalJson, type Digest, sha256Of } from "@rollcall/protocol";
import type { Random } from "./random.ts";

/** A cluster document as an operator might declare it: what slots it has changes from one to the next. */
export function makeDocument(random: Random, machines: number): { document: ClusterDocument; digest: Digest } {
	const share = (part: number) => Math.max(1, Math.floor(machines * part));
	const slots: unknown[] = [
		{
			name: "control",
			role: "control-plane",
			count: random.pick([1, 3]),
			selector: random.chance(0.5) ? { minMemory: "4GiB" } : {},
			...(random.chance(0.5) ? { spread: "rack" } : {}),
			spares: random.pick([0, 1, 2]),
			...(random.chance(0.5) ? { replaceAfterSeconds: random.pick([10, 20, 40]) } : {}),
		},
	];
	if (random.chance(0.4)) {
		slots.push({
			name: "store",
			role: "etcd",
			count: random.int(1, 3),
			selector: { labels: { pool: "a" } },
			spares: random.pick([0, 1]),
		});
	}
	if (random.chance(0.8)) {
		slots.push({
			name: "pool-b",
			role: "worker",
			count: random.int(0, share(0.4)),
			selector: random.chance(0.5) ? { labels: { pool: "b" } } : {},
			spread: "rack",
			...(random.chance(0.3) ? { replaceAfterSeconds: 15 } : {}),
		});
	}
	if (random.chance(0.6)) slots.push({ name: "rest", role: "worker", count: "rest" });
	const document = ClusterDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: random.chance(0.95) ? "lab" : "lab-two",
		kubernetes: { version: random.pick(["1.36.1", "1.36.2"]) },
		approval: {
			rules: random.chance(0.8)
				? [{ name: "everybody", selector: {} }]
				: [{ name: "a", selector: { labels: { pool: "a" } } }],
		},
		slots,
	});
	return { document, digest: sha256Of(canonicalJson(document)) };
}

/**
 * Stands for the renderer: depends on the document, the seat and the members of the control plane, as the real one does,
 * and refuses machines with too little memory. Remembers digests, as hashing is all that it costs.
 */
export function modelSummary(): TargetSummary {
	const digests = new Map<string, Digest>();
	const members = new WeakMap<Fleet["seats"], string>();
	return (fleet: Fleet, machine: Machine, seat: Seat) => {
		if (seat.role === "control-plane" && machine.facts.memory.totalBytes < 3 * 2 ** 30) {
			return { ok: false, reason: "2 GiB are too little for a control plane" };
		}
		const known = members.get(fleet.seats) ?? membersOf(fleet);
		members.set(fleet.seats, known);
		const key = [fleet.cluster?.digest, seat.slot, seat.role, seat.nodeName, machine.machineId, known].join(" ");
		const digest = digests.get(key) ?? sha256Of(key);
		digests.set(key, digest);
		return { ok: true, digest, deadlineSeconds: 20 };
	};
}

function membersOf(fleet: Fleet): string {
	const names = [];
	for (const { seat } of fleet.machines.values()) if (seat?.slot === "control") names.push(seat.nodeName);
	return names.sort().join(",");
}
