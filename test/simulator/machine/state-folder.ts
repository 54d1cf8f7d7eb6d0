import {
	type Accepted,
	type KeptCredentials,
	type Memory,
	NO_CREDENTIALS,
	pathsOf,
	unsureMemory,
} from "@rollcall/agent/simulator";
import type { Generation } from "@rollcall/protocol";

/** What the agent keeps, by the names of its files. */
export type Name = "identity" | "ledger" | "good" | "next" | "credentials" | "etcd" | "pod-network";

const NOTHING: ReturnType<Memory["ledger"]> = { files: [], folders: [], units: [] };

/** The agent's state folder, in the RAM of a boot: texts that can be damaged. */
export class StateFolder implements Memory {
	/** Nothing can be written. */
	full = false;
	/** Called once, right after the next target became the good one. */
	afterPromote: (() => void) | undefined;
	/** The highest generation that was kept since it was reset: counting begins anew with that. */
	highest: Generation = 0;
	readonly #texts = new Map<Name, string>();
	/** What was parsed of a text, as long as it is the same. */
	readonly #parsed = new Map<Name, { readonly text: string; readonly value: unknown }>();
	readonly #promoted: (good: Accepted) => void;
	readonly #taken: (next: Accepted) => void;
	readonly #forgot: () => void;
	readonly #now: () => number;
	/** When the newest target was written down first. */
	nextAt = 0;

	/** `promoted`: this is the good target from now on; `taken`: this is to be the next one; `forgot`: no target is known any more. */
	constructor(
		promoted: (good: Accepted) => void,
		taken: (next: Accepted) => void,
		forgot: () => void,
		now: () => number,
	) {
		this.#taken = taken;
		this.#now = now;
		this.#promoted = promoted;
		this.#forgot = forgot;
	}

	identity(): ReturnType<Memory["identity"]> {
		return this.#load("identity");
	}

	saveIdentity(identity: Parameters<Memory["saveIdentity"]>[0]): void {
		this.#save("identity", identity);
	}

	ledger(): ReturnType<Memory["ledger"]> {
		const kept = this.#load<ReturnType<Memory["ledger"]>>("ledger");
		if (kept || !this.#texts.has("ledger")) return kept ?? NOTHING;
		const content = this.good()?.target.content;
		return content ? { ...NOTHING, files: pathsOf(content), units: content.units.map(({ name }) => name) } : NOTHING;
	}

	saveLedger(ledger: Parameters<Memory["saveLedger"]>[0]): void {
		this.#save("ledger", ledger);
	}

	good(): Accepted | undefined {
		return this.#load("good");
	}

	goodIsDamaged(): boolean {
		return this.#texts.has("good") && this.good() === undefined;
	}

	next(): Accepted | undefined {
		return this.#load("next");
	}

	saveNext(accepted: Accepted): void {
		this.#taken(accepted);
		if (this.next()?.target.generation !== accepted.target.generation) this.nextAt = this.#now();
		this.#save("next", accepted);
		this.highest = Math.max(this.highest, accepted.target.generation);
	}

	promote(): void {
		const text = this.#texts.get("next");
		if (text === undefined) throw new Error("ENOENT: next.json");
		this.#texts.set("good", text);
		this.#texts.delete("next");
		const good = this.good();
		if (good) this.#promoted(good);
		const then = this.afterPromote;
		this.afterPromote = undefined;
		then?.();
	}

	/** What is kept under this name cannot be read any more. */
	damage(name: Name): void {
		if (this.#texts.has(name)) this.#texts.set(name, "{");
	}

	/** The highest generation of a target that can be read here. */
	get readable(): Generation {
		return Math.max(0, ...[this.good(), this.next()].map((one) => one?.target.generation ?? 0));
	}

	/** True while there is a good target, also one that cannot be read. */
	get hasGood(): boolean {
		return this.#texts.has("good");
	}

	credentials(): KeptCredentials {
		return this.#load("credentials") ?? NO_CREDENTIALS;
	}

	saveCredentials(credentials: KeptCredentials): void {
		this.#save("credentials", credentials);
	}

	etcd(): ReturnType<Memory["etcd"]> {
		const kept = this.#load<NonNullable<ReturnType<Memory["etcd"]>>>("etcd");
		if (kept || !this.#texts.has("etcd")) return kept;
		return unsureMemory([this.good(), this.next()].map((one) => one?.target.content));
	}

	saveEtcd(held: Parameters<Memory["saveEtcd"]>[0]): void {
		if (held) this.#save("etcd", held);
		else this.#texts.delete("etcd");
	}

	/** Whose memory of etcd lies here is not written, or nothing of it is. */
	unnote(all: boolean): void {
		const { unit, path } = this.etcd() ?? {};
		if (all || !unit) this.#texts.delete("etcd");
		else this.#texts.set("etcd", JSON.stringify({ unit, path }));
	}

	podNetwork(): ReturnType<Memory["podNetwork"]> {
		return this.#load("pod-network");
	}

	savePodNetwork(kept: Parameters<Memory["savePodNetwork"]>[0]): void {
		if (kept) this.#save("pod-network", kept);
		else this.#texts.delete("pod-network");
	}

	forget(what: "targets" | "boot"): void {
		const ofBoot = what === "boot" ? (["etcd", "pod-network"] as const) : [];
		for (const name of ["next", "good", "credentials", ...ofBoot] as const) this.#texts.delete(name);
		this.highest = 0;
		this.#forgot();
	}

	#load<T>(name: Name): T | undefined {
		const text = this.#texts.get(name);
		if (text === undefined) return undefined;
		const parsed = this.#parsed.get(name);
		if (parsed?.text === text) return parsed.value as T;
		let value: T | undefined;
		try {
			value = JSON.parse(text) as T;
		} catch {
			value = undefined;
		}
		this.#parsed.set(name, { text, value });
		return value;
	}

	#save(name: Name, value: unknown): void {
		if (this.full) throw new Error(`${name}.json: no space left on the device (ENOSPC)`);
		this.#texts.set(name, JSON.stringify(value));
	}
}
