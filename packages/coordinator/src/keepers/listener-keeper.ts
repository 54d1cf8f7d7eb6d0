import { type BootId, type MachineId, MOST_CONFIRMED } from "@rollcall/protocol";
import { untold } from "../domain/certificates/listeners.ts";
import type { Machine } from "../domain/fleet.ts";
import { NoResponders } from "../errors.ts";
import type { Bus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import type { ListenerSuccession } from "../ports/listener-succession.ts";
import { inRounds } from "./rounds.ts";

/** What telling machines of the listeners' authorities needs. */
export interface ListenerKeeperParts {
	readonly core: Pick<Core, "fleet" | "actsIn" | "submit">;
	readonly bus: Pick<Bus, "command">;
	readonly clock: Pick<Clock, "monotonic" | "sleep">;
	readonly listeners: Pick<ListenerSuccession, "known">;
	/** The authority of an external bus, PEM, which machines are told beside them. */
	readonly ofBus: string | undefined;
	readonly onTrouble: (what: string, error?: unknown) => void;
	/** Between looks, in milliseconds; a second without it. */
	readonly everyMs?: number;
}

const ANSWER_MS = 5_000;
/** So many machines are asked at once. */
const AT_ONCE = 64;
/** A machine that did not confirm is asked again after so long, in milliseconds; doubled each time. */
const AGAIN_MS = 2_000;
const AGAIN_AT_MOST_MS = 300_000;

interface Tried {
	readonly bootId: BootId;
	readonly since: number;
	readonly waitMs: number;
	readonly notBefore: number;
}

type Confirmed = { readonly machineId: MachineId; readonly bootId: BootId };

/**
 * Tells each live machine whom the listeners are to be believed by, whenever that has changed, and records who confirmed it. Only while
 * this coordinator leads, and has the key of who signs: else it knows less than the machines. Ends with `signal`.
 */
export async function keepListeners(parts: ListenerKeeperParts, signal: AbortSignal): Promise<void> {
	const tried = new Map<MachineId, Tried>();
	const round = async (): Promise<void> => {
		if (parts.core.actsIn() !== undefined) await look(parts, tried);
	};
	const onTrouble = (error: unknown): void =>
		parts.onTrouble("machines could not be told of the listeners' authorities; trying again", error);
	await inRounds(round, { sleep: parts.clock.sleep, everyMs: parts.everyMs ?? 1_000, onTrouble }, signal);
}

async function look(parts: ListenerKeeperParts, tried: Map<MachineId, Tried>): Promise<void> {
	const { core, clock, listeners, ofBus } = parts;
	const fleet = core.fleet();
	const said = fleet.listeners;
	if (!said || !listeners.known().some(({ fingerprint }) => fingerprint === said.listeners.signing)) return;
	const waiting = untold(fleet);
	const ids = new Set(waiting.map(({ machineId }) => machineId));
	for (const machineId of tried.keys()) if (!ids.has(machineId)) tried.delete(machineId);
	const authority = [...said.listeners.certificates.map(({ pem }) => pem), ...(ofBus ? [ofBus] : [])].join("\n");
	const due = waiting.filter(({ machineId, bootId }) => {
		const last = tried.get(machineId);
		return !last || last.bootId !== bootId || last.since !== said.since || clock.monotonic() >= last.notBefore;
	});
	for (let from = 0; from < due.length && core.actsIn() !== undefined; from += AT_ONCE) {
		const asked = due.slice(from, from + AT_ONCE);
		const answers = await Promise.all(asked.map((machine) => tell(parts, machine, authority)));
		const confirmed: Confirmed[] = [];
		for (const [index, { machineId, bootId }] of asked.entries()) {
			if (answers[index] === true) confirmed.push({ machineId, bootId });
			else tried.set(machineId, again(tried.get(machineId), { bootId, since: said.since, now: clock.monotonic() }));
		}
		for (let next = 0; next < confirmed.length; next += MOST_CONFIRMED) {
			const machines = confirmed.slice(next, next + MOST_CONFIRMED);
			await core.submit({ kind: "listeners-believed", since: said.since, machines });
		}
	}
}

function again(
	last: Tried | undefined,
	{ bootId, since, now }: { readonly bootId: BootId; readonly since: number; readonly now: number },
): Tried {
	const isSame = last?.bootId === bootId && last.since === since;
	const waitMs = isSame ? Math.min(last.waitMs * 2, AGAIN_AT_MOST_MS) : AGAIN_MS;
	return { bootId, since, waitMs, notBefore: now + waitMs };
}

/** True when the agent has confirmed it. */
async function tell(
	{ bus, onTrouble }: ListenerKeeperParts,
	{ machineId, bootId }: Machine,
	authority: string,
): Promise<boolean> {
	try {
		const reply = await bus.command(machineId, { kind: "believe", bootId, authority }, ANSWER_MS);
		if (reply.kind === "accepted") return true;
		if (reply.kind === "problem")
			onTrouble(`machine ${machineId} does not take the listeners' new authority: ${reply.problem.message}`);
	} catch (error) {
		// One that is not connected is asked again; leases tell of it.
		if (!(error instanceof NoResponders))
			onTrouble(`machine ${machineId} does not say whether it believes the listeners' new authority`, error);
	}
	return false;
}
