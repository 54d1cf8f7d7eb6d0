import { randomUUID } from "node:crypto";
import { headers, type Msg } from "@nats-io/transport-node";
import {
	answerSubject,
	type Command,
	CommandReply,
	commandText,
	decode,
	downSubject,
	encode,
	type MachineId,
	ORDER_HEADER,
	SIGNATURE_HEADER,
	sha256Hex,
} from "@rollcall/protocol";
import { NoResponders, UnreadableAnswer } from "../../errors.ts";
import type { Bus } from "../../ports/bus.ts";
import type { Credentials } from "../../ports/credentials.ts";
import type { BusConnection } from "./connect.ts";
import { isNoResponders } from "./no-responders.ts";

/** What the coordinator says to agents, over this connection. `wall`: the date, in milliseconds since 1970. */
export function createBus(
	{ nc, connected }: BusConnection,
	credentials: Pick<Credentials, "signText">,
	wall: () => number,
): Bus {
	// Numbers of commands count up over restarts by the clock; one that was set back is overtaken by what agents answer.
	let last = 0;
	const ask = async (machineId: MachineId, command: Command, timeoutMs: number): Promise<Msg> => {
		last = Math.max(last + 1, wall());
		const subject = downSubject(machineId, "command");
		const payload = encode(command);
		const signed = headers();
		signed.set(ORDER_HEADER, String(last));
		signed.set(SIGNATURE_HEADER, credentials.signText(commandText(subject, last, sha256Hex(payload))));
		// The agent may answer below its own `up` and nowhere else, and nobody else can guess the last token.
		const reply = answerSubject(machineId, randomUUID());
		return await nc.request(subject, payload, { timeout: timeoutMs, noMux: true, reply, headers: signed });
	};
	/** True when the agent has taken a higher number, which the next one is above. */
	const isOvertaken = (answer: Msg): boolean => {
		const highest = Number(answer.headers?.get(ORDER_HEADER) || Number.NaN);
		if (!Number.isSafeInteger(highest) || highest < last) return false;
		last = highest;
		return true;
	};
	return {
		notifyTarget: (machineId, generation) => {
			if (connected()) nc.publish(downSubject(machineId, "target"), encode({ generation }));
		},
		notifyRoutes: (machineId, routes) => {
			if (connected()) nc.publish(downSubject(machineId, "target"), encode({ generation: 0, routes }));
		},
		command: async (machineId, command, timeoutMs) => {
			if (!connected())
				throw new Error(`command ${command.kind} for machine ${machineId} was not sent: the bus is not connected`);
			const answer = await ask(machineId, command, timeoutMs)
				.then(async (first) => (isOvertaken(first) ? await ask(machineId, command, timeoutMs) : first))
				.catch((error: unknown) => {
					if (isNoResponders(error))
						throw new NoResponders(`the agent of machine ${machineId} is not connected`, { cause: error });
					throw new Error(
						`machine ${machineId} did not answer command ${command.kind} within ${timeoutMs} ms: ${(error as Error).message}`,
						{ cause: error },
					);
				});
			const decoded = decode(CommandReply, answer.data, `answer of machine ${machineId} to ${command.kind}`);
			if (!decoded.ok) throw new UnreadableAnswer(decoded.problem.message);
			return decoded.value;
		},
	};
}
