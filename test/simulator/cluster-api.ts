import {
	digestOfManifests,
	type Fleet,
	type Kubernetes,
	type Manifest,
	refOf,
	refText,
} from "@rollcall/coordinator/simulator";
import { canonicalJson, type EventOf } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** The namespace of what operators keep in their folders. */
const OWN = "own";
const MOST_OBJECTS = 5;

/** An API of the cluster that only keeps objects, the operators' folders of manifests, and what must hold of both. */
export class ClusterApi {
	readonly #objects = new Map<string, Manifest>();
	/** Everything that a folder ever held, by its digest. */
	readonly #contents = new Map<string, readonly Manifest[]>();
	/** What a person said that it counts, also where something is missing in it. */
	readonly #accepted = new Set<string>();
	readonly #folders = new Map<string, readonly Manifest[]>();
	readonly #world: World;
	#version = 0;

	constructor(world: World) {
		this.#world = world;
	}

	/** What lies in a coordinator's folder. */
	folder({ name }: Coordinator): readonly Manifest[] {
		return this.#folders.get(name) ?? [];
	}

	put({ name }: Coordinator, content: readonly Manifest[]): void {
		this.#folders.set(name, content);
		this.#contents.set(digestOfManifests(content), content);
	}

	/** A folder in which an object more is, or one is other or gone. */
	edited(content: readonly Manifest[], luck: Random): readonly Manifest[] {
		const name = `o${luck.int(1, MOST_OBJECTS)}`;
		const others = content.filter((one) => one.metadata.name !== name);
		if (others.length < content.length && luck.chance(0.3)) return others;
		const metadata = { name, namespace: OWN };
		const made = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { text: luck.hex(4) } };
		return [...others, made].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
	}

	/** True where a control plane could answer. */
	get answers(): boolean {
		const { truth } = this.#world.checker;
		return [...truth.machines.values()].some(
			({ seat, target }) => seat?.role === "control-plane" && target?.progress === "applied",
		);
	}

	/** What a person says counts whatever else is wrong with the log. */
	onAccepted({ digest, coordinatorId, by }: EventOf<"manifests-named">): void {
		if (by !== coordinatorId) this.#accepted.add(digest);
	}

	/** A folder counts by itself only where it was found before, and lacks nothing; else a person said so. */
	onNamed(before: Fleet, { digest, coordinatorId, by, prune }: EventOf<"manifests-named">): void {
		if (by !== coordinatorId) return;
		const known = before.kubernetes?.manifests;
		if (known?.digest === digest) return;
		must(!prune, "nothing is pruned by itself", () => coordinatorId);
		must(
			!known || known.coordinatorId === coordinatorId,
			"another folder counts only when a person says so",
			() => `${coordinatorId}, after ${known?.coordinatorId}`,
		);
		const gone = this.#missingIn(digest);
		must(gone.length === 0, "a folder counts by itself only where it lacks nothing", () => gone.join());
	}

	/** In the end what is named is there. */
	checkEnd(fleet: Fleet): void {
		const { manifests, manifestsDiffer, ready } = fleet.kubernetes ?? {};
		if (!ready || !manifests || manifestsDiffer) return;
		for (const manifest of this.#contents.get(manifests.digest) ?? []) {
			const there = this.#objects.get(refText(refOf(manifest)));
			must(isSame(there, manifest), "what is named is applied in the end", () => manifest.metadata.name);
		}
	}

	/** The API as a process of a coordinator reaches it: once that has ended, nothing comes of what it does. */
	as(by: Coordinator, process: Process): Kubernetes {
		const act = (what: string): void => this.#telling(() => this.#world.checker.terms.act(by, what));
		const api: Partial<Kubernetes> = {
			ready: async () => (this.answers ? { ready: true } : { ready: false, reason: "nobody answers" }),
			read: async (ref) => this.#objects.get(refText(ref)),
			apply: async (manifest) => {
				if (!process.alive) return new Promise(() => {});
				act("applies an object");
				return this.#telling(() => this.#apply(by, manifest));
			},
			remove: async (ref) => {
				if (!process.alive) return new Promise(() => {});
				act("removes an object");
				const named = by.fleet?.kubernetes?.manifests;
				const said = named?.prune === true && this.#accepted.has(named.digest);
				const own = ref.namespace === OWN;
				this.#telling(() =>
					must(!own || said, "nothing of the operator's is removed because it is not there", () => refText(ref)),
				);
				this.#objects.delete(refText(ref));
			},
			waitingClaims: async () => [],
			followNodes: () => ({
				get: () => undefined,
				listed: async () => {},
				all: () => [],
				check: async () => {},
				stop: async () => {},
			}),
			signingRequests: async () => ({ requests: [] }),
			close: async () => {},
		};
		return api as Kubernetes;
	}

	/** What must not be ends the run, also where the keeper takes it for any other trouble. */
	#telling<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			this.#world.onThrown(error);
			throw error;
		}
	}

	#apply(by: Coordinator, manifest: Manifest): string {
		const key = refText(refOf(manifest));
		const named = by.fleet?.kubernetes?.manifests;
		const content = named && this.#contents.get(named.digest);
		const isNamed = content?.some((one) => isSame(one, manifest)) === true;
		must(
			manifest.metadata.namespace !== OWN || isNamed,
			"what is applied of the operator's is named in the log",
			() => key,
		);
		const known = this.#objects.get(key);
		if (isSame(known, manifest)) return known?.metadata.resourceVersion ?? "";
		this.#version += 1;
		const resourceVersion = `${this.#version}`;
		this.#objects.set(key, { ...manifest, metadata: { ...manifest.metadata, resourceVersion } });
		return resourceVersion;
	}

	#missingIn(digest: string): string[] {
		const there = new Set((this.#contents.get(digest) ?? []).map((one) => refText(refOf(one))));
		const own = [...this.#objects.values()].filter(({ metadata }) => metadata.namespace === OWN);
		return own.map((one) => refText(refOf(one))).filter((key) => !there.has(key));
	}
}

function isSame(a: Manifest | undefined, b: Manifest): boolean {
	if (!a) return false;
	const plain = ({ metadata: { resourceVersion: _version, ...metadata }, ...rest }: Manifest): string =>
		canonicalJson({ ...rest, metadata });
	return plain(a) === plain(b);
}
