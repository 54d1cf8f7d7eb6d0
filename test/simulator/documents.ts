import { etcdRole } from "@rollcall/coordinator/simulator";
import { ClusterDocument, canonicalJson, type Digest, sha256Of } from "@rollcall/protocol";
import type { Random } from "./random.ts";

interface Declared {
	readonly document: ClusterDocument;
	readonly digest: Digest;
}

type SlotText = Record<string, unknown> & { readonly name: string };

/** A cluster document as an operator might declare it: what slots it has changes from one to the next. */
export function makeDocument(random: Random, machines: number, about = "anything"): Declared {
	const isEtcd = about === "etcd" || about === "memory" || about === "addresses" || about === "log" || about === "late";
	const share = (part: number) => Math.max(1, Math.floor(machines * part));
	const slots: SlotText[] = [
		{
			name: "control",
			role: "control-plane",
			grade: "claimed",
			count: machines >= 4 ? random.pick([isEtcd ? 3 : 1, 3, 3, 3]) : 1,
			selector: random.chance(0.9) || isEtcd ? { minMemory: "4GiB" } : {},
			...(random.chance(0.3) ? { spread: "rack" } : {}),
			spares: random.pick([0, 0, 1]),
			...(random.chance(0.5) ? { replaceAfterSeconds: random.pick([10, 20, 40]) } : {}),
		},
	];
	if (random.chance(0.25)) slots.push(ownEtcd(random));
	if (random.chance(0.6)) {
		slots.push({
			name: "pool-b",
			role: "worker",
			count: random.int(0, share(0.3)),
			selector: random.chance(0.5) ? { labels: { pool: "b" } } : {},
			spread: "rack",
			...(random.chance(0.3) ? { replaceAfterSeconds: 15 } : {}),
		});
	}
	if (random.chance(0.6)) slots.push({ name: "rest", role: "worker", count: "rest" });
	return declared({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: random.chance(0.95) ? "lab" : "lab-two",
		kubernetes: { version: random.pick(["1.36.1", "1.36.2"]), podNetwork: "routed" },
		approval: {
			rules:
				random.chance(about === "room" ? 0 : 0.9) || isEtcd
					? [{ name: "everybody", selector: {} }]
					: [{ name: "a", selector: { labels: { pool: "a" } } }],
		},
		etcd: { snapshots: about === "hours" ? { everyMinutes: 2, keep: 2 } : { everyMinutes: 1 } },
		slots,
	});
}

/** The same document with one or two things changed: a slot renamed, larger, smaller, elsewhere, or of other machines; etcd elsewhere; another version. */
export function changedDocument(random: Random, document: ClusterDocument): Declared {
	let slots: SlotText[] = document.slots.map((slot) => ({ ...slot }));
	let { name, kubernetes } = document;
	for (let change = random.int(1, 2); change > 0; change--) {
		const at = random.int(0, slots.length - 1);
		const changed = (fields: Record<string, unknown>): void => {
			slots = slots.map((slot, index) => (index === at ? { ...slot, ...fields } : slot));
		};
		const count = slots[at]?.count;
		const kinds = [
			() => changed({ name: `renamed-${random.int(1, 9)}` }),
			() => changed({ count: typeof count === "number" ? count + random.pick([1, 2]) : count }),
			() => changed({ count: typeof count === "number" ? Math.max(1, count - random.pick([1, 2])) : count }),
			() => changed({ selector: random.pick([{}, { labels: { pool: random.pick(["a", "b"]) } }]) }),
			() => changed({ replaceAfterSeconds: random.pick([10, 30]) }),
			() => slots.reverse(),
			() => {
				kubernetes = { ...kubernetes, version: random.pick(["1.36.1", "1.36.2"]) };
			},
			() => {
				if (!slots.some(({ role }) => role === "etcd")) slots.push(ownEtcd(random));
			},
			() => {
				if (random.chance(0.3)) name = "lab-two";
			},
		];
		random.pick(kinds)();
	}
	if (new Set(slots.map((slot) => slot.name)).size < slots.length) return { document, digest: digestOf(document) };
	return declared({ ...document, name, kubernetes, slots });
}

/** The same document with other machines for etcd: fewer, more, of another pool, or with seats of its own. */
export function resizedEtcd(random: Random, document: ClusterDocument): Declared {
	const own = document.slots.some(({ role }) => role === "etcd");
	if (!own && random.chance(0.2)) return declared({ ...document, slots: [...document.slots, ownEtcd(random)] });
	const change = random.pick(["fewer", "fewer", "more", "elsewhere", "renamed"]);
	const slots = document.slots.map((slot): SlotText => {
		if (slot.role !== (own ? "etcd" : "control-plane") || slot.count === "rest") return { ...slot };
		if (change === "fewer") return { ...slot, count: Math.max(1, slot.count - random.pick([1, 2])) };
		if (change === "more") return { ...slot, count: Math.min(5, slot.count + random.pick([1, 2])) };
		if (change === "renamed") return { ...slot, name: `renamed-${random.int(1, 9)}` };
		return { ...slot, selector: random.pick([{}, { labels: { pool: random.pick(["a", "b"]) } }]) };
	});
	if (new Set(slots.map((slot) => slot.name)).size < slots.length) return { document, digest: digestOf(document) };
	return declared({ ...document, slots });
}

/** The same document with a role of its own whose files cannot be packed to what an entry may have. */
export function hugeDocument(random: Random, document: ClusterDocument): Declared {
	const files = Array.from({ length: 8 }, (_, index) => {
		const words = Uint32Array.from({ length: 48 * 1024 }, () => random.int(0, 0xffff_ffff));
		const content = Buffer.from(words.buffer).toString("base64");
		return { path: `/etc/huge/${index}`, mode: "0600", encoding: "base64", content };
	});
	return declared({ ...document, roles: { huge: { files } } });
}

/** The same document with etcd on machines of another role, or of another cluster. */
export function elsewhereEtcd(random: Random, document: ClusterDocument): Declared {
	if (random.chance(0.3)) return declared({ ...document, name: document.name === "lab" ? "lab-two" : "lab" });
	const others = document.slots.filter(({ role }) => role !== "etcd");
	const slots = others.length < document.slots.length ? others : [...others, ownEtcd(random)];
	return declared({ ...document, slots });
}

/** The same document with more or fewer machines for etcd; those that are lost are waited for no longer than some seconds. */
export function sizedEtcd(document: ClusterDocument, sizeOf: (count: number) => number): Declared {
	const slots = document.slots.map((slot): SlotText => {
		if (slot.role !== etcdRole(document) || slot.count === "rest") return { ...slot };
		return { ...slot, count: sizeOf(slot.count), replaceAfterSeconds: 10 };
	});
	return declared({ ...document, slots });
}

function ownEtcd(random: Random): SlotText {
	const selector = random.chance(0.5) ? { labels: { pool: "a" } } : {};
	return { name: "store", role: "etcd", grade: "claimed", count: random.pick([1, 3]), selector };
}

function declared(text: unknown): Declared {
	const document = ClusterDocument.parse(text);
	return { document, digest: digestOf(document) };
}

const digestOf = (document: ClusterDocument): Digest => sha256Of(canonicalJson(document));
