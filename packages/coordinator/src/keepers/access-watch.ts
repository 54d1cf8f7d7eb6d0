import type { EventOf, Timestamp } from "@rollcall/protocol";
import { endingTokens, isNewUse } from "../domain/admit/tokens.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";

/** The time between two looks; so often is told at most what was refused. */
const LOOK_EVERY_MS = 60_000;
/** Tokens that are remembered as used, and kinds of refusals that are counted apart, between two looks. */
const MOST_TOKENS = 4096;
const MOST_KINDS = 256;
/** Kinds of refusals and uses that one look tells. */
const MOST_TOLD = 16;
const MOST_USED = 256;

/** A request that was refused for want of a right: by whom, where that is known. */
interface RefusedRequest {
	readonly by?: string | undefined;
	readonly from: string;
	readonly route: string;
	readonly code: string;
}

/** Remembers who used the API and what was refused, and has it recorded now and then: never an event for a request. */
export interface AccessWatch {
	used(tokenId: string, from: string): void;
	refused(request: RefusedRequest): void;
	/** Has recorded what there is to tell. */
	look(): Promise<void>;
	close(): void;
}

interface Surroundings {
	readonly core: Pick<Core, "fleet" | "submit" | "leadership">;
	readonly clock: Pick<Clock, "now">;
}

type Refused = EventOf<"requests-refused">["most"][number];

/** Watches; a coordinator that follows remembers what it saw until it leads, within bounds. */
export function watchAccess({ core, clock }: Surroundings): AccessWatch {
	const uses = new Map<string, { at: Timestamp; from: string }>();
	const kinds = new Map<string, Refused>();
	let total = 0;
	let since: Timestamp = clock.now();
	const look = async (): Promise<void> => {
		const at = clock.now();
		const fleet = core.fleet();
		for (const [tokenId, use] of uses) {
			const token = fleet.tokens.get(tokenId);
			if (!token || !isNewUse(token, use.at)) uses.delete(tokenId);
		}
		if (!core.leadership().leads) return;
		if (uses.size === 0 && total === 0 && endingTokens(fleet, at).length === 0) return;
		const used = [...uses]
			.slice(0, MOST_USED)
			.map(([tokenId, { at, from }]) => ({ tokenId, at, from: from.slice(0, 64) }));
		const most = [...kinds.values()].sort((a, b) => b.count - a.count).slice(0, MOST_TOLD);
		const refused = total > 0 ? { since, total, most } : undefined;
		for (const { tokenId } of used) uses.delete(tokenId);
		kinds.clear();
		total = 0;
		since = at;
		await core.submit({ kind: "access-seen", used, refused });
	};
	const timer = setInterval(() => void look(), LOOK_EVERY_MS);
	timer.unref();
	return {
		used(tokenId, from) {
			if (uses.size < MOST_TOKENS || uses.has(tokenId)) uses.set(tokenId, { at: clock.now(), from });
		},
		refused({ by, from, route, code }) {
			total += 1;
			const key = JSON.stringify([by, from, route, code]);
			const known = kinds.get(key);
			if (known) known.count += 1;
			else if (kinds.size < MOST_KINDS) {
				const who = by === undefined ? {} : { by: by.slice(0, 128) };
				kinds.set(key, { ...who, from: from.slice(0, 64), route: route.slice(0, 128), code, count: 1 });
			}
		},
		look,
		close: () => clearInterval(timer),
	};
}
