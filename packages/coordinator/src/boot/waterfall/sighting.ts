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

/** A file that was asked for and could not be sent. Only the address tells which machine asked. */
export interface MissedAsset {
	readonly outcome: "missed";
	/** Why, with the asset's name. */
	readonly reason: string;
	/** What brings the file. */
	readonly next: string;
	readonly remote: string;
}
