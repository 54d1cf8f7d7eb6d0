import { MachineId } from "./ids.ts";

/** Everything that rollcall says on the bus begins with this. */
export const SUBJECT_ROOT = "rollcall.v1";

/** What agents publish, and what the coordinator publishes to one agent. */
export const UP_VERBS = ["hello", "beat", "report", "certify", "routes", "bye"] as const;
export type UpVerb = (typeof UP_VERBS)[number];
export const DOWN_VERBS = ["target", "command"] as const;
export type DownVerb = (typeof DOWN_VERBS)[number];

/** Where an agent publishes a message of this kind. */
export function upSubject(machineId: MachineId, verb: UpVerb): string {
	return `${SUBJECT_ROOT}.up.${machineId}.${verb}`;
}

/** Where the coordinator publishes a message of this kind to one agent. */
export function downSubject(machineId: MachineId, verb: DownVerb): string {
	return `${SUBJECT_ROOT}.down.${machineId}.${verb}`;
}

/**
 * Where one agent answers one command. The coordinator names it as the reply subject of the command, so that an agent needs
 * no right to publish anywhere but below its own `up`. `nonce` is one token.
 */
export function answerSubject(machineId: MachineId, nonce: string): string {
	return `${SUBJECT_ROOT}.up.${machineId}.answer.${nonce}`;
}

/** What the coordinator subscribes to: one verb of all machines. */
export function upWildcard(verb: UpVerb): string {
	return `${SUBJECT_ROOT}.up.*.${verb}`;
}

/** The prefix of the inboxes of one agent. Replies to it go below this prefix and nowhere else. */
export function inboxPrefix(machineId: MachineId): string {
	return `_INBOX_rollcall.${machineId}`;
}

/** The sender of a message, taken from its subject (never from its payload). Undefined when the subject is not one of ours. */
export function parseUpSubject(subject: string): { machineId: MachineId; verb: UpVerb } | undefined {
	const parts = subject.split(".");
	if (parts.length !== 5 || `${parts[0]}.${parts[1]}` !== SUBJECT_ROOT || parts[2] !== "up") return undefined;
	const machineId = MachineId.safeParse(parts[3]);
	const verb = UP_VERBS.find((known) => known === parts[4]);
	return machineId.success && verb ? { machineId: machineId.data, verb } : undefined;
}

/** True when `reply` lies below the inbox prefix of this machine, so that answering it cannot reach anybody else. */
export function isOwnInbox(machineId: MachineId, reply: string | undefined): reply is string {
	return reply?.startsWith(`${inboxPrefix(machineId)}.`) === true && !/[*>\s]/.test(reply);
}

/** The NATS permissions of one incarnation's user: allow lists only (`docs/protocol.md`). */
export function agentPermissions(machineId: MachineId): { publish: string[]; subscribe: string[] } {
	return {
		publish: [...UP_VERBS.map((verb) => upSubject(machineId, verb)), answerSubject(machineId, "*")],
		subscribe: [...DOWN_VERBS.map((verb) => downSubject(machineId, verb)), `${inboxPrefix(machineId)}.>`],
	};
}
