import { DeclareReply, type Plan } from "@rollcall/protocol";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

/**
 * Declares a cluster document. The coordinator checks it as a whole first. With a plan it is only declared when it is what was
 * planned and nothing else was declared since. Throws Failure with all findings.
 */
export function declareCluster(
	api: Api,
	text: string,
	{ plan, query = "" }: { readonly plan?: Pick<Plan, "digest" | "base"> | undefined; readonly query?: string } = {},
): Promise<ApiAnswer<DeclareReply>> {
	const planned = plan && { digest: plan.digest, base: plan.base ?? null };
	const request = { method: "PUT", path: `/v1/cluster${query}`, body: { text, ...planned } } as const;
	return api.ask(DeclareReply, { ...request, subject: "the cluster document" });
}
