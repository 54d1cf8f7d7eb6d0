import {
	type Assignment,
	type EventDraft,
	type Grade,
	type Labels,
	type Mac,
	macsOf,
	type Timestamp,
} from "@rollcall/protocol";
import { isOff } from "../clocks/machine-clock.ts";
import { type Fleet, fencedBoots, type Machine } from "../fleet.ts";
import { isAllowed } from "../identity/hold.ts";
import { type Identified, type IdentityConflict, identify, tokenContradiction } from "../identity/identify.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { roomForStranger } from "../strangers.ts";
import { takenGeneration } from "../targets/issued-target.ts";
import { checkToken, holdBack, holdForgotten } from "./let-in.ts";
import { comeBack, followProof, isOfRemoved, outrunsLog, provenAssignment } from "./proof.ts";
import { accept, fenced, refuse, rejected, tooManyFacts } from "./verdict.ts";

/**
 * An agent asks to be let onto the bus. It needs to be the incarnation that is known already, or a proof of an earlier
 * assignment, or a one-time token. A new boot of a known machine fences the one before it; while that one lives, it waits.
 */
export function enroll(fleet: Fleet, input: InputOf<"enroll">, at: Timestamp): Verdict {
	const { request } = input;
	const tooMany = tooManyFacts(request.facts);
	if (tooMany) return tooMany;
	const proven = provenAssignment(request.proof, input.proofValid, request);
	const identified = identifyWithProof(fleet, input, proven);
	if (!identified.ok) {
		return refuse({
			code: "bad-request",
			message: `a machine with host name ${JSON.stringify(request.facts.hostname)} cannot be told from others: ${identified.reason}`,
			next: "set a UUID or a serial number in its firmware, or give it a NIC with a permanent MAC",
			path: "facts.smbios",
		});
	}
	const machine = fleet.machines.get(identified.machineId);
	if (machine?.approval === "rejected") return refuse(rejected(machine));
	// Its facts may lead to another machine by now than when it was let in: over is over.
	const of = [identified, ...(proven ? [proven] : [])].find(({ machineId }) =>
		fencedBoots(fleet, machineId).includes(request.facts.bootId),
	);
	if (of) return fenced(fleet.machines.get(of.machineId) ?? of, request.facts.bootId);
	if (machine && isSameIncarnation(machine, input))
		return accept(seenNow(machine, input), enrolled(machine.machineId, input));
	const counts = proven && !isOfRemoved(fleet, proven);
	const byProof = counts && enrollByProof(fleet, input, { proven: { ...proven, machineId: identified.machineId }, at });
	if (byProof) return byProof;
	const allowed = machine && isAllowed(machine, { ...request, bootId: request.facts.bootId });
	if (allowed)
		return enrollAs(fleet, input, {
			identified,
			labels: machine.labels,
			grade: gradeOf(input, { machine, tokenMac: undefined }),
		});
	const token = checkToken(fleet, input, { machineId: identified.machineId, at });
	if (!token.ok) return token.verdict;
	const { tokenId, mac } = token.token;
	const contradiction = identified.contradiction ?? (machine && tokenContradiction(machine, mac));
	const grade = gradeOf(input, { machine, tokenMac: mac });
	const held = machine && holdBack(fleet, { machine, input, grade, contradiction, at });
	if (held) return held;
	const forgotten = holdForgotten(fleet, identified.machineId, request.facts.bootId);
	if (forgotten) return forgotten;
	const room = machine ? undefined : roomForStranger(fleet);
	if (room?.ok === false) return refuse({ ...room.problem, machineId: identified.machineId });
	const first = [...(room?.events ?? []), ...token.unwritten];
	const labels = mergeLabels(machine?.labels ?? {}, token.token.labels);
	return enrollAs(fleet, input, { identified, labels, grade, tokenId, mac, first });
}

/** `attested` where a TPM proved that it is the one that the machine is known by; so not in the first boot. `observed` where the link says that the asking address is the very NIC that the token was made for and the machine is known by. */
function gradeOf(
	{ observedMac: mac, request, tpm }: InputOf<"enroll">,
	{ machine, tokenMac }: { machine: Machine | undefined; tokenMac: Mac | undefined },
): Grade {
	if (tpm !== undefined && tpm.ek === machine?.evidence.tpm) return "attested";
	if (mac === undefined || !macsOf(request.facts).includes(mac)) return "claimed";
	const fits = (tokenMac ?? mac) === mac && (machine?.evidence.macs.includes(mac) ?? true);
	return fits ? "observed" : "claimed";
}

/**
 * Where facts lead to a machine that is known, it is that one. Else a proof names it, as it did before the log was lost;
 * unless another box has taken that name since: two that report one UUID may come back in another order.
 */
