import { type BootId, type Digest, type Event, type EventDraft, type MachineId, sha256Of } from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";
import type { Asked } from "../../../src/domain/change.ts";
import { EMPTY_FLEET, type Fleet, type Machine, type Token } from "../../../src/domain/fleet.ts";
import { evidenceOf } from "../../../src/domain/identity/evidence.ts";
import type { Answer, Input } from "../../../src/domain/inputs.ts";
import type { Core } from "../../../src/ports/core.ts";
import { STAND_IN_TRUST } from "../../../src/render/stand-in-trust.ts";

export const NOW = 1_793_606_400_000;
export const BOOT = "0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f" as BootId;
export const KEY = `U${"A".repeat(55)}`;
/** A public nkey, as the fleet's. */
export const SIGNER = `U${"B".repeat(55)}`;
export const DIGEST = `sha256:${"5e".repeat(32)}` as Digest;

/** The plain texts of the tokens that `fixedFleet` knows. */
export const TOKENS = {
	admin: "rct_admin",
	operator: "rct_operator",
	approver: "rct_approver",
	read: "rct_read",
	/** An operator of the machines with `rack=a` alone. */
	rackA: "rct_rack_a",
	revoked: "rct_revoked",
	expired: "rct_expired",
	enroll: "rct_enroll",
	root: "rct_root",
} as const;

export const FACTS = machineFacts({
	bootId: BOOT,
	hostname: "localhost",
	smbios: { uuid: "4c4c4544-0042-3510-8052-b4c04f564433" },
	rehearsal: false,
});

function token(tokenId: string, text: string, more: Partial<Token>): Token {
	return { tokenId, hash: sha256Of(text), scope: "viewer", createdAt: NOW, labels: {}, revoked: false, ...more };
}

export function machine(id: string, more: Partial<Machine> = {}): Machine {
	return {
		machineId: id as MachineId,
		bootId: BOOT,
		publicKey: KEY,
		facts: FACTS,
		identity: "smbios-uuid",
		evidence: evidenceOf(FACTS),
		grade: "claimed",
		held: [],
		labels: {},
		approval: "approved",
		approvalReason: "by an operator",
		lease: "alive",
		leaseAt: NOW,
		generation: 0,
		health: [],
		reported: -1,
		fenced: [],
		spoken: [],
		enrolledAt: NOW,
		changedAt: NOW,
		changedSeq: 1,
		trail: [],
		...more,
	};
}

export function seat(nodeName: string, number: number): NonNullable<Machine["seat"]> {
	return { cluster: "lab", slot: "workers", seat: number, role: "worker", nodeName, pinned: false, seq: 2, at: NOW };
}

/** Three machines and one token of each kind. */
export function fixedFleet(): Fleet {
	const tokens = [
		token("t-admin", TOKENS.admin, { scope: "admin" }),
		token("t-operator", TOKENS.operator, { scope: "operator" }),
		token("t-approver", TOKENS.approver, { scope: "approver" }),
		token("t-read", TOKENS.read, {}),
		token("t-rack-a", TOKENS.rackA, { scope: "operator", reach: { labels: { rack: "a" } } }),
		token("t-revoked", TOKENS.revoked, { scope: "admin", revoked: true }),
		token("t-expired", TOKENS.expired, { scope: "admin", expiresAt: NOW - 1 }),
		token("t-enroll", TOKENS.enroll, { scope: "enroll", expiresAt: NOW + 600_000 }),
	];
	const machines = [
		machine("m-alpha", { seat: seat("worker-0", 0), labels: { rack: "a", "lab.example/row": "1" }, trail: [1, 3] }),
		machine("m-alpine", { labels: { rack: "b" } }),
		machine("m-beta", { seat: seat("worker-1", 1), labels: { rack: "a" } }),
	];
	return {
		...EMPTY_FLEET,
		seq: 0,
		at: NOW,
		trust: { trust: STAND_IN_TRUST, seq: 1 },
		tokens: EMPTY_FLEET.tokens.withMutations((map) => {
			for (const one of tokens) map.set(one.tokenId, one);
		}),
		tokenByHash: EMPTY_FLEET.tokenByHash.withMutations((map) => {
			for (const one of tokens) map.set(one.hash, one.tokenId);
		}),
		machines: EMPTY_FLEET.machines.withMutations((map) => {
			for (const one of machines) map.set(one.machineId, one);
		}),
	};
}

/** A core whose state is set by the test and whose answers are scripted; it remembers every input. */
export class FixedCore implements Core {
	state: Fleet = fixedFleet();
	readonly inputs: Input[] = [];
	/** Who asked for each of them. */
	readonly asked: (Asked | undefined)[] = [];
	readonly log: Event[] = [];
	readonly listeners = new Set<(event: Event) => void>();
	leads = true;
	url: string | undefined = "http://127.0.0.1:7420";
	isReady = true;
	/** Whether nobody waits for the answer to the latest input any more. */
	isOver: (() => boolean) | undefined;
	/** How often the log was read. */
	reads = 0;
	answer: (input: Input) => Answer | Promise<Answer> = () => ({ kind: "ok" });

	fleet(): Fleet {
		return this.state;
	}

	async submit(input: Input, asked?: Asked, isOver?: () => boolean): Promise<Answer> {
		this.isOver = isOver;
		this.inputs.push(input);
		this.asked.push(asked);
		return this.answer(input);
	}

	beat(): void {
		throw new Error("the API hears no beats");
	}

	leadership(): { leads: boolean; url: string | undefined } {
		return { leads: this.leads, url: this.url };
	}

	actsIn(): number | undefined {
		return this.leads ? 1 : undefined;
	}

	ready(): { ready: boolean; reason: string } {
		return { ready: this.isReady, reason: "the log at /var/lib/secret-path is being read" };
	}

	async events(after: number, limit: number): Promise<readonly Event[]> {
		this.reads += 1;
		return this.log.slice(after, after + limit);
	}

	subscribe(listener: (event: Event) => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	/** Records one event, as the loop does: the state first, then the listeners. */
	record(draft: EventDraft): Event {
		const event: Event = { ...draft, seq: this.log.length + 1, at: NOW + this.log.length };
		this.log.push(event);
		this.state = { ...this.state, seq: event.seq };
		for (const listener of this.listeners) listener(event);
		return event;
	}

	/** Records many small events about one machine. */
	recordMany(count: number, labels: Record<string, string> = {}): void {
		for (let index = 0; index < count; index += 1) {
			this.record({ type: "machine-labelled", machineId: "m-alpha" as MachineId, labels, by: "t-admin" });
		}
	}
}
