import type { Process } from "../process.ts";

/** What only looks. */
const READS: ReadonlySet<string> = new Set([
	...["standing", "read", "list", "realpath", "look"],
	...["identity", "ledger", "good", "goodIsDamaged", "next", "credentials", "etcd", "podNetwork"],
]);
/** What is waited for. */
const WAITED: ReadonlySet<string> = new Set(["sync", "reload", "start", "restart", "stop", "state", "logs", "reboot"]);

/** So many operations an agent does before it ends as by a kill, where it is to end so; and what its process is. */
export class AgentProcess {
	readonly process: Process;
	readonly stop = new AbortController();
	/** Ends it before so many more operations on its machine. */
	endsIn: number | undefined;
	readonly #ended: () => void;

	/** `ended`: it ended by itself, before an operation. */
	constructor(process: Process, ended: () => void) {
		this.process = process;
		this.#ended = ended;
	}

	/** What the machine offers, as long as this process lives: after that, what it does is done by nobody, and what it waits for never comes. */
	gated<T extends object>(offered: T): T {
		return new Proxy(offered, {
			get: (of, name) => {
				const value: unknown = Reflect.get(of, name, of);
				if (typeof value !== "function") return value;
				const [reads, waited] = [READS.has(String(name)), WAITED.has(String(name))];
				return (...given: unknown[]) => {
					if (!reads) this.#step();
					if (reads || this.process.alive) return value.apply(of, given) as unknown;
					return waited ? new Promise(() => {}) : undefined;
				};
			},
		});
	}

	/** Ends after so many milliseconds; never, when the process ends before. */
	waits(ms: number): Promise<void> {
		return new Promise((resolve) => this.process.after(ms, resolve));
	}

	#step(): void {
		if (!this.process.alive || this.endsIn === undefined) return;
		if (this.endsIn > 0) this.endsIn -= 1;
		else {
			this.process.end();
			this.#ended();
		}
	}
}
