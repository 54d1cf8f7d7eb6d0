import type { Event, Why } from "@rollcall/protocol";
import { inDates, isoDateOf } from "../clocks/log-clock.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { describe } from "./describe.ts";
import { named } from "./named.ts";
import { standing } from "./phase.ts";

/** The longest chain that is told. */
const MAX_LINKS = 64;

/**
 * The chain of causes behind a machine's state, newest first. `events`: those that its trail names and, as far as they could
 * be had, the causes behind them; in any order.
 */
export function explain(fleet: Fleet, machine: Machine, events: readonly Event[]): Why {
	const bySeq = new Map(events.map((event) => [event.seq, event]));
	const wanted = new Set<number>();
	const queue = [...machine.trail];
	for (let seq = queue.pop(); seq !== undefined; seq = queue.pop()) {
		const event = bySeq.get(seq);
		if (!event || wanted.has(seq)) continue;
		wanted.add(seq);
		if (event.cause !== undefined) queue.push(event.cause);
	}
	const chain = [...wanted]
		.sort((a, b) => b - a)
		.slice(0, MAX_LINKS)
		.flatMap((seq) => bySeq.get(seq) ?? [])
		.map((event) => ({
			seq: event.seq,
			at: isoDateOf(fleet, event.at),
			type: event.type,
			text: named(fleet, describe(inDates(fleet, event))),
			...(event.cause === undefined ? {} : { cause: event.cause }),
		}));
	return {
		machineId: machine.machineId,
		...(machine.seat ? { nodeName: machine.seat.nodeName } : {}),
		rehearsal: machine.facts.rehearsal,
		...standing(fleet, machine),
		chain,
	};
}
