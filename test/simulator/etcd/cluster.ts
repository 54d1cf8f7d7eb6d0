import { type Member, majority, type Op, type Peer } from "./member.ts";

/** What was acknowledged to a client, and who counts, for one cluster id. */
export class EtcdCluster {
	readonly id: string;
	readonly members: Member[] = [];
	/** Writes that were acknowledged, in order. */
	readonly acknowledged: number[] = [];
	/** Too many voters lost their memory by what nobody here did: no promise covers what was written. */
	hopeless = false;
	/** The members as they were with each change of them, the newest last. */
	readonly changes: string[] = [];
	readonly #reaches: (a: Member, b: Member) => boolean;
	#leader: Member | undefined;

	/** `reaches`: messages get from one to the other, and back. */
	constructor(id: string, reaches: (a: Member, b: Member) => boolean) {
		this.id = id;
		this.#reaches = reaches;
	}

	/** The membership by the one whose log is furthest; nobody's, when all memory is gone. */
	get peers(): readonly Peer[] {
		return this.furthest()?.peers ?? [];
	}

	/** Of those whose memory is there, the one that knows most. */
	furthest(from: readonly Member[] = this.members): Member | undefined {
		let best: Member | undefined;
		for (const one of from) if (!one.lost && !best?.isAsFarAs(one)) best = one;
		return best;
	}

	/** The voters whose memory is there. */
	intact(): Member[] {
		const voters = new Set(this.peers.flatMap(({ id, learner }) => (learner ? [] : [id])));
		return this.members.filter((one) => !one.lost && voters.has(one.id) && one.log.length > 0);
	}

	/** True while a majority of the voters has its memory, of those that count. */
	lives(counts: (one: Member) => boolean = () => true): boolean {
		const voters = this.peers.filter(({ learner }) => !learner).length;
		return voters > 0 && this.intact().filter(counts).length >= majority(voters);
	}

	/** Who leads now: elected anew where the one before does not run, or cannot reach a majority. New: the log of another may have won. */
	leader(): { readonly member: Member; readonly isNew: boolean } | undefined {
		const before = this.#leader;
		if (before !== undefined && this.#isMajority(before, this.#followers(before)))
			return { member: before, isNew: false };
		this.#leader = undefined;
		for (const one of this.members) {
			if (!one.runs || one.lost || !one.peers.some(({ id, learner }) => id === one.id && !learner)) continue;
			const votes = this.#followers(one).filter((voter) => one.isAsFarAs(voter));
			if (!this.#isMajority(one, votes)) continue;
			const term = Math.max(...this.members.filter(({ lost }) => !lost).map(({ lastTerm }) => lastTerm)) + 1;
			one.log = [...one.log, { term, op: { kind: "lead" } }];
			this.#leader = one;
			this.#replicate(one);
			return { member: one, isNew: true };
		}
		return undefined;
	}

	/** Writes through the leader; undefined where there is none. */
	write(op: Op): Member | undefined {
		const member = this.leader()?.member;
		if (!member) return undefined;
		member.log = [...member.log, { term: member.lastTerm, op }];
		if (op.kind === "peers") this.changes.push(peersText(op.peers));
		this.#replicate(member);
		return member;
	}

	/** Who hears a member, itself included. */
	#followers(of: Member): Member[] {
		return this.members.filter((one) => one === of || (one.runs && !one.lost && this.#reaches(of, one)));
	}

	#isMajority(of: Member, votes: readonly Member[]): boolean {
		if (!of.runs || of.lost) return false;
		const voters = of.peers.filter(({ learner }) => !learner);
		return voters.filter(({ id }) => votes.some((one) => one.id === id)).length >= majority(voters.length);
	}

	#replicate(leader: Member): void {
		const known = new Set(leader.peers.map(({ id }) => id));
		for (const one of this.#followers(leader)) if (known.has(one.id)) one.log = leader.log;
		for (const one of this.members) if (one.runs && !known.has(one.id)) one.runs = false;
	}
}

/** Members as a text that tells them apart. */
export function peersText(peers: readonly Pick<Peer, "id" | "name" | "learner">[]): string {
	return peers
		.map(({ id, name, learner }) => `${id} ${name}${learner ? " learns" : ""}`)
		.sort()
		.join();
}
