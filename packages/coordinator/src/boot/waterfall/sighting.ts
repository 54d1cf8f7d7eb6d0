import type { BootStage, Mac } from "@rollcall/protocol";

/** Something that the boot endpoints saw. Whoever keeps it bounds it: anybody can ask. */
export interface BootSighting {
	readonly stage: BootStage;
	readonly outcome: "served" | "refused";
	/** Why it was refused. */
	readonly reason?: string;
	readonly mac?: Mac | undefined;
	readonly uuid?: string | undefined;
	/** The address that asked. */
	readonly remote: string;
	readonly group?: string;
	/** Absent for a script that lets a person choose. */
	readonly profile?: string;
	/** The asset's name, where the stage is a download. */
	readonly asset?: string;
}
