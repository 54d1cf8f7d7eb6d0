import { serial, type Trust } from "@rollcall/protocol";

/** `newest`: whom the fleet believes now. `keep` writes it down. */
export interface KeepTrustParts {
	readonly newest: () => Trust | undefined;
	readonly keep: (trust: Trust) => Promise<void>;
	readonly onTrouble: (error: unknown) => void;
}

/**
 * What to call when the fleet believes other keys: writes the newest down, one write after the other, so that an older one
 * never comes last. While one is waiting for its turn, more calls change nothing. Failures are told; the next call tries again.
 */
export function trustKeeper({ newest, keep, onTrouble }: KeepTrustParts): () => void {
	const inTurn = serial();
	let waiting = false;
	return () => {
		if (waiting) return;
		waiting = true;
		inTurn(async () => {
			waiting = false;
			const trust = newest();
			if (trust) await keep(trust);
		}).catch(onTrouble);
	};
}
