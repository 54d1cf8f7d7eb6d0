import type { BootId, Timestamp } from "@rollcall/protocol";

/** A long action that was asked for and has not ended. */
export interface OpenCommand {
	readonly commandId: string;
	readonly command: "reboot" | "reset";
	/** The incarnation that it was sent to. */
	readonly bootId: BootId;
	/** That boot had a vote in etcd: the command ends when the machine votes again. */
	readonly voted?: true | undefined;
	readonly deadlineAt: Timestamp;
	readonly seq: number;
}

/** A long action that has ended. `failed`: why it was not done. */
export interface EndedCommand {
	readonly commandId: string;
	readonly deadlineAt: Timestamp;
	readonly failed?: string | undefined;
}
