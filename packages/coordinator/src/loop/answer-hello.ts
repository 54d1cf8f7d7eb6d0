import type { Assignment, Hello, HelloReply, MachineId } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer } from "../domain/inputs.ts";
import type { Credentials } from "../ports.ts";
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
		? { jwt: (await parts.credentials.issue(machineId, hello.bootId, hello.publicKey)).jwt }
		: {};
	const wait = (reason: string): HelloReply => ({ kind: "wait", reason, ...renewed });
	if (answer.kind === "wait") return wait(answer.reason);
	const machine = parts.fleet.machines.get(machineId);
	if (!machine?.seat || !machine.target) return wait("the role is being decided");
	const { seat, target } = machine;
	const rendered = parts.targets.render(parts.fleet, machine, seat);
	if (!rendered.ok) return wait(rendered.reason);
	const summary = parts.targets.summarize(parts.fleet, machine, seat);
	if (!summary.ok || summary.digest !== target.digest) return wait("the target is being renewed");
	const { digest } = summary;
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
	};
	return {
		kind: "target",
		target: { machineId, generation: target.generation, digest, content: rendered.content },
		proof: parts.credentials.sign(assignment),
		...renewed,
	};
}
