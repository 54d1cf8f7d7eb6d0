import type { FastifyBaseLogger } from "fastify";
import type { RateLimit } from "../../rate/rate-limit.ts";
import type { Assets } from "./assets.ts";
import type { BootCore } from "./boot-core.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { ConnectionLimits } from "./share-connections.ts";

/** What the boot listener is made of. */
export interface BootOptions {
	readonly core: BootCore;
	readonly assets: Assets;
	readonly budget: ByteBudget;
	/** What one address may ask for; nothing is bounded without it. */
	readonly requests?: RateLimit;
	/** What is open at once; see `share-connections.ts`. */
	readonly connections?: ConnectionLimits;
	/** The names by which the listener may be called, in lower case; addresses always count. */
	readonly hosts: ReadonlySet<string>;
	/** Addresses or networks of proxies whose word counts for where a request comes from. */
	readonly proxies?: readonly string[];
	/** The listener as machines reach it, without a slash at the end: `http://192.0.2.1:8080`. */
	readonly url: () => string;
	/** Signs boot tokens; at least 32 random bytes, the same on every replica. */
	readonly key: Uint8Array;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly log?: FastifyBaseLogger;
}
