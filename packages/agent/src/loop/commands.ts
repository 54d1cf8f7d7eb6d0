import type { Command, CommandReply } from "@rollcall/protocol";
import type { LinkEvents, Log, Units } from "../ports.ts";
import type { BootIdentity } from "./boot-identity.ts";
import type { TargetKeeper } from "./target-keeper.ts";

/** What commands act on. `uptimeSeconds` is the agent's own; `changed` is called after a reset. */
export interface CommandParts {
	readonly units: Units;
	readonly keeper: TargetKeeper;
	readonly identity: BootIdentity;
	readonly log: Log;
	readonly uptimeSeconds: () => number;
	readonly changed: () => void;
	/** The reboot or reset that was accepted last; it is not done twice. */
	readonly taken: { commandId?: string };
}

/** Others are believed from now on, on connections that are made from now on. What holds no certificate changes nothing. */
function believe({ identity, log }: CommandParts, authority: string): CommandReply {
	const fault = identity.believe(authority);
	if (fault !== undefined) {
		const message = `the authorities of the listeners are not taken: ${fault}`;
		return { kind: "problem", problem: { code: "bad-request", message } };
	}
	log.info("other authorities of the listeners are believed", {});
	return { kind: "accepted" };
}

type Answer = Awaited<ReturnType<LinkEvents["command"]>>;

/**
 * Answers an operator's command. A reboot or reset is answered before it begins; its end is seen by what follows: a new boot
 * id, or a hello with generation 0. Commands for another boot of this machine are refused.
 */
export async function answerCommand(parts: CommandParts, command: Command): Promise<Answer> {
	const { units, keeper, identity, log } = parts;
	const { bootId } = identity.current();
	if (command.bootId !== bootId) {
		const message = `the command is for boot ${command.bootId}, this is boot ${bootId}`;
		return { reply: { kind: "problem", problem: { code: "incarnation-fenced", message } } };
	}
	if (command.kind === "ping") {
		const generation = keeper.running()?.target.generation ?? 0;
		return { reply: { kind: "pong", bootId, generation, uptimeSeconds: parts.uptimeSeconds() } };
	}
	if (command.kind === "logs") return { reply: await units.logs(command) };
	if (command.kind === "believe") return { reply: believe(parts, command.authority) };
	if (parts.taken.commandId === command.commandId) return { reply: { kind: "accepted" } };
	parts.taken.commandId = command.commandId;
	log.warn("command taken", { command: command.kind, commandId: command.commandId });
	if (command.kind === "reboot") {
		const failed = (error: Error) => log.error("the machine does not reboot", { reason: error.message });
		return { reply: { kind: "accepted" }, after: () => void units.reboot().catch(failed) };
	}
	return { reply: { kind: "accepted" }, after: () => void keeper.reset(command.forgets).then(parts.changed) };
}
