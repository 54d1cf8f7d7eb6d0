import { CommandAnswer, type CommandReply, type CommandRequest } from "@rollcall/protocol";
import { Failure, failureOf } from "../errors.ts";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";
import { machinePath } from "./machine.ts";

/** A request before defaults are filled in. */
type Asked = {
	[K in CommandRequest["kind"]]: Partial<Extract<CommandRequest, { kind: K }>> & { kind: K };
}[CommandRequest["kind"]];

/** Sends a command to a machine and returns what its agent said. Throws Failure when it refused or is gone. */
export async function sendCommand(api: Api, id: string, command: Asked, query = ""): Promise<ApiAnswer<CommandAnswer>> {
	const answer = await api.ask(CommandAnswer, {
		method: "POST",
		path: machinePath(id, `/commands${query}`),
		body: command,
		subject: `machine ${id}: ${command.kind}`,
	});
	const { reply, machineId } = answer.value;
	if (reply.kind === "problem") throw failureOf({ ...reply.problem, machineId });
	return answer;
}

/** Narrows a reply to the one that fits the command. Throws Failure for another one. */
export function replyOf<K extends CommandReply["kind"]>(
	answer: CommandAnswer,
	kind: K,
): Extract<CommandReply, { kind: K }> {
	const { reply } = answer;
	if (reply.kind === kind) return reply as Extract<CommandReply, { kind: K }>;
	throw new Failure(`its agent answered ${reply.kind}, expected ${kind}`, { machineId: answer.machineId });
}
