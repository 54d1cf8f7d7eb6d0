import type { BootStage, Timestamp } from "@rollcall/protocol";
import { type Boot, reach, waitsFor } from "./boot.ts";
import type { MissedAsset } from "./sighting.ts";
import { orderOf } from "./stages.ts";

/** The most boots that are remembered behind one address. */
const MAX_PER_ADDRESS = 256;

/**
 * Which boot a download belongs to: a request for a kernel names no machine, only the address tells. Behind a router many
 * machines have one address; then it counts for the one that has waited longest for it.
 */
export class Downloads {
	readonly #boots = new Map<string, Set<Boot>>();
	readonly #addresses = new Map<Boot, string>();
	readonly #most: number;

	/** Remembers at most so many addresses. */
	constructor(most: number) {
		this.#most = most;
	}

	/** A boot was heard from this address; downloads to it are its own from now on. */
	belongTo(address: string, boot: Boot): void {
		if (this.#addresses.get(boot) === address) return;
		this.forget(boot);
		const boots = this.#boots.get(address) ?? new Set();
		this.#boots.delete(address);
		this.#boots.set(address, boots);
		boots.add(boot);
		this.#addresses.set(boot, address);
		const [oldest] = boots;
		if (oldest && boots.size > MAX_PER_ADDRESS) this.forget(oldest);
		const [silent] = this.#boots.keys();
		if (silent !== undefined && this.#boots.size > this.#most) {
			for (const one of this.#boots.get(silent) ?? []) this.#addresses.delete(one);
			this.#boots.delete(silent);
		}
	}

	/** The boot is over, or another one took its place. */
	forget(boot: Boot): void {
		const address = this.#addresses.get(boot);
		if (address === undefined) return;
		this.#addresses.delete(boot);
		const boots = this.#boots.get(address);
		boots?.delete(boot);
		if (boots?.size === 0) this.#boots.delete(address);
	}

	/** Something could not be sent to this address: what waits longest there waits for it. */
	missed({ remote, reason, next }: MissedAsset): void {
		const [boot] = [...(this.#boots.get(remote) ?? [])].sort((a, b) => (a.last?.at ?? 0) - (b.last?.at ?? 0));
		const stage = boot && waitsFor(boot);
		if (stage) boot.refused = { stage, reason, next };
	}

	/** Something was downloaded from this address. */
	served(address: string, stage: BootStage, at: Timestamp): void {
		const boots = [...(this.#boots.get(address) ?? [])].filter((boot) => boot.expected.includes(stage));
		const waiting = boots
			.filter((boot) => waitsFor(boot) === stage)
			.sort((a, b) => (a.last?.at ?? 0) - (b.last?.at ?? 0));
		// Of several initrds the last one counts.
		const again = boots.filter((boot) => boot.last?.stage === stage);
		// Of the only machine there, also what came out of its turn: the kernel that was asked for again, a stage that was not seen.
		const only = boots.length === 1 ? boots.filter((boot) => mayStillCome(boot, stage)) : [];
		const [boot] = [...waiting, ...again, ...only];
		if (boot) reach(boot, stage, at);
	}
}

function mayStillCome(boot: Boot, stage: BootStage): boolean {
	const { last } = boot;
	return last === undefined || orderOf(stage) >= orderOf(last.stage) || !boot.reached.has(stage);
}
