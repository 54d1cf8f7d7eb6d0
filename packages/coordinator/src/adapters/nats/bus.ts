import { randomUUID } from "node:crypto";
import { NoRespondersError, RequestError } from "@nats-io/transport-node";
import { answerSubject, CommandReply, decode, downSubject, encode } from "@rollcall/protocol";
import { type Bus, NoResponders, UnreadableAnswer } from "../../ports.ts";
import type { BusConnection } from "./connect.ts";

/** What the coordinator says to agents, over this connection. */
export function createBus({ nc, connected }: BusConnection): Bus {
	return {
		notifyTarget: (machineId, generation) => {
			if (connected()) nc.publish(downSubject(machineId, "target"), encode({ generation }));
		},
		command: async (machineId, command, timeoutMs) => {
			if (!connected())
				throw new Error(`command ${command.kind} for machine ${machineId} was not sent: the bus is not connected`);
			// The agent may answer below its own `up` and nowhere else, and nobody else can guess the last token.
			const reply = answerSubject(machineId, randomUUID());
			const answer = await nc
				.request(downSubject(machineId, "command"), encode(command), { timeout: timeoutMs, noMux: true, reply })
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

function isNoResponders(error: unknown): boolean {
	return error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
}
