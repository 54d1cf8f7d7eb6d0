import { backoff } from "../domain/backoff.ts";
import type { Clock, Log } from "../ports.ts";
import type { TargetKeeper } from "./target-keeper.ts";
import type { Wallet } from "./wallet.ts";

/** Between two looks at what is due, at most. */
const LOOK_MS = 15_000;
const RETRY = { baseMs: 2_000, maxMs: 60_000 };

export interface RenewalParts {
	readonly wallet: Wallet;
	readonly keeper: TargetKeeper;
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
}

/**
 * Renews the certificates of what runs before they end, without a new target: they are ordered again, and the files replaced.
 * Whoever uses them reads them again by itself. While nobody answers, the old ones go on. What runs is not always the newest
 * target, which may have been rejected; it is renewed for as long as that may be.
 */
export async function renewCertificates(parts: RenewalParts, signal: AbortSignal): Promise<void> {
	const { wallet, keeper, clock, log } = parts;
	for (let failures = 0; !signal.aborted; ) {
		const running = keeper.running()?.target;
		const due = running ? wallet.renewalAt(running.content) : Number.POSITIVE_INFINITY;
		const now = clock.monotonic();
		if (!running || due > now) {
			await clock.sleep(Math.max(250, Math.min(LOOK_MS, due - now)), signal);
			continue;
		}
		try {
			await wallet.renew(running, keeper.newest()?.target ?? running);
			failures = 0;
			await keeper.mend();
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			if (failures === 0) log.warn("certificates are due and not renewed yet", { reason });
			await clock.sleep(backoff(RETRY, failures++, parts.random()), signal);
		}
	}
}
