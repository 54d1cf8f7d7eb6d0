import {
	type BootId,
	type EventDraft,
	type Grade,
	type MachineId,
	macsOf,
	type ProblemCode,
	type Timestamp,
} from "@rollcall/protocol";
import { type Fleet, MAX_HELD, type Machine, type Token } from "../fleet.ts";
import { evidenceOf } from "../identity/evidence.ts";
import { type Hold, holdReason } from "../identity/hold.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { refuse } from "./verdict.ts";

type TokenCreated = Extract<EventDraft, { type: "token-created" }>;

export type CheckedToken =
	/** `unwritten`: a signed token, which is written down together with its use. */
	| { readonly ok: true; readonly token: Token; readonly unwritten: readonly EventDraft[] }
	| { readonly ok: false; readonly verdict: Verdict };

/** Whether the token of an enrollment lets this machine in. Every refusal is an event, so that an operator sees it. */
export function checkToken(
	fleet: Fleet,
	input: InputOf<"enroll">,
	machine: { readonly machineId: MachineId; readonly at: Timestamp },
): CheckedToken {
	const tokenId =
		input.signedToken?.tokenId ?? (input.tokenHash === undefined ? undefined : fleet.tokenByHash.get(input.tokenHash));
	const written = tokenId === undefined ? undefined : fleet.tokens.get(tokenId);
	const created = written ? undefined : creationOf(input);
	const token = written ?? (created && { ...created, scope: "enroll" as const, createdAt: machine.at, revoked: false });
	const finding = findFault(fleet, input, { token, at: machine.at });
	if (token && !finding) return { ok: true, token, unwritten: created ? [created] : [] };
	const { machineId } = machine;
	const { code, reason } = finding ?? { code: "token-unknown", reason: "the token is not known" };
	return {
		ok: false,
		verdict: refuse(
			{
				code,
				message: `machine ${machineId} cannot enroll: ${reason}`,
				next: "boot it again, so that it fetches a new token, or create one for it",
				machineId,
				path: "token",
			},
			[
				{
					type: "enrollment-refused",
					...(token ? { tokenId: token.tokenId } : {}),
					machineId,
					reason,
					remote: input.remote.slice(0, 64),
				},
			],
		),
	};
}

/** A signed token as the log records it at its use. */
function creationOf({ signedToken, tokenHash }: InputOf<"enroll">): TokenCreated | undefined {
	if (!signedToken || tokenHash === undefined) return undefined;
	return { type: "token-created", ...signedToken, hash: tokenHash, scope: "enroll", labels: {}, by: "boot" };
}

function findFault(
	fleet: Fleet,
	input: InputOf<"enroll">,
	{ token, at }: { token: Token | undefined; at: Timestamp },
): { code: ProblemCode; reason: string } | undefined {
	if (input.tokenHash === undefined) {
		const reason =
			fleet.removed.size > 0 && input.request.proof ? "its proof does not count any more" : "it has no token";
		return { code: "unauthorized", reason };
	}
	if (!token) return { code: "token-unknown", reason: "the token is not known" };
	if (token.revoked) return { code: "token-revoked", reason: `the token ${token.tokenId} was revoked` };
	if (token.scope !== "enroll") {
		return {
			code: "forbidden",
			reason: `the token ${token.tokenId} is for the API (scope ${token.scope}), not for enrolling`,
		};
	}
	// The incarnation that used it is known by boot and key, and does not come this far.
	if (token.usedBy) {
		return { code: "token-used", reason: `the token ${token.tokenId} was used by ${token.usedBy.machineId} already` };
	}
	if (token.expiresAt !== undefined && at >= token.expiresAt) {
		return { code: "token-expired", reason: `the token ${token.tokenId} has expired` };
	}
	if (token.mac !== undefined && !macsOf(input.request.facts).includes(token.mac)) {
		return { code: "forbidden", reason: `the token ${token.tokenId} is for the machine with MAC ${token.mac}` };
	}
	return undefined;
}

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

/**
 * Keeps a boot waiting that claims to be a machine whose enrollment the log lost, while it is in doubt: etcd counts another boot of that machine as a
 * member, and nothing is left by which the two could be told apart. That member may live, and proves who it is when it is heard.
 */
export function holdForgotten(fleet: Fleet, machineId: MachineId, bootId: BootId): Verdict | undefined {
	if (!fleet.log?.doubt || fleet.machines.has(machineId) || fleet.removed.has(machineId)) return undefined;
	const member = fleet.etcd?.members.find((one) => one.machineId === machineId && one.removed !== "done");
	if (!member || member.bootId === bootId) return undefined;
	return refuse({
		code: "boot-waits",
		message: `boot ${bootId} of machine ${machineId} waits: boot ${member.bootId} of this machine holds etcd's memory, and the event log lost the entry by which it enrolled`,
		next: `it comes in when that boot has proved itself, or, where that machine was booted anew, after: rollcall log accept`,
		machineId,
	});
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
