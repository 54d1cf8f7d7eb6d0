import { canonicalJson, type Digest, messageOf, sha256Of } from "@rollcall/protocol";
import type { AddOnsOutcome } from "../domain/inputs.ts";
import { KubernetesError } from "../errors.ts";
import type { Kubernetes } from "../ports/kubernetes.ts";
import { covers, type Manifest, type ManifestRef, refOf, refText } from "../render/addons/manifest.ts";

/** What was applied is written down in the cluster itself, so that any coordinator knows later what to remove. */
const INVENTORY: ManifestRef = {
	apiVersion: "v1",
	kind: "ConfigMap",
	name: "rollcall-add-ons",
	namespace: "kube-system",
};
const INVENTORY_KEY = "inventory";
/** What makes a kind known to the API. */
const DEFINITION = "CustomResourceDefinition";
/** So many reasons are named when a round fails. */
const MOST_REASONS = 4;

/** Kinds whose fields the API lets nobody change, and that nothing is lost with: volumes of a class outlive it. */
const MADE_ANEW: ReadonlySet<string> = new Set(["StorageClass"]);

interface Entry extends ManifestRef {
	/** Of the manifest as it was applied; empty for a Secret, whose digest would help to guess it. */
	readonly digest: string;
	/** True for an object of the operator's own folder, false for one of ours; earlier versions did not say it. */
	readonly own?: boolean;
}

/** A digest of everything that is wanted. */
export function digestOfManifests(manifests: readonly Manifest[]): Digest {
	return sha256Of(canonicalJson(manifests));
}

/** What the API is to hold: what the document asks for, and what the operator's own folder has. */
export interface Wanted {
	readonly core: readonly Manifest[];
	/** Empty where the folder does not count. */
	readonly own: readonly Manifest[];
	/** Objects of the operator's that are not wanted any more are removed. */
	readonly prune: boolean;
}

/** Objects of the operator's own that are in the cluster and not in his folder, in words. Throws KubernetesError. */
export async function missingOwn(kubernetes: Kubernetes, { core, own }: Omit<Wanted, "prune">): Promise<string[]> {
	const there = new Set([...core, ...own].map((manifest) => refText(refOf(manifest))));
	const entries = await readInventory(kubernetes);
	return entries.filter(isOwn).flatMap((entry) => (there.has(refText(entry)) ? [] : [refText(entry)]));
}

/** Of an entry that does not say it nobody knows; it counts as the operator's, so that nothing of his is removed. */
function isOwn({ own }: Entry): boolean {
	return own ?? true;
}

/**
 * One round: applies what is not as wanted, removes what is not wanted any more, and says what it found. What the operator's own folder does not
 * have is removed only where that is said. What cannot be applied does not keep the rest from being applied. Never throws.
 */
export async function applyAddOns(kubernetes: Kubernetes, wanted: Wanted): Promise<AddOnsOutcome> {
	try {
		return await round(kubernetes, wanted);
	} catch (error) {
		return { ok: false, reason: messageOf(error) };
	}
}

