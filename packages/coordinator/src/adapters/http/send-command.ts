import { randomUUID } from "node:crypto";
import type { Command, CommandAnswer, CommandReply, CommandRequest } from "@rollcall/protocol";
import { dateOf } from "../../domain/clocks/log-clock.ts";
import type { Machine } from "../../domain/fleet.ts";
import type { Guarded } from "../../domain/inputs.ts";
import { NoResponders, UnreadableAnswer } from "../../errors.ts";
import { askCore } from "./ask-core.ts";
import type { Api } from "./dependencies.ts";
import { Refusal, refuse } from "./problem.ts";

type LiveRequest = Extract<CommandRequest, { kind: "ping" | "logs" }>;
type LongRequest = Extract<CommandRequest, { kind: "reboot" | "reset" }>;

function unreachable(machine: Machine, message: string, next: string): Refusal {
	return refuse("machine-unreachable", `machine ${machine.machineId}: ${message}`, {
		machineId: machine.machineId,
		next,
	});
}

async function deliver(api: Api, machine: Machine, command: Command): Promise<CommandReply> {
	try {
		return await api.bus.command(machine.machineId, command, api.limits.commandTimeoutMs);
	} catch (error) {
		if (error instanceof NoResponders) throw error;
		api.log.warn({ err: error, machineId: machine.machineId, command: command.kind }, "a command was not answered");
		const why =
			error instanceof UnreadableAnswer
				? "its answer cannot be read"
				: `no answer within ${api.limits.commandTimeoutMs / 1000} s`;
		throw unreachable(
			machine,
			`${why}; it may have taken the command`,
			`rollcall show ${machine.machineId} tells how it goes on`,
		);
	}
}

/** Which machine answers, and whether it is a rehearsal of one. */
function named({ machineId, seat, facts }: Machine): Pick<CommandAnswer, "machineId" | "nodeName" | "rehearsal"> {
	return { machineId, ...(seat ? { nodeName: seat.nodeName } : {}), rehearsal: facts.rehearsal };
}

/** Asks an agent something and passes its answer on. Nothing is recorded. Throws a Refusal. */
export async function askAgent(api: Api, machine: Machine, request: LiveRequest): Promise<CommandAnswer> {
	const { bootId = machine.bootId, ...rest } = request;
	try {
		const reply = await deliver(api, machine, { ...rest, bootId });
		if (reply.kind === "problem") throw new Refusal(reply.problem);
		return { ...named(machine), reply };
	} catch (error) {
		if (!(error instanceof NoResponders)) throw error;
		throw unreachable(machine, "its agent is not connected", `rollcall why ${machine.machineId}`);
	}
}

/**
 * Records a reboot or reset with its deadline, then sends it. An agent that is not connected, or refuses, ends the command at
 * once; one that does not answer leaves it open until its end is seen or its deadline passes. `key`: names the command, so that the same one is not
 * begun twice. Throws a Refusal.
 */
export async function startCommand(
	api: Api,
	machine: Machine,
	{ request, by, loss, key }: { request: LongRequest; by: string; loss: Guarded; key: string | undefined },
): Promise<CommandAnswer> {
	const { machineId } = machine;
	if (api.core.actsIn() === undefined)
		throw refuse(
			"not-ready",
			`machine ${machineId} is not sent the ${request.kind}: whoever led before may still act`,
			{
				machineId,
				next: "try again in a few seconds",
			},
		);
	const wanted = { commandId: key ?? randomUUID(), deadlineAt: api.clock.now() + request.deadlineSeconds * 1000 };
	const recorded = await askCore(
		api.core,
		{ kind: "command", machineId, command: request.kind, by, ...wanted, ...loss },
		"command",
	);
	const { bootId, commandId } = recorded;
	// The log has its own time; whoever asks gets the date, and from each coordinator the same.
	const deadlineAt = dateOf(api.core.fleet(), recorded.deadlineAt);
	if (recorded.over) return { ...named(machine), reply: { kind: "accepted" }, commandId, deadlineAt };
	const fail = async (reason: string): Promise<void> => {
		await api.core.submit({ kind: "command-failed", machineId, commandId, reason: reason.slice(0, 1024) });
	};
	api.failpoint("command:before-send");
	if (api.core.actsIn() === undefined) {
		const text = `machine ${machineId} was not sent the ${request.kind}: this coordinator does not lead any more`;
		throw new Refusal({ code: "not-leader", message: text, machineId, next: "ask again" });
	}
	try {
		const reply = await deliver(api, machine, { kind: request.kind, bootId, commandId });
		if (reply.kind === "problem") {
			await fail(`the agent refused: ${reply.problem.message}`);
			throw new Refusal(reply.problem);
		}
		return { ...named(machine), reply, commandId, deadlineAt };
	} catch (error) {
		if (!(error instanceof NoResponders)) throw error;
		await fail("the agent is not connected");
		throw unreachable(
			machine,
			`its agent is not connected, so it was not sent the ${request.kind}`,
			`rollcall why ${machineId}`,
		);
	}
}
