import { type ComponentHealth, type Health, messageOf, type Target } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import type { Clock, Log } from "../ports.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { TargetKeeper } from "./target-keeper.ts";
import { createWakeSignal } from "./wake-signal.ts";

/** The longest time between two looks at what is due: a machine that was suspended orders this soon what ended meanwhile. */
const LOOK_MS = 5_000;
const RETRY = { baseMs: 2_000, maxMs: 60_000 };
/** After an order that brought nothing valid: each one is recorded. */
const IN_VAIN = { baseMs: 2_000, maxMs: 600_000 };
/** The most names in one reason. */
const MAX_NAMED = 8;
/** What certificates are called among the components of a machine, when they are not valid. */
const COMPONENT = "certificates" as ComponentHealth["component"];

/** What renewal needs. `changed`: the health did. */
export interface RenewalParts {
	readonly credentials: CredentialStore;
	readonly keeper: TargetKeeper;
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly changed: () => void;
}

/**
 * Renews the certificates of what runs before they end, without a new target: they are ordered again, and the files replaced.
 * Whoever uses them reads them again by itself. While nobody answers, the old ones go on. What runs is not always the newest
 * target, which may have been rejected; it is renewed for as long as that may be. What is not valid by the machine's wall clock is
 * due at once: either clock was set since.
 */
export interface Renewal {
	/** The health of the running target's components, and of its certificates where some are not valid by the machine's wall clock. */
	health(): Health;
	/** All certificates of what runs are due now, by the coordinator's word. */
	ask(): void;
	/** Renews until `signal` is aborted. */
	run(signal: AbortSignal): Promise<void>;
}

/** A renewal that does not run yet. */
export function createRenewal(parts: RenewalParts): Renewal {
	const { credentials, keeper, clock, log } = parts;
	const woken = createWakeSignal(clock);
	let ill: ComponentHealth | undefined;
	let asked = false;

	/** Looks which certificates of what runs are not valid now. */
	function judge(): void {
		const running = keeper.running()?.target;
		const names = running ? credentials.invalid(running.content) : [];
		const now = names.length > 0 ? notValid(names, clock.wall()) : undefined;
		const isNews = now?.reason !== ill?.reason;
		if (now && !ill)
			log.warn("certificates are not valid, and nobody is to believe them", { reason: now.reason ?? "" });
		if (!now && ill) log.info("all certificates are valid again", {});
		ill = now;
		if (isNews) parts.changed();
	}

	/** Why certificates of what runs are not renewed, and until when they are valid. */
	function notRenewed({ content }: Target, error: unknown): Readonly<Record<string, string>> {
		const end = credentials.validUntil(content);
		return {
			reason: messageOf(error),
			...(end === undefined ? {} : { validUntil: new Date(end).toISOString() }),
		};
	}

	async function run(signal: AbortSignal): Promise<void> {
		let written = true;
		let inVain = 0;
		for (let failures = 0; !signal.aborted; ) {
			// Renewed is not enough: the files have to follow, also when a newer target is being applied meanwhile.
			if (!written) written = await keeper.mend();
			credentials.catchUp();
			judge();
			const running = keeper.running()?.target;
			const due = running ? credentials.renewalAt(running.content) : Number.POSITIVE_INFINITY;
			const now = clock.sinceBoot();
			if (!running || (due > now && !asked)) {
				await woken.wait(Math.max(250, Math.min(LOOK_MS, due - now)), signal);
				continue;
			}
			try {
				await credentials.renew(running, keeper.newest()?.target ?? running, asked);
				asked = false;
				failures = 0;
				written = await keeper.mend();
				judge();
				// What came due meanwhile is ordered next; only what was due before was ordered in vain.
				if (credentials.renewalAt(running.content) > now) {
					inVain = 0;
					continue;
				}
				if (inVain === 0) log.warn("the certificates that came are not valid by this machine's clock, or too few", {});
				if (await woken.wait(backoff(IN_VAIN, inVain++, parts.random()), signal)) inVain = 0;
			} catch (error) {
				if (failures === 0) log.warn("certificates are due and not renewed yet", notRenewed(running, error));
				await woken.wait(backoff(RETRY, failures++, parts.random()), signal);
			}
		}
	}

	return {
		health() {
			const health = keeper.health();
			if (!ill || health.some(({ component }) => component === COMPONENT)) return health;
			return [...health, ill].sort((a, b) => (a.component < b.component ? -1 : 1));
		},
		ask() {
			asked = true;
			woken.wake();
		},
		run,
	};
}

/** The component that stands for certificates that are not valid at a time of the machine's wall clock. */
function notValid(names: readonly string[], wall: number): ComponentHealth {
	const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
	const says = new Date(wall).toISOString().slice(0, 10);
	const reason = `not valid by this machine's clock, which says ${says}: ${names.slice(0, MAX_NAMED).join(", ")}${more}`;
	return { component: COMPONENT, healthy: false, reason: reason.slice(0, 512) };
}
