import type { BootId, Grade, UserPublicKey } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { lackFor } from "../grades.ts";

/** A boot that claims to be a known machine. */
export interface NewBoot {
	readonly bootId: BootId;
	readonly publicKey: UserPublicKey;
	readonly grade: Grade;
	/** What the boot reports differently from the known machine. */
	readonly contradiction?: string | undefined;
}

/** Why a boot has to wait. `needsPerson`: it will not be let in by itself. */
export interface Hold {
	readonly needsPerson: boolean;
	readonly reason: string;
}

/**
 * Why a new boot of a known machine is not let in yet; undefined: it may take the place of the boot before. What it says is no
 * proof: while the live boot goes on, only a reboot that was asked for, or a person, lets another one in.
 */
export function holdReason(fleet: Fleet, machine: Machine, boot: NewBoot): Hold | undefined {
	if (isAllowed(machine, boot)) return undefined;
	if (boot.contradiction !== undefined) return { needsPerson: true, reason: boot.contradiction };
	const slot = fleet.cluster?.document.slots.find(({ name }) => name === machine.seat?.slot);
	const lack = slot && lackFor(slot, { ...machine, bootId: boot.bootId, grade: boot.grade });
	if (lack !== undefined) return { needsPerson: true, reason: `its seat ${machine.seat?.seat} is not for it: ${lack}` };
	if (machine.lease === "lost" || wasToldToReboot(machine)) return undefined;
	const reason =
		machine.bootId === boot.bootId
			? "another key speaks for this boot, and it is alive"
			: `boot ${machine.bootId} of this machine is alive`;
	return { needsPerson: false, reason };
}

/** True where a person let this very boot, with this very key, in. */
export function isAllowed(machine: Machine, { bootId, publicKey }: Pick<NewBoot, "bootId" | "publicKey">): boolean {
	return machine.held.some((one) => one.allowed && one.bootId === bootId && one.publicKey === publicKey);
}

function wasToldToReboot({ command, bootId }: Machine): boolean {
	return command?.command === "reboot" && command.bootId === bootId;
}
