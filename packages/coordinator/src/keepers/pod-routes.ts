import {
	type Digest,
	type Event,
	type MachineId,
	type PodRoute,
	podRoutesDigest,
	type RoutesReply,
	type RoutesRequest,
} from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Bus } from "../ports/bus.ts";
import type { Core } from "../ports/core.ts";
import { podRouteOf } from "../render/pod-routes.ts";

/** What the keeper of the routes needs. `now`: the log's time; `monotonic`: for lengths. Milliseconds. */
export interface PodRoutesParts {
	readonly core: Pick<Core, "fleet" | "subscribe" | "actsIn">;
	readonly bus: Pick<Bus, "notifyRoutes">;
	readonly now: () => number;
	readonly monotonic: () => number;
}

/** Events after which a machine's route may be another one. */
const CHANGES: ReadonlySet<Event["type"]> = new Set([
	...(["machine-enrolled", "facts-changed", "machine-removed", "machine-assigned", "machine-released"] as const),
	...(["machine-reseated", "assignment-adopted", "pod-networks-dealt", "target-progress"] as const),
]);
/** So many changes are remembered, for agents that missed some. */
const REMEMBERED = 64;
/**
 * Between two times that all are told, in milliseconds: the more there are the longer, since each of them asks. A change after a quiet time is
 * told at once; none waits for a second.
 */
const LEAST_GAP_MS = 50;
const MOST_GAP_MS = 700;

interface Change {
	readonly from: Digest;
	readonly set: readonly PodRoute[];
	readonly gone: readonly string[];
}

/**
 * Keeps one table of the routes to all nodes' pods, and tells the nodes when it is another one: with its digest alone, so that a change is a
 * few hundred bytes for each of them. They ask for what changed since the table that they have. While a lost log is rebuilt by what machines
 * prove, the table is not known, and nobody is told one that lacks those who have yet to prove.
 */
export class PodRoutes {
	readonly #parts: PodRoutesParts;
	/** By machine. */
	#table = new Map<MachineId, PodRoute>();
	#digest = podRoutesDigest([]);
	#changes: Change[] = [];
	#doubtful = new Set<MachineId>();
	#leads = false;
	/** Those who were told last were told by another coordinator, perhaps. */
	#isUntold = false;
	#timer: NodeJS.Timeout | undefined;
	#toldAt = Number.NEGATIVE_INFINITY;
	readonly #unsubscribe: () => void;

	constructor(parts: PodRoutesParts) {
		this.#parts = parts;
		this.#unsubscribe = parts.core.subscribe((event) => this.#hear(event));
	}

	/** Begins anew when this coordinator begins to lead: whoever led before may have died before it told what it had recorded. */
	lead(leads: boolean): void {
		this.#leads = leads;
		this.#changes = [];
		this.#isUntold = leads;
		if (leads) this.#lookAtAll();
	}

	/** What an agent is to change in the table that it has. */
	answer(machineId: MachineId, { bootId, have }: RoutesRequest): RoutesReply {
		const machine = this.#parts.core.fleet().machines.get(machineId);
		if (machine?.fenced.includes(bootId)) return { kind: "fenced", reason: `boot ${bootId} is over` };
		if (machine?.bootId !== bootId || !machine.podNetworks) {
			const message = `machine ${machineId} has no share of the pod network in boot ${bootId}`;
			return { kind: "problem", problem: { code: "not-found", message, machineId } };
		}
		if (this.#isRebuilt()) {
			const message = "the fleet is being rebuilt by what machines prove";
			return { kind: "problem", problem: { code: "not-ready", message, next: "ask again in a few seconds" } };
		}
		this.#refresh();
		const since = have === this.#digest ? [] : this.#since(have);
		if (!since) return { kind: "table", digest: this.#digest, routes: [...this.#table.values()] };
		const after = new Map<string, PodRoute | undefined>();
		for (const { set, gone } of since) {
			for (const name of gone) after.set(name, undefined);
			for (const route of set) after.set(route.nodeName, route);
		}
		const set = [...after.values()].filter((route) => route !== undefined);
		const gone = [...after].flatMap(([name, route]) => (route ? [] : [name]));
		return { kind: "changes", digest: this.#digest, set, gone };
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#unsubscribe();
	}

	#since(have: Digest | undefined): readonly Change[] | undefined {
		const index = this.#changes.findLastIndex(({ from }) => from === have);
		return have === undefined || index < 0 ? undefined : this.#changes.slice(index);
	}

	#hear(event: Event): void {
		if (!this.#leads) return;
		if (event.type === "cluster-declared") this.#lookAtAll();
		else if (CHANGES.has(event.type) && "machineId" in event && event.machineId !== undefined) {
			this.#doubtful.add(event.machineId);
			this.#soon();
		}
	}

	#lookAtAll(): void {
		for (const machineId of [...this.#parts.core.fleet().machines.keys(), ...this.#table.keys()])
			this.#doubtful.add(machineId);
		this.#soon();
	}

	/** At once, when all that came with this event is in the state; later, when all were told a moment ago. */
	#soon(): void {
		const gap = Math.min(MOST_GAP_MS, LEAST_GAP_MS + this.#table.size);
		const wait = Math.max(0, this.#toldAt + gap - this.#parts.monotonic());
		this.#timer ??= setTimeout(() => this.#look(), wait).unref();
	}

	#look(): void {
		this.#timer = undefined;
		if (this.#isRebuilt()) {
			const { recoverUntil } = this.#parts.core.fleet();
			this.#timer = setTimeout(() => this.#look(), recoverUntil - this.#parts.now() + LEAST_GAP_MS).unref();
			return;
		}
		this.#refresh();
		if (!this.#isUntold || !this.#leads) return;
		if (this.#parts.core.actsIn() === undefined) {
			this.#timer = setTimeout(() => this.#look(), MOST_GAP_MS).unref();
			return;
		}
		this.#isUntold = false;
		this.#toldAt = this.#parts.monotonic();
		for (const machineId of this.#table.keys()) this.#parts.bus.notifyRoutes(machineId, this.#digest);
	}

	#isRebuilt(): boolean {
		return this.#parts.now() < this.#parts.core.fleet().recoverUntil;
	}

	#refresh(): void {
		const change = this.#bringUpToDate(this.#parts.core.fleet());
		if (!change) return;
		this.#changes = [...this.#changes, change].slice(-REMEMBERED);
		this.#isUntold = true;
	}

	#bringUpToDate(fleet: Fleet): Change | undefined {
		const set: PodRoute[] = [];
		const gone: string[] = [];
		for (const machineId of this.#doubtful) {
			const machine = fleet.machines.get(machineId);
			const before = this.#table.get(machineId);
			const after = machine && podRouteOf(fleet, machine);
			if (JSON.stringify(before) === JSON.stringify(after)) continue;
			if (before) gone.push(before.nodeName);
			if (after) {
				set.push(after);
				this.#table.set(machineId, after);
			} else this.#table.delete(machineId);
		}
		this.#doubtful.clear();
		if (set.length + gone.length === 0) return undefined;
		const from = this.#digest;
		this.#digest = podRoutesDigest([...this.#table.values()]);
		const named = new Set(set.map(({ nodeName }) => nodeName));
		return { from, set, gone: gone.filter((name) => !named.has(name)) };
	}
}
