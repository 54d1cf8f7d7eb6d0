import type { Command, CommandReply, Digest, MachineId } from "@rollcall/protocol";

/** What the coordinator says to agents. What they say to it arrives as inputs. */
export interface Bus {
	/** Tells an agent that a target is there. Losing it costs only time: the next beat shows the old generation. */
	notifyTarget(machineId: MachineId, generation: number): void;
	/** Tells an agent that the table of routes has this digest. Losing it costs only time: the agent asks now and then. */
	notifyRoutes(machineId: MachineId, digest: Digest): void;
	/** Sends a command and waits for its answer. Throws NoResponders at once when the agent is gone, or UnreadableAnswer. */
	command(machineId: MachineId, command: Command, timeoutMs: number): Promise<CommandReply>;
}
