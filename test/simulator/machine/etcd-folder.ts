import type { AgentParts } from "@rollcall/agent/simulator";
import type { EtcdMemory } from "@rollcall/protocol";
import type { Member } from "../etcd/member.ts";

/** Where etcd's data lies on a boot, as its agent sees it: a member's, with a marker beside it, or nothing. */
export class EtcdFolder {
	readonly #member: () => Member | undefined;
	readonly #isMounted: () => boolean;
	#marker: EtcdMemory | undefined;
	/** Where something lies in etcd's way: on what is mounted, or in the folder below it. */
	readonly #barred = new Set<"mount" | "below">();

	constructor(member: () => Member | undefined, isMounted: () => boolean) {
		this.#member = member;
		this.#isMounted = isMounted;
	}

	/** All of it goes. */
	empty(): void {
		this.#marker = undefined;
		this.#barred.delete("mount");
	}

	/** etcd cannot begin where it would now. */
	get isBarred(): boolean {
		return this.#barred.has(this.#place);
	}

	bar(_path: string, below?: "below"): void {
		const hasData = this.look().kind !== "none";
		if (!hasData && !(below && this.#place === "mount")) this.#barred.add(this.#place);
	}

	unbar(): void {
		this.#barred.delete(this.#place);
	}

	get #place(): "mount" | "below" {
		return this.#isMounted() ? "mount" : "below";
	}

	look(): ReturnType<AgentParts["etcdData"]["look"]> {
		const member = this.#member();
		if (!member || member.lost) return { kind: "none" };
		const { id, clusterId } = member;
		return { kind: "data", memberId: id, clusterId, ...(this.#marker ? { marked: this.#marker } : {}) };
	}

	mark(_path: string, memory: EtcdMemory): void {
		this.#marker = memory;
	}
}
