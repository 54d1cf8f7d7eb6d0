import { serial, type Target, type TargetContent } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import {
	absentPaths,
	alsoNamed,
	type Credentials,
	dueAt,
	filled,
	firstEnd,
	firstRenewal,
	invalidNames,
	lacking,
	merged,
	stillNamed,
} from "../domain/credentials.ts";
import { LinkError } from "../errors.ts";
import type { Log, Memory } from "../ports.ts";
import { type OrderParts, placeOrder, type Wanted } from "./order.ts";
import { createLateWriter } from "./write-later.ts";

const RETRY = { baseMs: 500, maxMs: 10_000 };

/** What the store needs. */
export interface CredentialStoreParts extends OrderParts {
	readonly memory: Pick<Memory, "credentials" | "saveCredentials" | "good" | "next">;
	readonly log: Log;
}

/** This boot's certificates, keys and shared secrets. Keys are made here and never leave the machine. What cannot be written down counts as well, and is written when there is room. */
export interface CredentialStore {
	/** Gets what a target names and is not there yet, until it is there. Throws when it is refused for good, or `signal` is aborted. */
	complete(target: Target, signal: AbortSignal): Promise<void>;
	/** The target's content, and in it as files what is there. `absent`: the paths of what is not. */
	filled(content: TargetContent): { readonly content: TargetContent; readonly absent: ReadonlySet<string> };
	/** When something is to be ordered for a target that runs already, in milliseconds since the boot; Infinity where nothing ever is. */
	renewalAt(content: TargetContent): number;
	/** The names of those of a target's certificates that are not valid by the machine's wall clock. */
	invalid(content: TargetContent): readonly string[];
	/** When the first of a target's certificates ends, in milliseconds since 1970; undefined where there is none. */
	validUntil(content: TargetContent): number | undefined;
	/**
	 * Orders what is due or absent of a target that runs, with the keys that are there, in the name of the `newest` one: that is
	 * the only one that the coordinator still knows. Throws LinkError, or an Error with the refusal, also when there is nothing
	 * that the newest one names too. `all`: every certificate counts as due.
	 */
	renew(running: Target, newest: Target, all?: boolean): Promise<void>;
	/** Forgets what this content does not name; `undefined`: all, which is removed from the agent's memory by others. */
	keepOnly(content: TargetContent | undefined): void;
	/** Writes down what could not be written before. */
	catchUp(): void;
}

/** A store that goes on with what the agent's memory has. */
export function createCredentialStore(parts: CredentialStoreParts): CredentialStore {
	const { memory, clock, log } = parts;
	/** Orders go out one after the other, so that none overwrites what another brought. */
	const inTurn = serial();
	/** What is not written down yet. */
	let unwritten: Credentials | undefined;
	const current = (): Credentials => unwritten ?? memory.credentials();
	const written = createLateWriter(log, "certificates and secrets", () => {
		if (unwritten) memory.saveCredentials(unwritten);
		unwritten = undefined;
	});

	function keep(next: Credentials): void {
		unwritten = next;
		written.save();
	}

	async function fetch(target: Target, wanted: (kept: Credentials) => Wanted): Promise<void> {
		const kept = current();
		const { certificates, secrets } = wanted(kept);
		if (certificates.length + secrets.length === 0) return;
		const got = await placeOrder(parts, { target, wanted: { certificates, secrets }, kept });
		const contents = [target, memory.good()?.target, memory.next()?.target].flatMap((one) =>
			one ? [one.content] : [],
		);
		keep(stillNamed(merged(kept, got, parts.keyring.isValidNow), contents));
		const names = [...certificates, ...secrets].map(({ name }) => name).join(", ");
		log.info("certified", { generation: target.generation, names });
	}

	return {
		async complete(target, signal) {
			for (let attempt = 0; ; attempt++) {
				try {
					return await inTurn(() => fetch(target, (kept) => lacking(target.content, kept)));
				} catch (error) {
					if (!(error instanceof LinkError)) throw error;
					log.debug("no certificates yet", { generation: target.generation, reason: error.message });
					await clock.sleep(backoff(RETRY, attempt, parts.random()), signal);
					if (signal.aborted) throw new Error(`no certificates: ${error.message}`);
				}
			}
		},
		filled(content) {
			const kept = current();
			return { content: filled(content, kept), absent: new Set(absentPaths(content, kept)) };
		},
		renewalAt(content) {
			const kept = current();
			const { certificates, secrets } = lacking(content, kept);
			return certificates.length + secrets.length > 0
				? clock.sinceBoot()
				: firstRenewal(content, kept, parts.keyring.isValidNow);
		},
		invalid: (content) => invalidNames(content, current(), parts.keyring.isValidNow),
		validUntil: (content) => firstEnd(content, current(), parts.keyring.endsAt),
		renew: (running, newest, all = false) =>
			inTurn(() =>
				fetch(newest, (kept) => {
					const { certificates, secrets } = lacking(running.content, kept);
					const now = all ? Number.POSITIVE_INFINITY : clock.sinceBoot();
					const due = dueAt(running.content, kept, now, parts.keyring.isValidNow);
					const wanted = { certificates: [...certificates, ...due], secrets };
					const named = alsoNamed(wanted, newest.content);
					const nothing = named.certificates.length + named.secrets.length === 0;
					if (nothing && wanted.certificates.length + secrets.length > 0) {
						const names = [...wanted.certificates, ...secrets].map(({ name }) => name).join(", ");
						throw new Error(
							`generation ${running.generation} runs, and the newest, ${newest.generation}, names none of ${names} as it does`,
						);
					}
					return named;
				}),
			),
		keepOnly(content) {
			if (!content) {
				unwritten = undefined;
				written.saved();
				return;
			}
			const kept = current();
			const named = stillNamed(kept, [content]);
			if (named.certificates.length + named.secrets.length < kept.certificates.length + kept.secrets.length)
				keep(named);
		},
		catchUp: written.catchUp,
	};
}
