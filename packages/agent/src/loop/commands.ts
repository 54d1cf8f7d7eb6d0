import type { Command } from "@rollcall/protocol";
import type { LinkEvents, Log, Units } from "../ports.ts";
import type { Passport } from "./passport.ts";
import type { TargetKeeper } from "./target-keeper.ts";

/** What commands act on. `uptimeSeconds` is the agent's own; `changed` is called after a reset. */
export interface CommandParts {
	readonly units: Units;
	readonly keeper: TargetKeeper;
	readonly passport: Passport;
	readonly log: Log;
	readonly uptimeSeconds: () => number;
	readonly changed: () => void;
}

type Answer = Awaited<ReturnType<LinkEvents["command"]>>;

/**
 * Answers an operator's command. A reboot or reset is answered before it begins; its end is seen by what follows: a new boot
 * id, or a hello with generation 0. Commands for another boot of this machine are refused.
 */
export async function answerCommand(parts: CommandParts, command: Command): Promise<Answer> {
	const { units, keeper, passport, log } = parts;
	const { bootId } = passport.identity();
	if (command.bootId !== bootId) {
		const message = `the command is for boot ${command.bootId}, this is boot ${bootId}`;
		return { reply: { kind: "problem", problem: { code: "incarnation-fenced", message } } };
	}
	if (command.kind === "ping") {
		const generation = keeper.running()?.target.generation ?? 0;
		return { reply: { kind: "pong", bootId, generation, uptimeSeconds: parts.uptimeSeconds() } };
	}
	if (command.kind === "logs") return { reply: await units.logs(command) };
	log.warn("command taken", { command: command.kind, commandId: command.commandId });
	if (command.kind === "reboot") {
		const failed = (error: Error) => log.error("the machine does not reboot", { reason: error.message });
		return { reply: { kind: "accepted" }, after: () => void units.reboot().catch(failed) };
	}
	return { reply: { kind: "accepted" }, after: () => void keeper.reset().then(parts.changed) };
}
