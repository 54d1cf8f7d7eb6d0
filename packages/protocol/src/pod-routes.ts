import { z } from "zod";
import { canonicalJson, sha256Of } from "./digest.ts";
import { BootId, Digest, Name } from "./ids.ts";
import { MAX_POD_ROUTES, PodRoute } from "./pod-network.ts";
import { Problem } from "./problem.ts";

/** Names a table of routes: the same for the same routes, in whatever order. */
export function podRoutesDigest(routes: readonly PodRoute[]): Digest {
	const sorted = [...routes].sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
	return sha256Of(canonicalJson(sorted));
}

/** `up.<machineId>.routes`: an agent asks for the routes between nodes. `have`: the table that it has. */
export const RoutesRequest = z.strictObject({ bootId: BootId, have: Digest.optional() });
export type RoutesRequest = z.infer<typeof RoutesRequest>;

/** The answer: what changed in the table that the agent has, or all of it; `digest` is that of the table that follows. */
export const RoutesReply = z.discriminatedUnion("kind", [
	z.strictObject({
		kind: z.literal("changes"),
		digest: Digest,
		set: z.array(PodRoute).max(MAX_POD_ROUTES),
		gone: z.array(Name).max(MAX_POD_ROUTES),
	}),
	z.strictObject({ kind: z.literal("table"), digest: Digest, routes: z.array(PodRoute).max(MAX_POD_ROUTES) }),
	z.strictObject({ kind: z.literal("fenced"), reason: z.string().max(512) }),
	z.strictObject({ kind: z.literal("problem"), problem: Problem }),
]);
export type RoutesReply = z.infer<typeof RoutesReply>;
