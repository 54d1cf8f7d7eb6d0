import type { EventDraft, MachineId, Timestamp } from "@rollcall/protocol";
import { sameFacts } from "../facts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { identify } from "../identity/identify.ts";
import type { Answer, InputOf, Verdict } from "../inputs.ts";
import { waitReason } from "../wait-reason.ts";
import { comeBack, isOfRemoved, provenAssignment, readopt } from "./proof.ts";
import { accept, fenced, notEnrolled, refuse, rejected } from "./verdict.ts";

/** The highest generation that an agent's word alone can raise a machine's count by. */
const MAX_LEAP = 1_000_000;

/** An agent says who it is and what it runs, and asks for its target. */
export function hello(fleet: Fleet, input: InputOf<"hello">, at: Timestamp): Verdict {
	const { machineId } = input;
	const said = input.hello;
	const proven = provenAssignment(said.proof, input.proofValid, {
		...said,
		facts: { ...said.facts, bootId: said.bootId },
	});
	const own = proven?.machineId === machineId ? proven : undefined;
	const machine = fleet.machines.get(machineId);
	if (!machine) {
		if (own && !isOfRemoved(fleet, own) && !isKnownElsewhere(fleet, said)) {
			return accept(comeBack(fleet, own, { ...said.facts, bootId: said.bootId }), { kind: "target", machineId });
		}
		if (at < fleet.recoverUntil && isBlank(fleet, machineId, said)) return readmit(fleet, machineId, said);
		return refuse({
			code: "unknown-machine",
			message: `machine ${machineId} is not known${fleet.removed.has(machineId) ? " any more: it was removed" : ""}`,
			next: "enroll again",
			machineId,
		});
	}
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(said.bootId)) return fenced(machine, said.bootId);
	// Not known to be over: another box may have this id since the log was lost. Enrolling finds out.
	if (machine.bootId !== said.bootId) return notEnrolled(machineId, said.bootId);
	if (machine.publicKey !== said.publicKey) {
		return refuse({
			code: "unauthorized",
			message: `machine ${machineId} is enrolled with another key for this boot`,
			next: "enroll again",
			machineId,
			path: "publicKey",
		});
	}
	if (said.generation > machine.generation + MAX_LEAP) {
		return refuse({
			code: "bad-request",
			message: `machine ${machineId} claims generation ${said.generation}, the last one issued is ${machine.generation}`,
			next: "reboot the machine",
			machineId,
			path: "generation",
		});
	}
	const adopted = own ? readopt(fleet, own, at) : [];
	return accept([...adopted, ...learn(machine, input, adopted)], answerTo(fleet, machine, { adopted, at }));
}

/** True when the facts are those of a machine that is known, under whatever id. */
function isKnownElsewhere(fleet: Fleet, said: InputOf<"hello">["hello"]): boolean {
	const found = identify(fleet, { ...said.facts, bootId: said.bootId }, said.publicKey);
	return found.ok && fleet.machines.has(found.machineId);
}

/** True for an agent that holds nothing to prove, and whose facts lead to the very machine that it speaks for. */
function isBlank(fleet: Fleet, machineId: MachineId, said: InputOf<"hello">["hello"]): boolean {
	if (said.proof !== undefined || said.generation > 0 || fleet.removed.has(machineId)) return false;
	const found = identify(fleet, { ...said.facts, bootId: said.bootId }, said.publicKey);
	return found.ok && found.machineId === machineId;
}

/**
 * Lets a machine without a seat in again after the log was lost: its token is used up and forgotten, and the bus lets nobody
 * speak for a machine but whom we gave credentials for it. Whether it is approved is decided anew.
 */
function readmit(fleet: Fleet, machineId: MachineId, said: InputOf<"hello">["hello"]): Verdict {
	const { bootId, publicKey } = said;
	const facts = { ...said.facts, bootId };
	const found = identify(fleet, facts, publicKey);
	const identity = found.ok ? found.identity : "nic-and-serial";
	return accept([{ type: "machine-enrolled", machineId, bootId, publicKey, facts, identity, labels: {} }], {
		kind: "wait",
		reason: "the coordinator lost its log and listens to what the machines hold",
	});
}

/** What the hello tells that was not known. */
function learn(machine: Machine, { hello: said }: InputOf<"hello">, adopted: readonly EventDraft[]): EventDraft[] {
	const { machineId, bootId } = machine;
	const events: EventDraft[] = [];
	const facts = { ...said.facts, bootId };
	if (!sameFacts(facts, machine.facts)) events.push({ type: "facts-changed", machineId, bootId, facts });
	const known = Math.max(
		machine.generation,
		...adopted.map((draft) =>
			draft.type === "assignment-adopted" || draft.type === "generation-raised" ? draft.generation : 0,
		),
	);
	if (said.generation > known) {
		events.push({ type: "generation-raised", machineId, bootId, generation: said.generation });
	}
	const { command } = machine;
	if (command?.command === "reset" && command.bootId === bootId && said.generation === 0) {
		const reason = "the agent runs nothing any more";
		events.push({
			type: "command-ended",
			machineId,
			commandId: command.commandId,
			outcome: "done",
			reason,
			cause: command.seq,
		});
	}
	return events;
}

function answerTo(
	fleet: Fleet,
	machine: Machine,
	{ adopted, at }: { adopted: readonly EventDraft[]; at: Timestamp },
): Answer {
	const takes = adopted.some(({ type }) => type === "assignment-adopted");
	const runs = machine.seat && machine.target && machine.impossible === undefined;
	if (takes || runs) return { kind: "target", machineId: machine.machineId };
	return { kind: "wait", reason: waitReason(fleet, machine, at).reason.slice(0, 512) };
}
