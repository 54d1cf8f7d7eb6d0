import type { BootId, Timestamp } from "@rollcall/protocol";
import { lengthText } from "../views/length-text.ts";

/** A clock that is off by less is called right: one that asks time servers keeps within milliseconds, and the way here takes some. */
export const OFF_MS = 5_000;
/** A machine whose clock is off by this much gets no role: certificates and tokens of others would not be valid for it, or its own not for them. */
export const FAR_OFF_MS = 300_000;

/** How far the clock of a machine's live boot is ahead of the coordinator's, as it was told last, and when that was. Milliseconds. */
export interface MachineClock {
	readonly offMs: number;
	readonly at: Timestamp;
}

/** What a boot said of its clock: its date, less what the coordinator's monotonic clock showed when that was heard. Milliseconds. */
export interface ClockReading {
	readonly bootId: BootId;
	readonly lead: number;
}

interface Clocked {
	readonly clock?: MachineClock | undefined;
}

/** How far a machine's clock is off, in milliseconds; undefined when the difference is small or unknown. */
export function clockOff({ clock }: Clocked): number | undefined {
	return clock && clock.offMs !== 0 ? clock.offMs : undefined;
}

/** True for a difference that people are told about. */
export function isOff(offMs: number | undefined): boolean {
	return offMs !== undefined && Math.abs(offMs) >= OFF_MS;
}

/** True for a machine whose clock is too far off for any role. */
export function isFarOff({ clock }: Clocked): boolean {
	return clock !== undefined && Math.abs(clock.offMs) >= FAR_OFF_MS;
}

/** True for a boot that runs nothing yet, and may not before its clock is right. One that runs something keeps it. */
export function waitsForClock(
	machine: Clocked & {
		readonly bootId: BootId;
		readonly target?: { readonly bootId: BootId } | undefined;
	},
): boolean {
	return machine.target?.bootId !== machine.bootId && isFarOff(machine);
}

/** True where what is certified now, for so long, would be valid by the machine's own clock, for half of its life at least. */
export function wouldHold({ clock }: Clocked, lifeMs: number): boolean {
	return clock === undefined || (clock.offMs > -FAR_OFF_MS && clock.offMs < lifeMs / 2);
}

/** How a clock is off, in words. */
export function offText(offMs: number): string {
	return `${lengthText(Math.abs(offMs))} ${offMs > 0 ? "ahead of" : "behind"} the coordinator's`;
}

/** The same of a machine, as a sentence about it; undefined when its clock is right. */
export function clockText(machine: Clocked): string | undefined {
	const off = clockOff(machine);
	return off === undefined ? undefined : `its clock is ${offText(off)}`;
}

/** What a person can do about a machine's clock. */
export function clockAdvice(
	document: { readonly time?: object | undefined } | undefined,
	{ facts }: { readonly facts: { readonly timeService?: object | undefined } },
): string {
	const how = !document?.time
		? "time.servers of the document names time servers to machines"
		: facts.timeService
			? "see that it reaches a time server of the document"
			: "it has neither systemd-timesyncd nor chrony that could ask the document's time servers";
	return `set the machine's clock right, or the coordinator's if that is the wrong one; ${how}`;
}
