import { type KubernetesObject, ListWatch, type V1Node, type Watch } from "@kubernetes/client-node";
import { sameJson } from "@rollcall/protocol";
import { KubernetesError } from "../../errors.ts";
import type { FollowedNodes } from "../../ports/kubernetes.ts";
import type { NodeSeen } from "../../render/seen-node.ts";
import type { HttpsLibrary } from "./https-library.ts";
import type { LineStream } from "./line-stream.ts";
import { nodeSeen } from "./node-seen.ts";

/** Lengths in milliseconds. */
const PACE = {
	/** Where nothing else happens the API server sends a bookmark every minute. */
	silence: 90_000,
	/** After trouble: from this on, doubled each time, up to `worst`. */
	trouble: 250,
	worst: 15_000,
};
export type WatchPace = typeof PACE;
/** The API server ends a watch after so many seconds; it goes on where it was. */
const WATCH_SECONDS = 300;

/** A Node object as it is kept: all of its 15 KiB would be much for what is looked at. */
interface Kept extends KubernetesObject {
	readonly seen: NodeSeen;
}

/** What following needs. */
export interface FollowParts {
	readonly https: Pick<HttpsLibrary, "stream">;
	/** All Node objects, and the version of the list. */
	readonly list: () => Promise<{ readonly nodes: readonly V1Node[]; readonly version: string }>;
	/** The version that the store has now. */
	readonly newest: () => Promise<string>;
	/** A node of this name came, went, or is not as it was. A kubelet's heartbeat is no change. */
	readonly onChange: (name: string) => void;
	/** The watch could not be kept; it is tried again. */
	readonly onTrouble: (error: Error) => void;
	readonly pace?: Partial<WatchPace> | undefined;
}

/**
 * Follows all Node objects with the client's list and watch, over connections of ours: the client's own speak to one server
 * only. A watch that was cut goes on where it was, at a server that answers; where the API has forgotten that place (410), all
 * is listed anew. Trouble is tried again for ever, later each time.
 */
export function followNodes(parts: FollowParts): FollowedNodes {
	const pace = { ...PACE, ...parts.pace };
	const known = new Map<string, NodeSeen>();
	let stream: LineStream | undefined;
	let listed = false;
	let stopped = false;
	let troubles = 0;
	let trouble: Error | undefined;
	let retry: NodeJS.Timeout | undefined;
	const waiting: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];

	const watch: Pick<Watch, "watch"> = {
		// Called when the list is complete.
		async watch(path, query, callback, done) {
			const ending = new AbortController();
			if (stopped) return ending;
			listed = true;
			for (const one of waiting.splice(0)) one.done();
			const words = { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS };
			const search = new URLSearchParams();
			for (const [name, value] of Object.entries(words)) search.set(name, String(value));
			const own = parts.https.stream(`${path}?${search}`, {
				silenceMs: pace.silence,
				onOpen: () => {
					troubles = 0;
					trouble = undefined;
				},
				onLine(line) {
					const { type, object } = JSON.parse(line) as WatchEvent;
					callback(type, KEPT.has(type) ? kept(object) : object);
					if (type === "ERROR")
						own.end(object.code === 410 ? undefined : new Error(object.message ?? line.slice(0, 512)));
				},
				onEnd: (error, status) => done(error && status !== undefined ? forgotten(error, status) : error),
			});
			stream = own;
			ending.signal.addEventListener("abort", () => own.end(), { once: true });
			return ending;
		},
	};
	const list = async () => {
		const { nodes, version } = await parts.list();
		return { apiVersion: "v1", kind: "NodeList", metadata: { resourceVersion: version }, items: nodes.map(kept) };
	};
	const following = new ListWatch<Kept>("/api/v1/nodes", watch as Watch, list, false);
	const take = ({ seen }: Kept): void => {
		const before = known.get(seen.name);
		known.set(seen.name, seen);
		if (!before || !isAlike(before, seen)) parts.onChange(seen.name);
	};
	following.on("add", take);
	following.on("update", take);
	following.on("delete", ({ seen: { name } }) => {
		if (known.delete(name)) parts.onChange(name);
	});
	following.on("error", (error) => {
		if (stopped) return;
		trouble = error instanceof Error ? error : new Error(String(error));
		troubles += 1;
		parts.onTrouble(trouble);
		for (const one of waiting.splice(0)) one.failed(new KubernetesError(trouble.message));
		clearTimeout(retry);
		const pause = Math.min(pace.trouble * 2 ** Math.min(troubles - 1, 20), pace.worst);
		retry = setTimeout(() => void following.start(), pause).unref();
	});
	void following.start();

	return {
		get: (name) => known.get(name),
		all() {
			if (listed) return [...known.values()];
			throw new KubernetesError(`the nodes are not listed yet${trouble ? `: ${trouble.message}` : ""}`);
		},
		listed: () => (listed ? Promise.resolve() : new Promise((done, failed) => void waiting.push({ done, failed }))),
		async check() {
			const newest = await parts.newest();
			if (!listed || !isOlder(newest, following.latestResourceVersion())) return;
			// The store began anew, and what is watched for would be long in coming.
			stream?.end(forgotten(new Error("the API's store is older than what was seen of it"), 410));
		},
		async stop() {
			stopped = true;
			clearTimeout(retry);
			for (const one of waiting.splice(0)) one.failed(new KubernetesError("the nodes are not followed any more"));
			await following.stop();
		},
	};
}

/** A line of a watch (meta/v1 WatchEvent); of an ERROR the object is a Status. */
interface WatchEvent {
	readonly type: string;
	readonly object: V1Node & { readonly code?: number; readonly message?: string };
}
const KEPT = new Set(["ADDED", "MODIFIED", "DELETED"]);

function kept(node: V1Node): Kept {
	const { name, resourceVersion } = node.metadata ?? {};
	return { metadata: { name, resourceVersion } as NonNullable<KubernetesObject["metadata"]>, seen: nodeSeen(node) };
}

function isAlike(before: NodeSeen, now: NodeSeen): boolean {
	return sameJson({ ...before, version: "" }, { ...now, version: "" });
}

/** How the client's list and watch knows an HTTP status; with 410 it lists anew. */
function forgotten(error: Error, statusCode: number): Error {
	return Object.assign(error, { statusCode });
}

/** Versions grow, and can be compared as numbers (API conventions, since 1.35). */
function isOlder(one: string, other: string): boolean {
	return /^\d+$/.test(one) && /^\d+$/.test(other) && BigInt(one) < BigInt(other);
}
