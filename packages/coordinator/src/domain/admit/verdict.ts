import {
	type BootId,
	type EventDraft,
	type Facts,
	MAX_FACTS_LENGTH,
	type MachineId,
	type Problem,
} from "@rollcall/protocol";
import type { Machine } from "../fleet.ts";
import type { Answer, Verdict } from "../inputs.ts";

/** A verdict with events. */
export function accept(events: readonly EventDraft[], answer: Answer = { kind: "ok" }): Verdict {
	return { events, answer };
}

/** Nothing to record. */
export const NOTHING: Verdict = { events: [], answer: { kind: "ok" } };

/** A refusal, with what is recorded about it. */
export function refuse(problem: Problem, events: readonly EventDraft[] = []): Verdict {
	return { events, answer: { kind: "problem", problem } };
}

/** The operator named an unknown machine. */
export function unknownMachine(machineId: MachineId): Verdict {
	return refuse({
		code: "unknown-machine",
		message: `no machine ${machineId} is known`,
		next: "list the machines and use the id from there",
		machineId,
		path: "machineId",
	});
}

/** A boot that is over speaks. It is recorded once for each boot. */
export function fenced(machine: Machine | Pick<Machine, "machineId">, bootId: BootId): Verdict {
	const news = "fenced" in machine && machine.fenced.includes(bootId) && !machine.spoken.includes(bootId);
	return accept(
		news ? [{ type: "fenced-incarnation-spoke", machineId: machine.machineId, bootId, cause: machine.changedSeq }] : [],
		{ kind: "fenced", reason: `machine ${machine.machineId} was booted anew; boot ${bootId} is over` },
	);
}

/** A boot speaks that was never enrolled for this machine, as far as the log knows. */
export function notEnrolled(machineId: MachineId, bootId: BootId): Verdict {
	return refuse({
		code: "unknown-machine",
		message: `boot ${bootId} of machine ${machineId} is not known`,
		next: "enroll again",
		machineId,
		path: "bootId",
	});
}

/** An operator rejected this machine. */
export function rejected(machine: Machine): Problem {
	return {
		code: "machine-rejected",
		message: `machine ${machine.machineId} may not join: ${machine.approvalReason}`.slice(0, 2048),
		next: "an operator can approve it",
		machineId: machine.machineId,
	};
}

/** Says so where a machine's facts are more than are kept of one. */
export function tooManyFacts(facts: Facts): Verdict | undefined {
	const { length } = JSON.stringify(facts);
	if (length <= MAX_FACTS_LENGTH) return undefined;
	return refuse({
		code: "too-large",
		message: `the facts of the machine with host name ${JSON.stringify(facts.hostname)} have ${length} characters, at most ${MAX_FACTS_LENGTH} are taken`,
		next: "look what it lists by the hundred: NICs, addresses, routes",
		path: "facts",
	});
}
