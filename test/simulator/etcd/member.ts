import type { Boot } from "../machine/boot.ts";

/** A peer as etcd's members know it. `name` is empty until it has begun. */
export interface Peer {
	readonly id: string;
	readonly url: string;
	readonly name: string;
	readonly learner: boolean;
}

/** What a log of etcd has: something that a client wrote, or a change of who belongs to the cluster. */
export type Op =
	| { readonly kind: "put"; readonly write: number }
	| { readonly kind: "lead" }
	| { readonly kind: "peers"; readonly peers: readonly Peer[] };

export interface LogEntry {
	readonly term: number;
	readonly op: Op;
}

/** A member's data in the RAM of a boot: its log, and what it knows of who belongs to its cluster by it. */
export class Member {
	readonly id: string;
	readonly clusterId: string;
	readonly boot: Boot;
	/** The address of its machine. */
	readonly address: string;
	log: readonly LogEntry[];
	/** The process runs. */
	runs = true;
	/** The others do not reach it, and it does not reach them. */
	apart = false;
	/** When somebody removed the data, or the boot ended. */
	lostAt: number | undefined;
	readonly begunAt: number;
	#known: { readonly log: readonly LogEntry[]; readonly peers: readonly Peer[] } | undefined;

	constructor(of: Pick<Member, "id" | "clusterId" | "boot" | "address" | "log" | "begunAt">) {
		this.begunAt = of.begunAt;
		this.id = of.id;
		this.clusterId = of.clusterId;
		this.boot = of.boot;
		this.address = of.address;
		this.log = of.log;
	}

	get lost(): boolean {
		return this.lostAt !== undefined;
	}

	/** True when both had their memory at one time: one may have promised the other something. */
	metWith(other: Member): boolean {
		const [end, otherEnd] = [this, other].map(({ lostAt }) => lostAt ?? Number.POSITIVE_INFINITY) as [number, number];
		return this.begunAt <= otherEnd && other.begunAt <= end;
	}

	/** Whom it takes for the cluster's members. */
	get peers(): readonly Peer[] {
		if (this.#known?.log === this.log) return this.#known.peers;
		const last = this.log.findLast(({ op }) => op.kind === "peers")?.op;
		this.#known = { log: this.log, peers: last?.kind === "peers" ? last.peers : [] };
		return this.#known.peers;
	}

	get lastTerm(): number {
		return this.log.at(-1)?.term ?? 0;
	}

	/** True when its log is as far as another's: then it may be voted for by that one. */
	isAsFarAs(other: Member): boolean {
		if (this.lastTerm !== other.lastTerm) return this.lastTerm > other.lastTerm;
		return this.log.length >= other.log.length;
	}
}

/** The least number that is more than half. */
export const majority = (count: number): number => Math.floor(count / 2) + 1;
