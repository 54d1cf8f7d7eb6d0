import type { Msg } from "@nats-io/nats-core";
import {
	answerText,
	assignmentText,
	commandText,
	type HelloReply,
	type MachineId,
	ORDER_HEADER,
	type Problem,
	SIGNATURE_HEADER,
	sha256Hex,
} from "@rollcall/protocol";
import { isSignedByOne } from "../user-key.ts";

/** True when one of the fleet's keys signed this message as the answer to the question that its inbox was made for. */
export function isAnswerSigned(message: Msg, signers: readonly string[]): boolean {
	const text = answerText(message.subject, sha256Hex(message.data));
	return isSignedByOne(signers, text, message.headers?.get(SIGNATURE_HEADER));
}

/** Why a target must not be believed, whoever sent it; undefined: the fleet assigned it to this boot, with this generation and digest. */
export function acceptedRefusal(
	{ target, proof: { assignment, signature } }: Extract<HelloReply, { kind: "target" }>,
	boot: { machineId: MachineId; bootId: string; publicKey: string; signers: readonly string[] },
): string | undefined {
	if (!isSignedByOne(boot.signers, assignmentText(assignment), signature))
		return `the target of generation ${target.generation} is not signed by this machine's fleet`;
	const { machineId, bootId, publicKey } = assignment;
	if (machineId !== boot.machineId || bootId !== boot.bootId || publicKey !== boot.publicKey)
		return `the target of generation ${target.generation} was signed for boot ${bootId} of machine ${machineId}`;
	return assignment.generation === target.generation && assignment.digest === target.digest
		? undefined
		: `the target of generation ${target.generation} is not the one that was signed`;
}

/** Tells commands of the fleet from others, and new ones from those that were sent before. */
export interface OrderCheck {
	/** Undefined: take it. `highest`: the number that the next command must be above. */
	refusal(message: Msg): { readonly problem: Problem; readonly highest?: number } | undefined;
}

/** Numbers count up for as long as the agent runs; a command that somebody recorded and sends again is refused. */
export function createOrderCheck(signers: () => readonly string[]): OrderCheck {
	let highest = 0;
	return {
		refusal(message) {
			const order = Number(message.headers?.get(ORDER_HEADER) || Number.NaN);
			const text = commandText(message.subject, order, sha256Hex(message.data));
			if (!Number.isSafeInteger(order) || !isSignedByOne(signers(), text, message.headers?.get(SIGNATURE_HEADER))) {
				const next = "look who has the right to send commands on the bus";
				return {
					problem: { code: "unauthorized", message: "the command is not signed by this machine's fleet", next },
				};
			}
			if (order <= highest) {
				const text = `the command has number ${order}, and number ${highest} was taken already`;
				return { problem: { code: "conflict", message: text, next: "send it again" }, highest };
			}
			highest = order;
			return undefined;
		},
	};
}
