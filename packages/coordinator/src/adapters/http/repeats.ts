import { canonicalJson, sha256Of } from "@rollcall/protocol";
import type { Clock } from "../../ports/clock.ts";
import { refuse } from "./problem.ts";

/** What is remembered of requests that may be sent again. */
const MOST = 1024;
/** Longer than anybody tries again by himself. Milliseconds. */
const KEPT_MS = 600_000;

/** One request with a key. `what`: everything that it says. */
interface Keyed {
	readonly caller: string;
	readonly key: string;
	readonly what: readonly unknown[];
}

/**
 * Answers a request that comes again, since its answer was lost, with what it was answered with, and does nothing twice. A request that
 * was refused is forgotten: it changed nothing, so it may be tried again. Remembered by this process only.
 */
export class Repeats {
	readonly #clock: Pick<Clock, "monotonic">;
	readonly #known = new Map<
		string,
		{ readonly what: string; readonly until: number; readonly answer: Promise<unknown> }
	>();

	constructor(clock: Pick<Clock, "monotonic">) {
		this.#clock = clock;
	}

	/** Throws a Refusal where the key names another request; else what `answer` throws. */
	once<T>({ caller, key, what }: Keyed, answer: () => Promise<T> | T): Promise<T> {
		const name = `${caller} ${key}`;
		const said = sha256Of(canonicalJson(what));
		const now = this.#clock.monotonic();
		const known = this.#known.get(name);
		if (known && known.until > now) {
			if (known.what !== said)
				throw refuse("conflict", "this Idempotency-Key was sent with another request", {
					next: "make a key of its own for each request",
				});
			return known.answer as Promise<T>;
		}
		const given = Promise.resolve().then(answer);
		this.#known.delete(name);
		this.#known.set(name, { what: said, until: now + KEPT_MS, answer: given });
		given.catch(() => this.#known.delete(name));
		for (const [oldest, { until }] of this.#known) {
			if (this.#known.size <= MOST && until > now) break;
			this.#known.delete(oldest);
		}
		return given;
	}
}
