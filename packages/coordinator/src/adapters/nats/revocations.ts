import { check, serial, UserPublicKey } from "@rollcall/protocol";
import { z } from "zod";
import { writeAtomically } from "../../disk/atomic-write.ts";
import { readOwnText } from "../../disk/own-text.ts";
import type { Revoked } from "./claims.ts";

/** An account's JWT must fit one message. Beyond it the oldest revocations go; the coordinator still refuses those incarnations. */
const MAX_REVOCATIONS = 5_000;
/** The newest ones stay however old they are: what was issued while the date was years ahead lives until then. */
const LEAST_KEPT = 256;

const REMEDY = "restore it from a backup, or remove it to let revoked credentials live until they expire";

const RevocationFile = z.strictObject({ version: z.literal(1), revoked: z.record(UserPublicKey, z.int().min(0)) });

/** Brings what is revoked to the servers. `expired` are entries of ours that nobody needs any more. */
export type PushRevocations = (revoked: Revoked, expired: readonly string[]) => Promise<void>;

/** The longest life of a credential, and the time of the log in milliseconds, by which credentials are issued. */
interface Life {
	readonly lifetimeSeconds: number;
	readonly now: () => number;
}

/**
 * The keys whose credentials ended before their time: kept in a file, so that they outlive the server's store. Only
 * the newest ones stay for longer than the longest life of a credential.
 */
export class Revocations {
	readonly #file: string;
	readonly #life: Life;
	#revoked: Map<string, number>;
	#waiting: string[] = [];
	readonly #inTurn = serial();
	#pushed = true;

	private constructor(file: string, life: Life, revoked: Map<string, number>) {
		this.#file = file;
		this.#life = life;
		this.#revoked = revoked;
	}

	/** Reads the file. Throws an Error that names it when it is damaged. */
	static async open(file: string, life: Life): Promise<Revocations> {
		const text = await readOwnText({ file, is: "the list of revoked keys", next: REMEDY });
		if (text === undefined) return new Revocations(file, life, new Map());
		let value: unknown;
		try {
			value = JSON.parse(text);
		} catch {
			value = undefined;
		}
		const read = check(RevocationFile, value, file);
		if (!read.ok) throw new Error(`the list of revoked keys ${file} is damaged; ${REMEDY}`);
		return new Revocations(file, life, new Map(Object.entries(read.value.revoked)));
	}

	current(): Revoked {
		return Object.fromEntries(this.#revoked);
	}

	/** Adds keys, keeps them and brings them to the servers. Calls during a push are taken together in the next one. */
	add(publicKeys: readonly string[], push: PushRevocations): Promise<void> {
		this.#waiting.push(...publicKeys);
		// A failed push is over for whoever waited for it; the next one carries its keys too.
		return this.#inTurn(() => this.#recordWaiting(push));
	}

	async #recordWaiting(push: PushRevocations): Promise<void> {
		if (this.#waiting.length === 0 && this.#pushed) return;
		this.#pushed = false;
		const publicKeys = this.#waiting;
		this.#waiting = [];
		const now = Math.floor(this.#life.now() / 1000);
		for (const key of publicKeys) {
			this.#revoked.delete(key); // to the end: the newest last
			this.#revoked.set(key, now);
		}
		const old = this.#revoked.size - LEAST_KEPT;
		const kept = [...this.#revoked]
			.filter(([, at], index) => index >= old || at + this.#life.lifetimeSeconds >= now)
			.slice(-MAX_REVOCATIONS);
		const next = new Map(kept);
		const expired = [...this.#revoked.keys()].filter((key) => !next.has(key));
		this.#revoked = next;
		const content = JSON.stringify({ version: 1, revoked: Object.fromEntries(next) });
		await writeAtomically(this.#file, `${content}\n`, 0o600);
		await push(this.current(), expired);
		this.#pushed = true;
	}
}
