import type { Process } from "../process.ts";

/** What only looks. */
const READS: ReadonlySet<string> = new Set([
	...["standing", "read", "list", "realpath", "look"],
	...["identity", "ledger", "good", "goodIsDamaged", "next", "credentials", "etcd", "podNetwork"],
]);
/** What is waited for. */
const WAITED: ReadonlySet<string> = new Set(["sync", "reload", "start", "restart", "stop", "state", "logs", "reboot"]);

type Operation = (...given: unknown[]) => unknown;

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
		const gates = new Map<unknown, unknown>();
		return new Proxy(offered, {
			get: (of, name) => {
				const value: unknown = Reflect.get(of, name, of);
				if (typeof value !== "function") return value;
				const gate = gates.get(value) ?? this.#gate(of, String(name), value as Operation);
				gates.set(value, gate);
				return gate;
			},
		});
	}

	/** Ends after so many milliseconds; never, when the process ends before. */
	waits(ms: number): Promise<void> {
		return new Promise((resolve) => this.process.after(ms, resolve));
	}

	#gate(of: object, name: string, operation: Operation): Operation {
		const [reads, waited] = [READS.has(name), WAITED.has(name)];
		return (...given) => {
			if (!reads) this.#step();
			if (reads || this.process.alive) return operation.apply(of, given);
			return waited ? new Promise(() => {}) : undefined;
		};
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