function identifyWithProof(
	fleet: Fleet,
	{ request, tpm }: InputOf<"enroll">,
	proven: Assignment | undefined,
): Identified {
	const found = identify(fleet, request, tpm?.ek ?? null);
	if (!proven || (found.ok && fleet.machines.has(found.machineId))) return found;
	if (fleet.machines.has(proven.machineId)) return found;
	return { ok: true, machineId: proven.machineId, identity: "nic-and-serial" };
}

function isSameIncarnation(machine: Machine, { request }: InputOf<"enroll">): boolean {
	return machine.bootId === request.facts.bootId && machine.publicKey === request.publicKey;
}

/** A boot that was not observed when it enrolled shows itself again, and is seen this time. */
function seenNow(machine: Machine, input: InputOf<"enroll">): EventDraft[] {
	const { machineId, bootId, grade, unobserved, tokenMac } = machine;
	const { observedMac: mac } = input;
	if (grade !== "claimed" || unobserved === undefined || mac === undefined) return [];
	if (gradeOf({ ...input, tpm: undefined }, { machine, tokenMac }) !== "observed") return [];
	return [{ type: "boot-observed", machineId, bootId, mac }];
}

function enrolled(machineId: Machine["machineId"], { request }: InputOf<"enroll">) {
	return { kind: "enrolled", machineId, bootId: request.facts.bootId, publicKey: request.publicKey } as const;
}

/** Undefined when the proof alone is not enough; a token may still help. */
function enrollByProof(
	fleet: Fleet,
	input: InputOf<"enroll">,
	{ proven, at }: { readonly proven: Assignment; readonly at: Timestamp },
): Verdict | undefined {
	const machine = fleet.machines.get(proven.machineId);
	if (!machine) {
		return accept(comeBack(fleet, proven, input.request.facts, at), enrolled(proven.machineId, input));
	}
	// Generations count up over a machine's boots, so the higher one was booted later.
	if (machine.bootId !== proven.bootId && proven.generation <= takenGeneration(machine)) {
		return input.tokenHash === undefined ? fenced(machine, proven.bootId) : undefined;
	}
	const { events, answer } = enrollAs(fleet, input, {
		identified: { machineId: machine.machineId, identity: "proof" },
		labels: machine.labels,
		grade: gradeOf(input, { machine, tokenMac: undefined }),
	});
	if (!outrunsLog(fleet, proven)) return accept(events, answer);
	// A boot of which the log knows nothing keeps what it was given; it is no boot without memory.
	const [doubt, ...rest] = followProof(fleet, proven, at);
	const first = doubt?.type === "log-doubted";
	return accept(first ? [doubt, ...events, ...rest] : [...events, ...(doubt ? [doubt] : []), ...rest], answer);
}

interface Admission {
	readonly identified: {
		readonly machineId: Machine["machineId"];
		readonly identity: Machine["identity"];
		readonly conflict?: IdentityConflict;
	};
	readonly labels: Labels;
	readonly grade: Grade;
	readonly tokenId?: string;
	/** Events before the enrollment: which machines give way, and the token, if the log does not have it yet. */
	readonly first?: readonly EventDraft[];
	/** The MAC that its token was made for. */
	readonly mac?: Mac | undefined;
}

function enrollAs(fleet: Fleet, input: InputOf<"enroll">, admission: Admission): Verdict {
	const { machineId, identity, conflict } = admission.identified;
	const { facts, publicKey } = input.request;
	const { bootId } = facts;
	const machine = fleet.machines.get(machineId);
	const events: EventDraft[] = [...(admission.first ?? [])];
	if (machine && machine.bootId !== bootId && !machine.fenced.includes(machine.bootId)) {
		const wasAlive = machine.lease === "alive";
		const { publicKey } = machine;
		events.push({
			type: "incarnation-fenced",
			machineId,
			bootId: machine.bootId,
			successor: bootId,
			wasAlive,
			publicKey,
		});
	}
	const token = admission.tokenId === undefined ? {} : { tokenId: admission.tokenId };
	events.push({
		type: "machine-enrolled",
		machineId,
		bootId,
		publicKey,
		facts,
		identity,
		labels: admission.labels,
		grade: admission.grade,
		...(input.unobserved === undefined ? {} : { unobserved: input.unobserved }),
		...(input.tpm ? { tpm: input.tpm } : {}),
		...(admission.mac === undefined ? {} : { mac: admission.mac }),
		...(isOff(input.clockOffMs) ? { clockOffMs: input.clockOffMs } : {}),
		...token,
	});
	if (conflict && !machine) events.push({ type: "identity-conflict", machineId, ...conflict });
	return accept(events, enrolled(machineId, input));
}

/** The labels of a token are added to those that the machine has; too many are not taken. */
function mergeLabels(labels: Labels, added: Labels): Labels {
	const merged = { ...labels, ...added };
	return Object.keys(merged).length <= 32 ? merged : labels;
}
