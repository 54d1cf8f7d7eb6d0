import type { EventDraft, Grade, Timestamp } from "@rollcall/protocol";
import { type Fleet, MAX_HELD, type Machine } from "../fleet.ts";
import { evidenceOf } from "../identity/evidence.ts";
import { type Hold, holdReason } from "../identity/hold.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { refuse } from "./verdict.ts";

/** Where so many boots wait already, another one is recorded only when the oldest has waited for so long, in milliseconds. */
const HELD_AT_LEAST_MS = 60_000;

/** The boot that asks, and the machine that it claims to be. */
interface Asking {
	readonly machine: Machine;
	readonly input: InputOf<"enroll">;
	readonly grade: Grade;
	readonly contradiction: string | undefined;
	readonly at: Timestamp;
}

/** Keeps a new boot of a known machine waiting where it must; undefined: it may come in. Its token stays good. */
export function holdBack(fleet: Fleet, { machine, input, grade, contradiction, at }: Asking): Verdict | undefined {
	const { facts, publicKey } = input.request;
	const { bootId } = facts;
	const hold = holdReason(fleet, machine, { bootId, publicKey, grade, contradiction });
	if (!hold) return undefined;
	const { machineId } = machine;
	return refuse(
		{
			code: "boot-waits",
			message: `boot ${bootId} of machine ${machineId} waits: ${hold.reason}`.slice(0, 2048),
			next: hold.needsPerson
				? `look at the machine; rollcall approve ${machineId} --boot ${bootId} lets it in`
				: "it comes in by itself when that boot is silent for 10 s, says good-bye, or was told to reboot",
			machineId,
		},
		isNews(machine, { input, hold, at }) ? [recorded(machine, input, { ...hold, grade })] : [],
	);
}

function isNews(
	machine: Machine,
	{ input, hold, at }: { input: InputOf<"enroll">; hold: Hold; at: Timestamp },
): boolean {
	const { publicKey, facts } = input.request;
	const same = machine.held.find((one) => one.bootId === facts.bootId && one.publicKey === publicKey);
	if (same) return same.reason !== hold.reason && at - same.at >= HELD_AT_LEAST_MS;
	// Where a person allowed all of them and none came, the oldest gives way: else no other boot could ever be let in.
	const replaceable = machine.held.find(({ allowed }) => !allowed) ?? machine.held[0];
	return machine.held.length < MAX_HELD || (replaceable !== undefined && at - replaceable.at >= HELD_AT_LEAST_MS);
}

function recorded(
	{ machineId }: Machine,
	{ request, remote }: InputOf<"enroll">,
	hold: Hold & { grade: Grade },
): EventDraft {
	const { uuid, serial, macs } = evidenceOf(request.facts);
	return {
		type: "boot-held",
		machineId,
		bootId: request.facts.bootId,
		publicKey: request.publicKey,
		claims: {
			...(uuid === undefined ? {} : { uuid }),
			...(serial === undefined ? {} : { serial }),
			macs: [...macs],
			hostname: request.facts.hostname,
		},
		grade: hold.grade,
		remote: remote.slice(0, 64),
		needsPerson: hold.needsPerson,
		reason: hold.reason.slice(0, 1024),
	};
}
