import type { EventDraft, Facts, MachineId, Timestamp } from "@rollcall/protocol";
import { sameFacts } from "../facts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { inPace } from "../hello-pace.ts";
import { identify } from "../identity/identify.ts";
import type { Answer, InputOf, Verdict } from "../inputs.ts";
import { isLeaving } from "../seats/leaving.ts";
import { waitReason } from "../views/wait-reason.ts";
import { comeBack, followProof, isOfRemoved, outrunsLog, provenAssignment, readopt } from "./proof.ts";
import { memoryNews } from "./reports.ts";
import { accept, fenced, notEnrolled, refuse, rejected, tooManyFacts } from "./verdict.ts";

/** The highest generation that an agent's word alone can raise a machine's count by. */
const MAX_LEAP = 1_000_000;

/** A hello, with facts that name its boot. */
type Claim = InputOf<"hello">["hello"] & { readonly facts: Facts };

/** An agent says who it is and what it runs, and asks for its target. */
export function hello(fleet: Fleet, input: InputOf<"hello">, at: Timestamp): Verdict {
	const { machineId } = input;
	const claim: Claim = { ...input.hello, facts: { ...input.hello.facts, bootId: input.hello.bootId } };
	const machine = fleet.machines.get(machineId);
	const isNews = !machine || !sameFacts(claim.facts, machine.facts);
	const tooMany = isNews ? tooManyFacts(claim.facts) : undefined;
	if (tooMany) return tooMany;
	const proven = provenAssignment(claim.proof, input.proofValid, claim);
	const own = proven?.machineId === machineId ? proven : undefined;
	if (!machine) {
		if (own && !isOfRemoved(fleet, own) && !isKnownElsewhere(fleet, claim)) {
			const back = comeBack(fleet, own, claim.facts, at);
			return accept([...back, ...heldSince(own.generation, machineId, claim)], { kind: "target", machineId });
		}
		if (at < fleet.recoverUntil && isBlank(fleet, machineId, claim)) return readmit(fleet, machineId, claim);
		return refuse({
			code: "unknown-machine",
			message: `machine ${machineId} is not known${fleet.removed.has(machineId) ? " any more: it was removed" : ""}`,
			next: "enroll again",
			machineId,
		});
	}
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(claim.bootId)) return fenced(machine, claim.bootId);
	// This boot is not known to be over. Since the log was lost another box may have this id; enrolling finds out.
	if (machine.bootId !== claim.bootId) return notEnrolled(machineId, claim.bootId);
	if (machine.publicKey !== claim.publicKey) {
		if (at < fleet.recoverUntil || fleet.log?.doubt) return rekeyed(machine, claim);
		return refuse({
			code: "unauthorized",
			message: `machine ${machineId} is enrolled with another key for this boot`,
			next: "enroll again",
			machineId,
			path: "publicKey",
		});
	}
	if (claim.generation > machine.generation + MAX_LEAP) {
		return refuse({
			code: "bad-request",
			message: `machine ${machineId} claims generation ${claim.generation}, the last one issued is ${machine.generation}`,
			next: "reboot the machine",
			machineId,
			path: "generation",
		});
	}
	const adopted = own ? (outrunsLog(fleet, own) ? followProof(fleet, own, at) : readopt(fleet, own, at)) : [];
	const changed: EventDraft[] = isNews
		? [{ type: "facts-changed", machineId, bootId: machine.bootId, facts: claim.facts }]
		: [];
	const news = inPace(machine, [...changed, ...raise(machine, claim, adopted)], at);
	return accept([...adopted, ...news, ...learn(machine, claim)], answerTo(fleet, machine, { adopted, at }));
}

/** True when the facts are those of a machine that is known, under whatever id. */
function isKnownElsewhere(fleet: Fleet, claim: Claim): boolean {
	const found = identify(fleet, claim);
	return found.ok && fleet.machines.has(found.machineId);
}

/** True for an agent that holds nothing to prove, and whose facts lead to the very machine that it speaks for. */
function isBlank(fleet: Fleet, machineId: MachineId, claim: Claim): boolean {
	if (claim.proof !== undefined || claim.digest !== undefined || fleet.removed.has(machineId)) return false;
	const found = identify(fleet, claim);
	return found.ok && found.machineId === machineId;
}

/**
 * Lets a machine without a seat in again after the log was lost: its token is used up and forgotten, and the bus lets nobody
 * speak for a machine but whom we gave credentials for it. Whether it is approved is decided anew.
 */
function readmit(fleet: Fleet, machineId: MachineId, claim: Claim): Verdict {
	const { bootId, publicKey, facts } = claim;
	const found = identify(fleet, { facts, publicKey });
	const identity = found.ok ? found.identity : "nic-and-serial";
	const enrolled: EventDraft = { type: "machine-enrolled", machineId, bootId, publicKey, facts, identity, labels: {} };
	return accept([enrolled, ...heldSince(0, machineId, claim)], {
		kind: "wait",
		reason: "the coordinator lost its log and listens to what the machines hold",
	});
}

/**
 * Lets a boot go on with a key that a log that went back does not know: its agent enrolled once more in what was lost, has used its token, and was not
 * given anything since that it could prove. The bus lets nobody speak for a machine but whom we gave credentials for it.
 */
function rekeyed({ machineId, identity, labels }: Machine, { bootId, publicKey, facts }: Claim): Verdict {
	return accept([{ type: "machine-enrolled", machineId, bootId, publicKey, facts, identity, labels }], {
		kind: "wait",
		reason: "the event log is in doubt; this boot goes on with the key that it was let in with since",
	});
}

/**
 * What a machine that comes back holds beside what it proves: it was given a target above a generation, which does not run on it, and takes none below that; and
 * a member's memory of etcd may lie there, also where a reset left nothing else.
 */
function heldSince(proven: number, machineId: MachineId, { bootId, generation, memory }: Claim): EventDraft[] {
	const isGiven = generation > proven && generation <= proven + MAX_LEAP;
	const remembered = memoryNews({ machineId, bootId }, memory);
	return [
		...(isGiven ? [{ type: "generation-raised" as const, machineId, bootId, generation }] : []),
		...(remembered ? [remembered] : []),
	];
}

/** A machine that was given more than the log knows of. */
function raise(machine: Machine, claim: Claim, adopted: readonly EventDraft[]): EventDraft[] {
	const { machineId, bootId } = machine;
	const known = Math.max(
		machine.generation,
		...adopted.map((draft) =>
			draft.type === "assignment-adopted" || draft.type === "generation-raised" ? draft.generation : 0,
		),
	);
	return claim.generation > known
		? [{ type: "generation-raised", machineId, bootId, generation: claim.generation }]
		: [];
}

/** The events for what else is new in a hello; each of them comes once. */
function learn(machine: Machine, claim: Claim): EventDraft[] {
	const { machineId, bootId } = machine;
	const events: EventDraft[] = [];
	// In a hello only the first word of a memory counts: a late one must not speak against a newer report.
	const remembered = machine.etcdMemory ? undefined : memoryNews(machine, claim.memory);
	if (remembered) events.push(remembered);
	const { command } = machine;
	if (command?.command === "reset" && command.bootId === bootId && claim.generation === 0) {
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
	const runs = (machine.seat || isLeaving(machine)) && machine.target && machine.impossible === undefined;
	if (takes || runs) return { kind: "target", machineId: machine.machineId };
	return { kind: "wait", reason: waitReason(fleet, machine, at).reason.slice(0, 512) };
}
