import { readFileSync } from "node:fs";
import {
	type BootId,
	type ClusterDocument,
	type Facts,
	Mac,
	type MachineId,
	sha256Of,
	type UserPublicKey,
} from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";
import { parseDocument } from "../../src/document/parse-document.ts";
import { EMPTY_FLEET, type Fleet, type Machine, type Seat, seatKey } from "../../src/domain/fleet.ts";
import { evidenceOf } from "../../src/domain/identity/evidence.ts";
import { NODE_ROLES, networksOf, podPool } from "../../src/domain/networks/pod-networks.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";

const GI = 2 ** 30;

/** Facts of an ordinary lab machine, number `index`, with whatever is given changed. */
export function labFacts(index: number, changed: Partial<Facts> = {}): Facts {
	const suffix = (10 + index).toString(16).padStart(2, "0");
	return machineFacts({
		bootId: `00000000-0000-4000-8000-0000000000${suffix}` as BootId,
		hostname: `pc${index}`,
		smbios: { vendor: "Example", product: "PC" },
		nics: [
			{
				name: "eth0",
				mac: Mac.parse(`02:00:00:00:00:${suffix}`),
				up: true,
				addresses: [`192.168.1.${10 + index}/24`],
			},
		],
		defaultRoute: { nic: "eth0", gateway: "192.168.1.1" },
		routes: [{ destination: "192.168.1.0/24", nic: "eth0" }],
		dns: { servers: ["192.168.1.1"], search: ["lab.example"] },
		os: { id: "fedora", version: "44", name: "Fedora CoreOS" },
		kernel: "6.17.0",
		tmpfs: [{ path: "/run", totalBytes: GI, freeBytes: GI }],
		rehearsal: false,
		...changed,
	});
}

/** A document of `deploy/examples`. */
export function example(name: string): ClusterDocument {
	return documentOf(readFileSync(new URL(`../../../../deploy/examples/${name}.yaml`, import.meta.url), "utf8"));
}

/** A document from its text; throws with the problem when it is not valid. */
export function documentOf(text: string): ClusterDocument {
	const parsed = parseDocument(text);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.problem, null, 1));
	return parsed.document;
}

/** A machine with a seat. */
export interface Seated {
	readonly machine: Machine;
	readonly seat: Seat;
}

/** A fleet in which the slots of the document are filled, in order, by machines with these facts. */
export function fleetOf(
	document: ClusterDocument,
	facts: readonly Facts[],
): { fleet: Fleet; seated: readonly Seated[] } {
	const seats = document.slots.flatMap((slot) =>
		Array.from({ length: slot.count === "rest" ? facts.length : slot.count }, (_, seat) => ({ slot, seat })),
	);
	let fleet: Fleet = {
		...EMPTY_FLEET,
		cluster: { document, digest: sha256Of("document"), seq: 1, at: 0 },
		trust: { trust: STAND_IN_TRUST, seq: 1 },
	};
	const seated: Seated[] = [];
	for (const [index, fact] of facts.entries()) {
		const place = seats[index];
		if (!place) break;
		const seat: Seat = {
			cluster: document.name,
			slot: place.slot.name,
			seat: place.seat,
			role: place.slot.role,
			nodeName: `node-${index}`,
			pinned: false,
			seq: 2,
			at: 0,
		};
		const machine = withShare(document, machineOf(`machine-${index}`, fact, seat), index);
		fleet = {
			...fleet,
			machines: fleet.machines.set(machine.machineId, machine),
			seats: fleet.seats.set(seatKey(seat.slot, seat.seat), machine.machineId),
		};
		seated.push({ machine, seat });
	}
	return { fleet, seated };
}

/** The machine with the share of the pod network that it would be dealt. */
function withShare(document: ClusterDocument, machine: Machine, index: number): Machine {
	const pool = podPool(document);
	if (!pool || !NODE_ROLES.includes(machine.seat?.role ?? "")) return machine;
	return { ...machine, podNetworks: { networks: networksOf(pool, index), pool: pool.name, index } };
}

function machineOf(id: string, facts: Facts, seat: Seat): Machine {
	return {
		machineId: id as MachineId,
		bootId: facts.bootId as BootId,
		publicKey: `U${"A".repeat(55)}` as UserPublicKey,
		facts,
		evidence: evidenceOf(facts),
		grade: "claimed",
		held: [],
		identity: "nic-and-serial",
		labels: { rack: "a" },
		approval: "approved",
		approvalReason: "a test",
		lease: "alive",
		leaseAt: 0,
		seat,
		generation: 0,
		health: [],
		reported: -1,
		fenced: [],
		spoken: [],
		enrolledAt: 0,
		changedAt: 0,
		changedSeq: 1,
		trail: [],
	};
}