async function round(kubernetes: Kubernetes, { core, own, prune }: Wanted): Promise<AddOnsOutcome> {
	const wanted = [...core, ...own];
	const ours = new Set(core.map((manifest) => refText(refOf(manifest))));
	const entryOf = (manifest: Manifest): Entry => {
		const ref = refOf(manifest);
		return { ...ref, digest: digestOf(manifest), own: !ours.has(refText(ref)) };
	};
	const before = new Map((await readInventory(kubernetes)).map((entry) => [refText(entry), entry]));
	const after = new Map(wanted.map((manifest) => [refText(refOf(manifest)), entryOf(manifest)]));
	const left = [...before].filter(([key]) => !after.has(key));
	const spared = left.flatMap(([, entry]) => (isOwn(entry) && !prune ? [entry] : []));
	// Kinds go after their objects: without their kind, objects could not be named any more.
	const gone = left
		.filter(([, entry]) => !spared.includes(entry))
		.sort(([, a], [, b]) => Number(a.kind === DEFINITION) - Number(b.kind === DEFINITION));
	// First of all what may come to be there: a round that is cut short must not leave anything behind that nobody knows.
	await writeInventory(kubernetes, before, [...before.values(), ...[...after].flatMap(missingIn(before))]);
	const drifted: string[] = [];
	const pruned: string[] = [];
	const reasons: string[] = [];
	const kept: Entry[] = [...spared];
	for (const manifest of wanted) {
		const key = refText(refOf(manifest));
		try {
			const changed = await bring(kubernetes, manifest);
			if (changed && before.get(key)?.digest === after.get(key)?.digest) drifted.push(key);
			kept.push(entryOf(manifest));
		} catch (error) {
			reasons.push(messageOf(error));
			const known = before.get(key);
			kept.push(known ?? { ...entryOf(manifest), digest: "" });
		}
	}
	for (const [key, entry] of gone) {
		try {
			await kubernetes.remove(entry);
			pruned.push(key);
		} catch (error) {
			reasons.push(messageOf(error));
			kept.push(entry);
		}
	}
	await writeInventory(kubernetes, undefined, kept);
	if (reasons.length > 0) {
		const more = reasons.length > MOST_REASONS ? `; and ${reasons.length - MOST_REASONS} more` : "";
		return { ok: false, reason: `${reasons.slice(0, MOST_REASONS).join("; ")}${more}` };
	}
	return { ok: true, digest: digestOfManifests(wanted), objects: wanted.length, drifted, pruned };
}

/** Brings one object about. True when the API says that something changed. What is on its way out cannot be kept, whatever is applied to it. */
async function bring(kubernetes: Kubernetes, manifest: Manifest): Promise<boolean> {
	const live = await kubernetes.read(refOf(manifest));
	const since = live?.metadata.deletionTimestamp;
	if (since !== undefined)
		throw new KubernetesError(
			`${refText(refOf(manifest))} is being deleted since ${since}; it is applied again when it is gone`,
		);
	if (live && covers(live, manifest)) return false;
	try {
		return (await kubernetes.apply(manifest)) !== live?.metadata.resourceVersion;
	} catch (error) {
		if (!live || !isRefusedChange(error) || !MADE_ANEW.has(manifest.kind)) throw error;
		await kubernetes.remove(refOf(manifest));
		await kubernetes.apply(manifest);
		return true;
	}
}

/** The API takes the object, but not as a change of the one that is there (422, Unprocessable Entity). */
function isRefusedChange(error: unknown): boolean {
	return error instanceof KubernetesError && error.status === 422;
}

function digestOf(manifest: Manifest): string {
	return manifest.kind === "Secret" ? "" : sha256Of(canonicalJson(manifest));
}

function missingIn(before: ReadonlyMap<string, Entry>) {
	return ([key, entry]: readonly [string, Entry]): Entry[] => (before.has(key) ? [] : [{ ...entry, digest: "" }]);
}

async function readInventory(kubernetes: Kubernetes): Promise<readonly Entry[]> {
	const live = await kubernetes.read(INVENTORY);
	const text = (live?.data as Record<string, unknown> | undefined)?.[INVENTORY_KEY];
	if (typeof text !== "string") return [];
	try {
		return (JSON.parse(text) as unknown[]).filter(isEntry);
	} catch {
		// Somebody wrote into it. Everything that is wanted is applied and listed again; nothing is removed on a guess.
		return [];
	}
}

function isEntry(value: unknown): value is Entry {
	if (typeof value !== "object" || value === null) return false;
	const { apiVersion, kind, name, namespace, digest } = value as Record<string, unknown>;
	return (
		[apiVersion, kind, name, digest].every((field) => typeof field === "string") &&
		(namespace === undefined || typeof namespace === "string")
	);
}

async function writeInventory(
	kubernetes: Kubernetes,
	known: ReadonlyMap<string, Entry> | undefined,
	entries: readonly Entry[],
): Promise<void> {
	if (known && entries.length === known.size) return;
	const { apiVersion, kind, name, namespace = "" } = INVENTORY;
	const sorted = [...entries].sort((a, b) => (refText(a) < refText(b) ? -1 : 1));
	const data = { [INVENTORY_KEY]: JSON.stringify(sorted) };
	const manifest = { apiVersion, kind, metadata: { name, namespace }, data };
	const live = known ? undefined : await kubernetes.read(INVENTORY);
	if (!live || !covers(live, manifest)) await kubernetes.apply(manifest);
}
