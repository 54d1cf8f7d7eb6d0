import { ClusterView, DeclareReply, DocumentRequest, Plan } from "@rollcall/protocol";
import type { z } from "zod";
import { askCore } from "../ask-core.ts";
import type { Api, ParsedDocument } from "../dependencies.ts";
import { hideDocumentSecrets } from "../hide-secrets.ts";
import { Refusal, refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_DIGEST, EXAMPLE_ID } from "./examples.ts";
import { NOTHING } from "./parameters.ts";

function parse(api: Api, text: string): Extract<ParsedDocument, { ok: true }> {
	const parsed = api.projections.parseDocument(text);
	if (!parsed.ok) throw new Refusal(parsed.problem);
	return parsed;
}

const both = { params: NOTHING, query: NOTHING, status: 200 } as const;

/** What the operator declares. */
export const CLUSTER_ROUTES: readonly Route[] = [
	route({
		...both,
		method: "GET",
		path: "/v1/cluster",
		summary: "The cluster document in force",
		scope: "read",
		leads: false,
		body: null,
		response: ClusterView,
		example: {
			document: { apiVersion: "rollcall/v1", kind: "Cluster", name: "lab" },
			digest: EXAMPLE_DIGEST,
			declaredAt: "2026-11-02T08:00:00.000Z",
			seq: 3,
		} as z.input<typeof ClusterView>,
		refusals: ["not-found"],
		answer(api, { caller }) {
			const { cluster } = api.core.fleet();
			if (!cluster) {
				throw refuse("not-found", "no cluster is declared", { next: "rollcall apply -f FILE declares one" });
			}
			const { document, digest, seq, at } = cluster;
			const shown = caller.scope === "admin" ? document : hideDocumentSecrets(document);
			return { document: shown, digest, declaredAt: new Date(at).toISOString(), seq };
		},
	}),
	route({
		...both,
		method: "PUT",
		path: "/v1/cluster",
		summary: "Declare the cluster",
		scope: "admin",
		leads: true,
		body: DocumentRequest,
		bodyLimit: "document",
		response: DeclareReply,
		example: { digest: EXAMPLE_DIGEST, changed: true, seq: 3, warnings: [] } as z.input<typeof DeclareReply>,
		refusals: ["document-invalid", "too-large", "not-leader", "not-ready"],
		async answer(api, { body, caller }) {
			const { document, digest, warnings } = parse(api, body.text);
			const before = api.core.fleet().cluster;
			await askCore(api.core, { kind: "declare", document, digest, by: caller.tokenId }, "ok");
			const after = api.core.fleet().cluster;
			return { digest, changed: before?.seq !== after?.seq, seq: after?.seq ?? 0, warnings: [...warnings] };
		},
	}),
	route({
		...both,
		method: "POST",
		path: "/v1/plan",
		summary: "What declaring this document would change, file by file; changes nothing",
		scope: "read",
		leads: false,
		costly: true,
		body: DocumentRequest,
		bodyLimit: "document",
		response: Plan,
		example: {
			digest: EXAMPLE_DIGEST,
			unchanged: 9,
			machines: [
				{
					machineId: EXAMPLE_ID,
					nodeName: "worker-0",
					action: "update",
					reason: "the document changes a file",
					files: [{ path: "/var/lib/kubelet/config.yaml", change: "changed", before: "a: 1\n", after: "a: 2\n" }],
					restarts: ["kubelet.service"],
				},
			],
			addOns: [{ object: "DaemonSet.apps kube-system/calico-node", change: "added" }],
			warnings: [],
		} as z.input<typeof Plan>,
		refusals: ["document-invalid", "too-large", "too-many-requests"],
		answer(api, { body }) {
			const { document, digest, warnings } = parse(api, body.text);
			return api.projections.plan(api.core.fleet(), { document, digest, warnings });
		},
	}),
];
