import type { BootId, Facts, Labels, Mac } from "@rollcall/protocol";
import type { Random } from "./random.ts";

/** A box of hardware: what its firmware says, whoever runs on it. */
export interface Box {
	readonly name: string;
	uuid: string | undefined;
	readonly serial: string | undefined;
	macs: Mac[];
	/** With the length of its network. */
	address: string;
	readonly memoryGiB: number;
	readonly cpus: number;
	/** What the operator writes on the token that boots it. */
	readonly labels: Labels;
}

const JUNK_UUIDS = ["03000200-0400-0500-0006-000700080009", "00000000-0000-0000-0000-000000000000", "not a uuid"];
const JUNK_SERIALS = [undefined, "To be filled by O.E.M.", "0000000000", "Default string"];

/** Boxes as a lab has them: most are clean, some share a UUID, some have junk in their firmware. */
export function makeBoxes(random: Random, count: number): Box[] {
	const boxes: Box[] = [];
	// No two cards of a maker have one.
	const taken = new Set<Mac>();
	const ownMac = (): Mac => {
		const mac = makeMac(random);
		if (taken.has(mac)) return ownMac();
		taken.add(mac);
		return mac;
	};
	for (let index = 0; index < count; index++) {
		const before = boxes[index - 1];
		const doubled = before?.uuid !== undefined && random.chance(0.1);
		const uuid = doubled ? before.uuid : random.chance(0.15) ? random.pick(JUNK_UUIDS) : random.uuid();
		boxes.push({
			name: `box-${index}`,
			uuid,
			serial: random.chance(0.2) ? random.pick(JUNK_SERIALS) : `SN-${index}-${random.hex(6)}`,
			macs: Array.from({ length: random.int(1, 2) }, ownMac),
			address: `10.1.${Math.floor(index / 250)}.${(index % 250) + 1}/16`,
			memoryGiB: random.pick([2, 4, 4, 4, 8, 8, 8, 8]),
			cpus: random.pick([2, 4]),
			labels: { rack: `r${random.int(1, 3)}`, pool: random.pick(["a", "a", "b"]) },
		});
	}
	return boxes;
}

export function makeMac(random: Random): Mac {
	return `52:54:00:${random.hex(2)}:${random.hex(2)}:${random.hex(2)}` as Mac;
}

/** What the agent on a box finds out. `availableBytes` changes all the time. */
export function factsOf(box: Box, bootId: BootId, availableBytes: number): Facts {
	return {
		bootId,
		hostname: box.name,
		smbios: {
			...(box.uuid === undefined ? {} : { uuid: box.uuid }),
			...(box.serial === undefined ? {} : { serial: box.serial }),
			vendor: "Simulated",
		},
		cpu: { count: box.cpus, model: "model", arch: "x64" },
		memory: { totalBytes: box.memoryGiB * 2 ** 30, availableBytes },
		nics: box.macs.map((mac, index) => ({
			name: `eth${index}`,
			mac,
			up: true,
			addresses: index === 0 ? [box.address] : [],
		})),
		defaultRoute: { nic: "eth0", gateway: "10.1.255.254" },
		routes: [],
		dns: { servers: [], search: [] },
		os: { id: "debian", version: "12", name: "Debian" },
		kernel: "6.1",
		cgroupVersion: 2,
		tmpfs: [],
		agentVersion: "0",
		rehearsal: false,
	};
}
