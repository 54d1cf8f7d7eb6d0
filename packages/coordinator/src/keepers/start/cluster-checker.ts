import { randomUUID } from "node:crypto";
import { systemReason } from "@rollcall/protocol";
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import { ClusterChecker } from "../cluster-checker.ts";
import { toldTo } from "../rounds.ts";
import type { OwnAccess } from "./own-access.ts";

/** A page of a pod is one word. */
const PAGE_WITHIN_MS = 5_000;

/** What checking a cluster on demand needs of a coordinator. */
interface CheckerSurroundings {
	readonly core: Core;
	readonly clock: Clock;
	readonly log: Logger;
	readonly access: OwnAccess;
}

/** Whoever checks the cluster's network when somebody asks. */
export function clusterChecker({ core, clock, log, access }: CheckerSurroundings): ClusterChecker {
	return new ClusterChecker({
		core,
		clock,
		newId: randomUUID,
		onTrouble: toldTo(log),
		page,
		connect: async () => {
			const reach = await access(core.fleet());
			// Loaded when there is a cluster: the client is large.
			return reach && (await import("../../adapters/kubernetes/kubernetes.ts")).createKubernetes(reach);
		},
	});
}

/** The page at a URL, as this computer gets it. Throws an Error in plain words. */
async function page(url: string): Promise<string> {
	try {
		const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PAGE_WITHIN_MS) });
		if (answer.ok) return (await answer.text()).slice(0, 256);
		throw new Error(`it answers with ${answer.status}`);
	} catch (error) {
		const { cause = error, name } = error as Error;
		throw new Error(name === "TimeoutError" ? `no answer within ${PAGE_WITHIN_MS / 1_000} s` : systemReason(cause));
	}
}
