import { DeclareReply } from "@rollcall/protocol";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

/** Declares a cluster document. The coordinator checks it as a whole first. Throws Failure with all findings. */
export function declareCluster(api: Api, text: string): Promise<ApiAnswer<DeclareReply>> {
	const request = { method: "PUT", path: "/v1/cluster", body: { text } } as const;
	return api.ask(DeclareReply, { ...request, subject: "the cluster document" });
}
