import type { Fleet } from "../domain/fleet.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import type { Kubernetes, KubernetesAccess } from "../ports/kubernetes.ts";
import { PUBLISHED_AUTHORITIES, startedWithAuthorities } from "../render/addons/believed-authorities.ts";
import { coreAddOns } from "../render/addons/core-add-ons.ts";
import type { Manifest } from "../render/addons/manifest.ts";
import { applyAddOns, digestOfManifests, missingOwn } from "./add-ons.ts";
import { NodeKeeper } from "./node-keeper.ts";
import type { RequestSigner } from "./request-signer.ts";
import { SecretRewriter } from "./secret-rewriter.ts";
import { leadOf, whileLeading } from "./while-leading.ts";

/** What keeping a cluster's API needs. */
export interface ClusterKeeperParts {
	/** Whose folder of manifests is read here. */
	readonly coordinatorId: string;
	readonly core: Pick<Core, "fleet" | "actsIn" | "submit">;
	readonly clock: Pick<Clock, "monotonic" | "sleep">;
	/** How to reach the API; undefined while there is nothing to reach. */
	readonly access: (fleet: Fleet) => Promise<KubernetesAccess | undefined>;
	readonly connect: (access: KubernetesAccess) => Promise<Kubernetes>;
	/** Whether all control planes have followed the change of the key of Secrets, where there was one. */
	readonly mayRewrite: (fleet: Fleet) => boolean;
	/** The operator's own manifests, applied after the core ones. Throws an Error that says what is wrong with them. */
	readonly ownManifests: () => Promise<readonly Manifest[]>;
	/** Answers the requests for certificates that lie in the API. */
	readonly requests: Pick<RequestSigner, "look">;
	readonly onTrouble: (what: string, error: unknown) => void;
	/** Lengths in milliseconds, for tests. */
	readonly pace?: Partial<typeof PACE>;
}

/** Lengths in milliseconds. */
const PACE = {
	/** Between looks at the API. */
	look: 5_000,
	/** While there is nothing to look at. */
	idle: 2_000,
	/** After trouble: from this on, doubled each time, up to `worst`. */
	trouble: 1_000,
	worst: 30_000,
	/** Between rounds of applying when nothing seems to have changed: others may have changed something. */
	repeat: 60_000,
	/** Between looks at the claims. */
	claims: 30_000,
	/** An API that was away has just come back: so long kubelets have to report to it, as long as Kubernetes gives them (`node-monitor-grace-period`). */
	young: 40_000,
	/** Changes of nodes that come within this time are recorded together. */
	gather: 50,
};
/** Calls that change something in the cluster. */
const CHANGES = [
	"apply",
	"remove",
	"changeNode",
	"cordon",
	"evict",
	"removeNode",
	"rewriteSecrets",
	"decideRequest",
	"answerRequest",
	"removeRequest",
] as const;
/** The API counts as not ready after this many failed looks in a row. */
const MISSES = 2;

/** A connection to the API, and what follows its nodes. */
interface Open {
	readonly key: string;
	readonly kubernetes: Kubernetes;
	readonly nodes: NodeKeeper;
}

/**
 * Keeps the API of the declared cluster as it is to be, and says how Kubernetes sees its nodes, for as long as this
 * coordinator leads. Every look stands for itself: what failed is tried again at the next one.
 */
export class ClusterKeeper {
	readonly #parts: ClusterKeeperParts;
	readonly #pace: typeof PACE;
	readonly #stopping = new AbortController();
	#running: Promise<void> = Promise.resolve();
	readonly #rewriter: SecretRewriter;
	#wake: () => void = () => {};
	/** Somebody woke it during a look, which may have passed by what changed. */
	#woken = false;
	#open: Open | undefined;
	#misses = 0;
	#isReady = false;
	/** When nobody answered for the API, or it was not ready, the last time. */
	#awayAt: number | undefined;
	#troubles = 0;
	#claimsAt: number | undefined;
	#applied: { readonly digest: string; readonly at: number } | undefined;

	constructor(parts: ClusterKeeperParts) {
		this.#parts = parts;
		this.#pace = { ...PACE, ...parts.pace };
		this.#rewriter = new SecretRewriter(parts.core);
	}

	start(): void {
		this.#running = this.#run();
	}

	/** Looks at once instead of at the next turn: something was declared. */
	wake(): void {
		this.#woken = true;
		this.#wake();
	}

	async stop(): Promise<void> {
		this.#stopping.abort();
		this.#wake();
		await this.#running;
		await this.#disconnect();
	}

	async #run(): Promise<void> {
		while (!this.#stopping.signal.aborted) {
			let pause: number;
			this.#woken = false;
			try {
				pause = await this.#look();
			} catch (error) {
				this.#parts.onTrouble("the cluster's API could not be looked after; trying again", error);
				pause = this.#afterTrouble();
			}
			if (!this.#woken) await this.#sleep(pause);
		}
	}

