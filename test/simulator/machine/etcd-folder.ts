import type { AgentParts } from "@rollcall/agent/simulator";
import type { EtcdMemory } from "@rollcall/protocol";
import type { Member } from "../etcd/member.ts";

/** Where etcd's data lies on a boot, as its agent sees it: a member's, with a marker beside it, or nothing. */
export class EtcdFolder {
	readonly #member: () => Member | undefined;
	#marker: EtcdMemory | undefined;

	constructor(member: () => Member | undefined) {
		this.#member = member;
	}

	/** All of it goes. */
	empty(): void {
		this.#marker = undefined;
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
