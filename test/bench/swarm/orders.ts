import type { BootId, Digest, Facts, MachineId } from "@rollcall/protocol";

/** From when to when something took, in microseconds of this computer's monotonic clock (`process.hrtime`). */
export interface Span {
	readonly fromUs: number;
	readonly toUs: number;
}

/** One machine of a swarm: who it is, and what it runs already. */
export interface Member {
	readonly seed: string;
	readonly publicKey: string;
	readonly facts: Facts;
	/** Needed by a boot that the coordinator does not know. */
	readonly token?: string;
	/** 0: nothing yet. */
	readonly generation: number;
	readonly digest?: Digest;
	/** The address that it comes from: any of 127.0.0.0/8, so that limits per address mean what they mean in a network. */
	readonly from: string;
}

/** What a swarm's process can be told to do. Each order has one answer. */
export interface Orders {
	/** All members come up, spread evenly over so many milliseconds, each with its whole life from enrollment to `applied`. */
	arrive: { order: { coordinator: string; members: readonly Member[]; overMs: number }; answer: readonly Arrival[] };
	/** Members that the coordinator knows connect, a bounded number at a time, and say nothing yet. */
	connect: { order: { coordinator: string; members: readonly Member[] }; answer: readonly MachineId[] };
	/** Whoever is connected beats from now on, every 2 s, spread evenly. */
	beat: { order: Record<never, never>; answer: null };
	/** So many machines, drawn at random, fall silent for good, at moments spread at random over `overMs`. */
	silence: { order: { count: number; overMs: number }; answer: readonly Death[] };
	/** These machines fall silent for good, at once. */
	end: { order: { machineIds: readonly MachineId[] }; answer: null };
	/** Says hello so often, one after another, each time as another connected machine. */
	hello: { order: { count: number; everyMs: number }; answer: { hellos: Span[]; roundTripMs: number[] } };
	/** Whoever is connected, or will be, asks for the routes to other nodes' pods when it is told that there are others. */
	routes: { order: Record<never, never>; answer: null };
	/** Who was told other routes since the last such order. */
	told: { order: Record<never, never>; answer: readonly ToldRoutes[] };
}

/** One change of the routes in an agent's hands: when, in milliseconds since 1970, of how many nodes, and the bytes of notice, question and answer. */
export interface ToldRoutes {
	readonly at: number;
	readonly nodes: number;
	readonly bytes: number;
}

/** When a machine came to what, in milliseconds since it was due to come up. */
export interface Arrival {
	readonly machineId: MachineId | undefined;
	readonly bootId: BootId;
	readonly enrolledMs: number;
	readonly connectedMs: number;
	/** From its first hello to its target. */
	readonly hello: Span;
	/** The target is in its hands: it is assigned. */
	readonly targetMs: number;
	readonly appliedMs: number;
	/** Cluster, slot and seat; undefined where it got none. */
	readonly seat: string | undefined;
	/** Requests that had to be repeated. */
	readonly retries: number;
	/** How often the coordinator had too much to do, and said when to come back. */
	readonly turnedAway: number;
	readonly failed: string | undefined;
}

/** Times of this computer's clock, in milliseconds since 1970. */
export interface Death {
	readonly machineId: MachineId;
	readonly at: number;
	readonly lastBeatAt: number;
}

/** An order on its way to a swarm's process, and its answer. */
export interface Sent {
	readonly id: number;
	readonly name: keyof Orders;
	readonly order: unknown;
}
export interface Answered {
	readonly id: number;
	readonly answer?: unknown;
	readonly error?: string;
}
