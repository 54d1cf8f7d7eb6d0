import type { EventDraft } from "@rollcall/protocol";
import { doubtLog } from "../domain/log/log-doubt.ts";
import { mostAfter, timeOfNext } from "../domain/log/log-edge.ts";
import { record } from "../domain/record.ts";
import { BEGIN_ANEW, LogBeyond, LogConflict } from "../errors.ts";
import type { Log } from "../ports/log.ts";
import { firstEvents } from "./first-events.ts";
import type { Ledger } from "./ledger.ts";
import type { LogReader } from "./log-reader.ts";
import { goOnFrom } from "./log-time.ts";
import type { LoopParts } from "./parts.ts";
import type { Place } from "./why-back.ts";

/** More events than an election has. */
const MOST_AT_ONCE = 1_000;

/** How a lead began. Times are of the own monotonic clock. */
export interface Election {
	/** The number of its `leader-elected` event. */
	readonly term: number;
	/** The log was sent it. */
	readonly sentAt: number;
	/** The log had taken it. */
	readonly takenAt: number;
	/** The entry behind which it was appended, as the candidate knew it. */
	readonly behind: Place;
}

interface Candidate {
	readonly parts: LoopParts;
	readonly ledger: Ledger;
	readonly reader: LogReader;
}

/** Appends that this coordinator leads, to a log that was read to its end; with what a log begins with, and what is wrong with it. Undefined: somebody else was first. Throws LogBeyond where nothing can follow what was read. */
export async function takeTheLead(log: Log, { parts, ledger, reader }: Candidate): Promise<Election | undefined> {
	const { clock, coordinatorId, watcher } = parts;
	const { fleet, position, flaws } = ledger;
	goOnFrom(clock, fleet);
	const at = timeOfNext(fleet, clock.now());
	const beginning = fleet.seq === 0 || flaws.length > 0 ? await parts.beginning() : undefined;
	const drafts: EventDraft[] = [
		...(beginning && fleet.seq === 0
			? firstEvents({ ...beginning, hadLog: beginning.hadLog || flaws.length > 0 }, at)
			: []),
		{ type: "leader-elected", coordinatorId, url: parts.url() },
		...doubtLog(flaws, position, at),
		...(fleet.seq > 0 && !fleet.cluster && beginning?.document
			? [{ type: "cluster-declared" as const, ...beginning.document, by: "recovery" }]
			: []),
		...(fleet.trust ? [] : [await firstTrust(parts)]),
	];
	const { events, refused } = record(
		{ ...fleet, seq: Math.min(reader.numbersTo, mostAfter(fleet) - MOST_AT_ONCE) },
		drafts,
		at,
	);
	const term = events.findLast(({ type }) => type === "leader-elected")?.seq;
	// Nobody can lead here, now or later: to append the rest would only make the log longer, again and again.
	if (term === undefined)
		throw new LogBeyond(
			`nothing can follow event ${fleet.seq} of the event log (${refused[0]?.reason}): ${BEGIN_ANEW}; nothing is changed meanwhile`,
		);
	for (const { reason } of flaws)
		watcher.onTrouble("the event log is in doubt; machines prove what they hold", new Error(reason));
	for (const { reason } of refused)
		watcher.onTrouble("what could not be read back or followed was not recorded", new Error(reason));
	parts.failpoint("lead:before");
	const [sentAt, behind] = [clock.monotonic(), reader.place];
	try {
		const entry = await log.append(events, position, behind.link);
		const takenAt = clock.monotonic();
		parts.failpoint("lead:after");
		reader.take(entry);
		return { term, sentAt, takenAt, behind };
	} catch (error) {
		if (error instanceof LogConflict) return undefined;
		throw error;
	}
}

async function firstTrust(parts: LoopParts): Promise<EventDraft> {
	return { type: "trust-changed", trust: await parts.trust(), reason: "the fleet's own keys" };
}
