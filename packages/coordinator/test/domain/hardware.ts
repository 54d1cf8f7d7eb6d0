import { type BootId, type Facts, sha256Of, type UserPublicKey } from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";

/** What a test's machine differs in from others; the rest of its facts is ordinary. */
export interface Hardware {
	readonly name: string;
	readonly uuid?: string;
	readonly serial?: string;
	readonly macs?: readonly string[];
	readonly memoryGiB?: number;
	readonly boot?: number;
	/** Its own without it. */
	readonly address?: string;
	/** True without it. */
	readonly rehearsal?: boolean;
}

export function bootIdOf({ name, boot = 1 }: Hardware): BootId {
	const hex = sha256Of(`${name} ${boot}`).slice(7, 39);
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as BootId;
}

export function uuidOf(name: string): string {
	return bootIdOf({ name, boot: -1 });
}

export function macOf(name: string): string {
	return `52:54:00:${sha256Of(name).slice(7, 13).match(/../g)?.join(":")}`;
}

/** An address of a network for tests (RFC 2544). */
export function addressOf(name: string): string {
	const [third, fourth] = [7, 9].map((at) => Number.parseInt(sha256Of(name).slice(at, at + 2), 16));
	return `198.18.${third}.${fourth}`;
}

export function keyOf(hardware: Hardware): UserPublicKey {
	const digits = [...sha256Of(`key ${bootIdOf(hardware)}`).slice(7)].map(
		(digit) => "ABCDEFGHIJKLMNOP"[Number.parseInt(digit, 16)],
	);
	return `U${digits.slice(0, 55).join("")}`;
}

export function factsOf(hardware: Hardware): Facts {
	const {
		name,
		uuid = uuidOf(name),
		serial,
		macs = [macOf(name)],
		memoryGiB = 4,
		address = addressOf(name),
	} = hardware;
	return machineFacts({
		bootId: bootIdOf(hardware),
		hostname: name,
		smbios: { ...(uuid === "" ? {} : { uuid }), ...(serial === undefined ? {} : { serial }) },
		memory: { totalBytes: memoryGiB * 2 ** 30, availableBytes: 2 ** 30 },
		nics: macs.map((mac, index) => ({
			name: `eth${index}`,
			mac: mac as Facts["nics"][number]["mac"],
			up: true,
			addresses: [`${address}/16`],
		})),
		rehearsal: hardware.rehearsal ?? true,
	});
}