	/** One look. Returns how long to wait for the next one. */
	async #look(): Promise<number> {
		const { core, access, clock } = this.#parts;
		const reach = core.actsIn() !== undefined ? await access(core.fleet()) : undefined;
		if (!reach) {
			if (core.actsIn() !== undefined) this.#awayAt = clock.monotonic();
			await this.#disconnect();
			await this.#tellNobodyAnswers();
			return this.#pace.idle;
		}
		const { kubernetes, nodes } = await this.#connect(reach);
		const state = await kubernetes.ready().catch((error: Error) => ({ ready: false, reason: error.message }) as const);
		this.#isReady = state.ready;
		this.#misses = state.ready ? 0 : this.#misses + 1;
		if (this.#misses >= MISSES) this.#awayAt = clock.monotonic();
		if (state.ready || this.#misses >= MISSES)
			await core.submit({ kind: "api-seen", ready: state.ready, reason: state.ready ? "" : state.reason });
		if (!state.ready) return this.#afterTrouble();
		const allApplied = await this.#apply(kubernetes);
		await this.#parts.requests.look(kubernetes);
		await nodes.look();
		await this.#lookAtClaims(kubernetes);
		const more = this.#parts.mayRewrite(core.fleet()) && (await this.#rewriter.next(kubernetes));
		if (!allApplied) return this.#afterTrouble();
		this.#troubles = 0;
		return more ? 0 : this.#pace.look;
	}

	/** An API that was ready is not ready any more when no machine is left that could answer. */
	async #tellNobodyAnswers(): Promise<void> {
		const { core } = this.#parts;
		const leads = core.actsIn() !== undefined && core.fleet().kubernetes?.ready === true;
		this.#misses = leads ? this.#misses + 1 : 0;
		if (leads && this.#misses >= MISSES)
			await core.submit({ kind: "api-seen", ready: false, reason: "no machine is a control plane that could answer" });
	}

	async #apply(kubernetes: Kubernetes): Promise<boolean> {
		const { core, clock, ownManifests } = this.#parts;
		const document = core.fleet().cluster?.document;
		if (!document) return true;
		const published = await kubernetes.read(PUBLISHED_AUTHORITIES);
		const ours = startedWithAuthorities(coreAddOns(document), published, core.fleet().trust?.trust);
		let found: readonly Manifest[];
		try {
			found = await ownManifests();
		} catch (error) {
			await core.submit({ kind: "add-ons", outcome: { ok: false, reason: (error as Error).message } });
			return false;
		}
		const named = await this.#named(kubernetes, { core: ours, own: found });
		const wanted = { core: ours, own: named ? found : [], prune: named?.prune ?? false };
		const digest = `${digestOfManifests([...wanted.core, ...wanted.own])} ${wanted.prune}`;
		const isFresh = this.#applied && clock.monotonic() - this.#applied.at < this.#pace.repeat;
		if (this.#applied?.digest === digest && isFresh) return true;
		const outcome = await applyAddOns(kubernetes, wanted);
		await core.submit({ kind: "add-ons", outcome });
		this.#applied = outcome.ok ? { digest, at: clock.monotonic() } : undefined;
		return outcome.ok;
	}

	/** What the log says of the operator's own manifests, where those of the folder count. */
	async #named(kubernetes: Kubernetes, found: { core: readonly Manifest[]; own: readonly Manifest[] }) {
		const { core, coordinatorId } = this.#parts;
		const digest = digestOfManifests(found.own);
		const { manifests, manifestsDiffer } = core.fleet().kubernetes ?? {};
		if (manifests?.digest !== digest || manifests.coordinatorId !== coordinatorId || manifestsDiffer) {
			const missing = await missingOwn(kubernetes, found);
			await core.submit({ kind: "manifests-seen", digest, objects: found.own.length, coordinatorId, missing });
		}
		const now = core.fleet().kubernetes?.manifests;
		return now?.digest === digest ? now : undefined;
	}

	/** Records claims that wait for ever: nothing else says why a pod with such a claim does not start. */
	async #lookAtClaims(kubernetes: Kubernetes): Promise<void> {
		const { core, clock } = this.#parts;
		if (this.#claimsAt !== undefined && clock.monotonic() - this.#claimsAt < this.#pace.claims) return;
		await core.submit({ kind: "claims-seen", waiting: await kubernetes.waitingClaims() });
		this.#claimsAt = clock.monotonic();
	}

	async #connect(reach: KubernetesAccess): Promise<Open> {
		// Another term has a connection of its own: what was begun in an earlier one is over.
		const key = [this.#parts.core.actsIn(), ...reach.servers, reach.ca, reach.cert].join("\n");
		if (this.#open?.key === key) return this.#open;
		await this.#disconnect();
		const { core, connect, onTrouble } = this.#parts;
		const kubernetes = whileLeading(await connect({ ...reach, beforeChange: leadOf(core) }), core, CHANGES);
		const nodes = new NodeKeeper({
			core,
			kubernetes,
			onTrouble,
			standing: () => ({ justBack: this.#isJustBack() }),
			gatherMs: this.#pace.gather,
		});
		this.#open = { key, kubernetes, nodes };
		return this.#open;
	}

	async #disconnect(): Promise<void> {
		const open = this.#open;
		this.#open = undefined;
		this.#isReady = false;
		this.#applied = undefined;
		this.#claimsAt = undefined;
		await open?.nodes.stop();
		await open?.kubernetes.close();
	}

	#isJustBack(): boolean {
		if (!this.#isReady) return true;
		return this.#awayAt !== undefined && this.#parts.clock.monotonic() - this.#awayAt < this.#pace.young;
	}

	#afterTrouble(): number {
		this.#troubles += 1;
		return Math.min(this.#pace.trouble * 2 ** (this.#troubles - 1), this.#pace.worst);
	}

	async #sleep(ms: number): Promise<void> {
		const woken = new AbortController();
		this.#wake = () => woken.abort();
		await this.#parts.clock.sleep(ms, AbortSignal.any([woken.signal, this.#stopping.signal]));
	}
}
