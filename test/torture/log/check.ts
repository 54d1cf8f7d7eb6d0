import { apply, EMPTY_FLEET, type Fleet, stateDigest } from "@rollcall/coordinator/simulator";
import type { Digest, Event, EventOf } from "@rollcall/protocol";
import { checkFleet } from "../../simulator/fleet-rules.ts";
import { must } from "../fault.ts";
import type { Write } from "./writer.ts";

/** Writes between these times may be gone: the log was put back from a copy of the first one at the second one. */
export interface Excuse {
	readonly from: number;
	readonly to: number;
}

/** What is known of a run when it is over. */
export interface Findings {
	/** All that coordinators showed. */
	readonly events: readonly Event[];
	readonly writes: readonly Write[];
	readonly excuses: readonly Excuse[];
	/** Names of coordinators by their ids. */
	readonly names: ReadonlyMap<string, string>;
}

/**
 * Events as they are stored are in order, a seat has one holder after each of them, and what they amount to is what the coordinator
 * says. Where older ones were taken out, only their order is looked at; `back`: the log was put back, so that numbers may be missing.
 */
export function checkOrder(
	stored: readonly Event[],
	{ end, back }: { readonly end: { readonly seq: number; readonly stateDigest: Digest }; readonly back: boolean },
): void {
	let fleet: Fleet = { ...EMPTY_FLEET, seq: (stored[0]?.seq ?? 1) - 1 };
	const whole = fleet.seq === 0;
	for (const event of stored) {
		if (event.seq > end.seq) break;
		must(
			back ? event.seq > fleet.seq : event.seq === fleet.seq + 1,
			"events are numbered without gaps",
			() => `${fleet.seq}, then ${event.seq}`,
		);
		must(event.at >= fleet.at, "time goes on", () => `${fleet.at}, then ${event.at} of ${event.seq}`);
		must((event.cause ?? 0) < event.seq, "a cause comes first", () => JSON.stringify(event));
		if (!whole) {
			fleet = { ...fleet, seq: event.seq, at: event.at };
			continue;
		}
		fleet = apply(fleet, event);
		checkFleet(fleet, [event]);
	}
	if (!whole) return;
	const folded = stateDigest(fleet);
	must(
		folded === end.stateDigest,
		"the state is the fold of the log",
		() => `${folded} and ${end.stateDigest} at ${end.seq}`,
	);
}

/** Each acknowledged write is found once, and was written by the coordinator that led then. */
export function checkWrites({ events, writes, excuses, names }: Findings): void {
	const found = new Map<string, Event[]>();
	const leaders = new Map<number, string>();
	let leader = "";
	for (const event of events) {
		if (event.type === "leader-elected") leader = names.get(event.coordinatorId) ?? event.coordinatorId;
		leaders.set(event.seq, leader);
		const key = keyOf(event);
		if (key !== undefined) found.set(key, [...(found.get(key) ?? []), event]);
	}
	for (const write of writes) {
		const { ackedAt } = write;
		if (ackedAt === undefined) continue;
		if (excuses.some(({ from, to }) => write.begunAt < to && ackedAt > from)) continue;
		const events = found.get(`${write.kind} ${write.value}`) ?? [];
		const [event] = events;
		must(
			event !== undefined && events.length === 1,
			"what was acknowledged is in the log, once",
			() => `${JSON.stringify(write)} is there ${events.length} times`,
		);
		const by = leaders.get(event.seq);
		must(
			by === write.via,
			"who does not lead writes nothing",
			() => `${JSON.stringify(event)} by ${write.via} under ${by}`,
		);
	}
}

/** What coordinators always refuse, whatever was done to them. */
const WRONG = /^(400|401|403|422) /;

/** After something, a write of each kind was begun and acknowledged, and none ever was refused for what it asked. Throws a Fault. */
export function checkAcknowledged(writes: readonly Write[], after = Number.NEGATIVE_INFINITY): void {
	for (const kind of ["token", "label", "document"] as const) {
		const own = writes.filter((write) => write.kind === kind);
		must(
			own.some(({ begunAt, ackedAt }) => begunAt >= after && ackedAt !== undefined),
			`a ${kind} is acknowledged when everything is well`,
			() => tally(own),
		);
		must(!own.some(({ refused }) => WRONG.test(refused ?? "")), `a ${kind} is a valid request`, () => tally(own));
	}
}

/** How many writes ended how. */
export function tally(writes: readonly Write[]): string {
	const counts = new Map<string, number>();
	for (const { kind, ackedAt, refused = "without an answer" } of writes) {
		const end = ackedAt === undefined ? refused : `${kind} acknowledged`;
		counts.set(end, (counts.get(end) ?? 0) + 1);
	}
	return [...counts]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([end, count]) => `${count} ${end}`)
		.join(", ");
}

/** How a write is found again in an event; undefined for events of others. */
function keyOf(event: Event): string | undefined {
	if (event.type === "token-created") return `token ${event.tokenId}`;
	if (event.type === "machine-labelled") return event.labels.torture && `label ${event.labels.torture}`;
	return event.type === "cluster-declared" ? `document ${numberOf(event)}` : undefined;
}

/** The number of a document, which stands in a label that nobody's machine has. */
function numberOf({ document }: EventOf<"cluster-declared">): string | undefined {
	const rule = document.approval.rules.find(({ name }) => name.startsWith("torture-"));
	return rule?.name.slice("torture-".length);
}
