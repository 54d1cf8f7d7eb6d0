import type { Keyring } from "@rollcall/agent/simulator";
import type { Random } from "../random.ts";

/** What stands for a certificate in PEM: readable, and with the dates that count. Milliseconds since 1970. */
interface StandIn {
	readonly name: string;
	readonly key: string;
	/** The fingerprint of the authority that signed it. */
	readonly authority: string;
	readonly notBefore: number;
	readonly notAfter: number;
}

/** Who signed what `certificateText` made. */
export const signerOf = (text: string): string => (JSON.parse(text) as StandIn).authority;

/** True while what `certificateText` made is valid. */
export function isValidAt(text: string, now: number): boolean {
	const { notBefore, notAfter } = JSON.parse(text) as StandIn;
	return notBefore <= now && now < notAfter;
}

/** When what `certificateText` made ends. */
export const endOf = (text: string): number => (JSON.parse(text) as StandIn).notAfter;

export const certificateText = (certificate: StandIn): string => `${JSON.stringify(certificate)}\n`;

/** Makes keys that are names, and reads certificates that `certificateText` made. `wall`: the machine's clock. */
export function simulatedKeyring(random: Random, wall: () => number): Keyring {
	return {
		makeKey: () => `key-${random.hex(12)}\n`,
		request: (key) => `request of ${key}`,
		newSealKey: async () => {
			const publicKey = `seal-${random.hex(8)}`;
			return { publicKey, open: async (sealed) => JSON.stringify(sealed) };
		},
		isValidNow: (text) => isValidAt(text, wall()),
		endsAt: endOf,
	};
}
