import { type CheckFinding, type CheckRequest, type CheckView, MOST_FINDINGS, messageOf } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import { NODE_ROLES } from "../domain/networks/pod-networks.ts";
import { WorkRefused } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import type { Kubernetes } from "../ports/kubernetes.ts";
import { CHECK_NAMESPACE } from "../render/check/manifests.ts";
import type { CheckParts } from "./check-steps.ts";
import { checkCluster } from "./cluster-check.ts";
import { removeCheck } from "./remove-check.ts";

/** What checking a cluster on demand needs. */
export interface CheckerParts {
	readonly core: Pick<Core, "fleet" | "submit">;
	readonly clock: Pick<Clock, "now" | "monotonic">;
	/** A connection to the cluster's API; undefined while there is none to reach. */
	readonly connect: () => Promise<Kubernetes | undefined>;
	readonly page: CheckParts["page"];
	readonly newId: () => string;
	/** Called with errors that nobody else hears of. */
	readonly onTrouble: (what: string, error: unknown) => void;
	/** How long a check goes on when nobody looks at it, in milliseconds; half a minute without it. */
	readonly desertedAfterMs?: number;
	/** How long the API may be away, in milliseconds; half a minute without it. */
	readonly patienceMs?: number;
}

const DESERTED_MS = 30_000;
const PATIENCE_MS = 30_000;
const LOOK_MS = 250;
const CLOSE_WITHIN_MS = 10_000;

/** The error of a check that somebody ended. */
class Interrupted extends Error {
	override readonly name = "Interrupted";
}

interface Running {
	view: CheckView;
	lookedAt: number;
	readonly wish: CheckRequest;
	stopped: boolean;
	readonly ended: Promise<void>;
}

/** Checks the cluster when somebody asks, one check at a time. It cleans up after each, also after one that was ended or that nobody looks at any more. */
export class ClusterChecker {
	readonly #parts: CheckerParts;
	#running: Running | undefined;

	constructor(parts: CheckerParts) {
		this.#parts = parts;
	}

	/** Begins one. `by`: who asked. Throws WorkRefused while another runs. */
	begin(wish: CheckRequest, by: string): CheckView {
		const before = this.#running;
		if (before && before.view.state !== "done")
			throw new WorkRefused("busy", `a check runs since ${before.view.startedAt}: ${before.view.step}`);
		const { clock, newId } = this.#parts;
		const startedAt = new Date(clock.now()).toISOString();
		const { promise: ended, resolve } = Promise.withResolvers<void>();
		const view: CheckView = { checkId: newId(), state: "running", step: "beginning", startedAt, findings: [] };
		const running: Running = { view, lookedAt: clock.monotonic(), wish, stopped: false, ended };
		this.#running = running;
		void this.#run(running, by)
			.catch((error: unknown) => this.#parts.onTrouble("a check of the cluster could not be recorded", error))
			.finally(() => {
				running.view = { ...running.view, state: "done" };
				resolve();
			});
		return view;
	}

	/** The one that runs, or the last one; undefined where there was none. */
	look(): CheckView | undefined {
		if (this.#running) this.#running.lookedAt = this.#parts.clock.monotonic();
		return this.#running?.view;
	}

	/** Has the one that runs end, and clean up. */
	stop(): CheckView | undefined {
		const running = this.#running;
		if (!running) return undefined;
		running.stopped = true;
		if (running.view.state === "running") running.view = { ...running.view, state: "stopping" };
		return this.look();
	}

	/** The same, and waits for it, for ten seconds at most: what is left then is removed by the next check. */
	async close(): Promise<void> {
		this.stop();
		const late = new AbortController();
		const wait = new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
			late.signal.addEventListener("abort", () => clearTimeout(timer));
		});
		await Promise.race([this.#running?.ended, wait]);
		late.abort();
	}

	async #run(running: Running, by: string): Promise<void> {
		const { core, clock, connect, page } = this.#parts;
		const document = core.fleet().cluster?.document;
		const tell = (...findings: readonly CheckFinding[]): void => {
			const all = [...running.view.findings, ...findings].slice(0, MOST_FINDINGS);
			running.view = { ...running.view, findings: all };
		};
		const step = (text: string): void => {
			running.view = { ...running.view, step: text };
		};
		const gone = (): boolean => clock.monotonic() - running.lookedAt > (this.#parts.desertedAfterMs ?? DESERTED_MS);
		let nodes = 0;
		let interrupted = false;
		const noteTrouble = (error: unknown): void => {
			interrupted = error instanceof Interrupted;
			if (interrupted) return;
			const text = `the cluster's API: ${messageOf(error)}`.slice(0, 1024);
			tell({ check: "nodes", state: "fail", text, next: "`rollcall status` and `rollcall machines`" });
		};
		const kubernetes = await connect().catch(noteTrouble);
		if (kubernetes && document) {
			const { wish } = running;
			const { patienceMs = PATIENCE_MS } = this.#parts;
			const told = { step, tell, ...nodeSeats(core.fleet()) };
			const parts = { kubernetes, document, wish, page, monotonic: () => clock.monotonic(), patienceMs, ...told };
			const sleep = pausing(() => running.stopped || gone());
			nodes = await checkCluster({ ...parts, sleep }).catch((error: unknown) => {
				noteTrouble(error);
				return 0;
			});
			// What the check made is removed in any case, without interruption.
			if (wish.keep) running.view = { ...running.view, kept: CHECK_NAMESPACE };
			else await removeCheck({ ...parts, sleep: pausing(() => false) }, "after").catch(noteTrouble);
			await kubernetes.close();
		} else if (running.view.findings.length === 0) {
			const next = "`rollcall machines` tells how far the control plane is; rehearsal machines answer no API";
			tell({ check: "nodes", state: "fail", text: "there is no API of a cluster to ask", next });
		}
		const failed = running.view.findings.filter(({ state }) => state === "fail");
		const outcome = interrupted ? "interrupted" : failed.length > 0 ? "failed" : "ok";
		running.view = { ...running.view, outcome, step: "done" };
		const findings = running.view.findings.length;
		const first = failed[0]?.text ?? "";
		await core.submit({ kind: "cluster-checked", outcome, nodes, findings, failed: failed.length, first, by });
	}
}

function nodeSeats({ machines }: Fleet): { readonly seats: readonly string[]; readonly living: readonly string[] } {
	const seats = [...machines.values()].flatMap(({ seat, lease }) =>
		seat && NODE_ROLES.includes(seat.role) ? [{ name: seat.nodeName, lives: lease === "alive" }] : [],
	);
	const names = (some: typeof seats) => some.map(({ name }) => name).sort();
	return { seats: names(seats), living: names(seats.filter(({ lives }) => lives)) };
}

/** A pause that ends early, with Interrupted, when the check is to end. */
function pausing(isOver: () => boolean): (ms: number) => Promise<void> {
	return async (ms) => {
		for (let left = ms; left > 0; left -= LOOK_MS) {
			if (isOver()) throw new Interrupted("the check was ended");
			await new Promise((resolve) => setTimeout(resolve, Math.min(left, LOOK_MS)));
		}
		if (isOver()) throw new Interrupted("the check was ended");
	};
}
