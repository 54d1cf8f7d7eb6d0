import { createHash } from "node:crypto";

/** A rehearsed machine: what its facts will say. Everything not given follows from its name and loopback address. */
export interface RehearsedMachine {
	readonly name: string;
	readonly bootId: string;
	readonly uuid: string;
	readonly serial: string;
	/** One interface each, `eth0` first. */
	readonly macs: readonly string[];
	/** The address of `eth0`, in 10.146.0.0/16. */
	readonly address: string;
	readonly cpus: number;
	readonly memoryBytes: number;
}

/** The network that rehearsed machines say they are in. No packet ever goes there. */
export const REHEARSAL_NETWORK = { prefixLength: 16, gateway: "10.146.255.254", cidr: "10.146.0.0/16" } as const;

/** What identifies a machine by its name alone: the same name is the same machine, in every rehearsal. */
export function identityOf(name: string): { uuid: string; serial: string; mac: string } {
	const hex = createHash("sha256").update(`rollcall rehearsal ${name}`).digest("hex");
	const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
	return {
		uuid: [
			hex.slice(0, 8),
			hex.slice(8, 12),
			`4${hex.slice(13, 16)}`,
			`${variant}${hex.slice(17, 20)}`,
			hex.slice(20, 32),
		].join("-"),
		serial: `REHEARSAL-${hex.slice(32, 40).toUpperCase()}`,
		// 02: locally administered, so that it can belong to no real card.
		mac: `02:${hex.slice(40, 50).match(/../g)?.join(":") ?? ""}`,
	};
}

/** The node address that goes with a loopback address: the last two parts of it, in 10.146.0.0/16. */
export function addressOf(loopback: string): string {
	return `10.146.${loopback.split(".").slice(2).join(".")}`;
}

/** The interfaces as the agent's configuration declares them. Only the first has an address. */
export function interfacesOf(machine: RehearsedMachine): { name: string; addresses: string[] }[] {
	return machine.macs.map((_mac, index) => ({
		name: `eth${index}`,
		addresses: index === 0 ? [`${machine.address}/${REHEARSAL_NETWORK.prefixLength}`] : [],
	}));
}
