import {
	type Assignment,
	type Digest,
	digestOf,
	type Hello,
	type HelloReply,
	type MachineId,
	type TargetContent,
} from "@rollcall/protocol";
import { invalidOf } from "../domain/certificates/certified.ts";
import type { Fleet, Machine } from "../domain/fleet.ts";
import type { Answer } from "../domain/inputs.ts";
import { emptyFor, emptySeat, isLeaving } from "../domain/seats/leaving.ts";
import type { Credentials } from "../ports/credentials.ts";
import { timeFile } from "../render/time-file.ts";
import type { RememberedTargets } from "./remembered-targets.ts";

/** Turns the domain's answer to a hello into the message: renders the target, signs the assignment, renews the JWT. */
export async function answerHello(
	question: { machineId: MachineId; hello: Hello; answer: Answer },
	parts: { fleet: Fleet; targets: RememberedTargets; credentials: Credentials },
): Promise<HelloReply> {
	const { machineId, hello, answer } = question;
	if (answer.kind === "problem") return { kind: "problem", problem: answer.problem };
	if (answer.kind === "fenced") return { kind: "fenced", reason: answer.reason };
	const renewed = hello.renew
		? {
				jwt: (await parts.credentials.issue(machineId, hello.bootId, hello.publicKey)).jwt,
				signers: [...parts.credentials.signers],
			}
		: {};
	const machine = parts.fleet.machines.get(machineId);
	const document = parts.fleet.cluster?.document;
	const time = document && machine?.approval === "approved" ? timeFile(document, machine.facts) : undefined;
	const more = { ...renewed, ...(time ? { time } : {}) };
	const wait = (reason: string): HelloReply => ({ kind: "wait", reason, ...more });
	if (answer.kind === "wait") return wait(answer.reason);
	if (!machine?.target) return wait("the role is being decided");
	const { target } = machine;
	const seat = isLeaving(machine) ? emptySeat(machine) : machine.seat;
	if (!seat) return wait("the role is being decided");
	const held = contentFor(machine, parts);
	if (!held.ok) return wait(held.reason);
	const { content, digest } = held;
	if (digest !== target.digest) return wait("the target is being renewed");
	const assignment: Assignment = {
		machineId,
		bootId: machine.bootId,
		publicKey: machine.publicKey,
		labels: machine.labels,
		cluster: seat.cluster,
		slot: seat.slot,
		seat: seat.seat,
		role: seat.role as Assignment["role"],
		nodeName: seat.nodeName,
		pinned: seat.pinned,
		generation: target.generation,
		digest,
		assignedAt: seat.at,
		...(machine.podNetworks && machine.seat ? { podNetworks: [...machine.podNetworks.networks] } : {}),
	};
	return {
		kind: "target",
		target: { machineId, generation: target.generation, digest, content },
		proof: parts.credentials.sign(assignment),
		...(invalidOf(machine) ? { certificates: "renew" as const } : {}),
		...more,
	};
}

type Content =
	| { readonly ok: true; readonly content: TargetContent; readonly digest: Digest }
	| { readonly ok: false; readonly reason: string };

/** What a machine is to have now: what its seat means, or nothing. */
function contentFor(machine: Machine, { fleet, targets }: { fleet: Fleet; targets: RememberedTargets }): Content {
	if (isLeaving(machine)) {
		const content = emptyFor(fleet, machine);
		return { ok: true, content, digest: digestOf(content) };
	}
	if (!machine.seat) return { ok: false, reason: "the role is being decided" };
	const rendered = targets.render(fleet, machine, machine.seat);
	const summary = targets.summarize(fleet, machine, machine.seat);
	if (!rendered.ok) return rendered;
	return summary.ok ? { ok: true, content: rendered.content, digest: summary.digest } : summary;
}
