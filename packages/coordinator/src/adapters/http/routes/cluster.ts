import {
	type ClusterDocument,
	ClusterView,
	DeclareReply,
	DeclareRequest,
	DocumentRequest,
	includesScope,
	Plan,
} from "@rollcall/protocol";
import { z } from "zod";
import { inForceOf } from "../../../document/in-force.ts";
import type { ParsedDocument } from "../../../document/parse-document.ts";
import { isoDateOf } from "../../../domain/clocks/log-clock.ts";
import { askCore } from "../ask-core.ts";
import type { Api } from "../dependencies.ts";
import { guarded, LossQuery } from "../guarded.ts";
import { hideAccounts, hideDocumentSecrets } from "../hide-secrets.ts";
import { Refusal, refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_DIGEST, EXAMPLE_ID } from "./examples.ts";
import { NOTHING } from "./parameters.ts";

async function parse(api: Api, text: string): Promise<Extract<ParsedDocument, { ok: true }>> {
	const store = api.assets();
	const assets =
		store === undefined || store === "starting"
			? undefined
			: {
					base: store.base,
					files: new Map(store.list().map(({ name, sha256, sizeBytes }) => [name, { sha256, sizeBytes }])),
				};
	const parsed = await api.projections.parseDocument(text, assets, inForceOf(api.core.fleet().cluster?.document));
	if (!parsed.ok) throw new Refusal(parsed.problem);
	await checkAccounts(api, parsed.document);
	return parsed;
}

/** Refuses mirrors with an account that the coordinator does not have: machines would wait for it. Throws a Refusal. */
async function checkAccounts({ accounts }: Api, { images }: ClusterDocument): Promise<void> {
	for (const [index, { account }] of images.mirrors.entries()) {
		if (account === undefined) continue;
		const at = (message: string, next: string) =>
			refuse("document-invalid", message, { path: `images.mirrors[${index}].account`, next });
		const place = accounts.place(account);
		const found = await accounts.authorization(account).catch((error: Error) => {
			throw at(error.message, `correct ${place}`);
		});
		if (found === undefined)
			throw at(`the coordinator has no account ${account}`, `write USER:PASSWORD to ${place} with the mode 0600`);
	}
}

/** `hidden`: digests in place of secret files, also for one who may see them. */
const ClusterQuery = z.strictObject({ secrets: z.literal("hidden").optional() });
const both = { params: NOTHING, query: NOTHING, status: 200 } as const;

/** What the operator declares. */
export const CLUSTER_ROUTES: readonly Route[] = [
	route({
		...both,
		method: "GET",
		path: "/v1/cluster",
		summary: "The cluster document in force",
		scope: "viewer",
		leads: false,
		query: ClusterQuery,
		body: null,
		response: ClusterView,
		example: {
			document: { apiVersion: "rollcall/v1", kind: "Cluster", name: "lab" },
			digest: EXAMPLE_DIGEST,
			declaredAt: "2026-11-02T08:00:00.000Z",
			seq: 3,
		} as z.input<typeof ClusterView>,
		refusals: ["not-found"],
		answer(api, { query, caller }) {
			const { cluster } = api.core.fleet();
			if (!cluster) {
				throw refuse("not-found", "no cluster is declared", { next: "rollcall apply -f FILE declares one" });
			}
			const { document, digest, seq, at } = cluster;
			const shown =
				includesScope(caller.scope, "operator") && query.secrets !== "hidden"
					? hideAccounts(document)
					: hideDocumentSecrets(document);
			return { document: shown, digest, declaredAt: isoDateOf(api.core.fleet(), at), seq };
		},
	}),
	route({
		...both,
		method: "PUT",
		path: "/v1/cluster",
		query: LossQuery,
		summary: "Declare the cluster",
		scope: "operator",
		leads: true,
		body: DeclareRequest,
		bodyLimit: "document",
		response: DeclareReply,
		example: { digest: EXAMPLE_DIGEST, changed: true, seq: 3, warnings: [] } as z.input<typeof DeclareReply>,
		refusals: [
			"document-invalid",
			"conflict",
			"quorum-at-risk",
			"too-large",
			"too-many-requests",
			"not-leader",
			"not-ready",
		],
		async answer(api, { body, caller, query }) {
			const { document, digest, warnings } = await parse(api, body.text);
			const only = caller.reach?.cluster;
			if (only !== undefined && document.name !== only)
				throw refuse(
					"forbidden",
					`name: token ${caller.name} is for cluster ${only}, and this declares ${document.name}`,
					{
						path: "name",
						next: "use a token that is not limited",
					},
				);
			if (body.digest !== undefined && body.digest !== digest)
				throw refuse("conflict", `this document is ${digest}, and ${body.digest} was planned`, {
					path: "digest",
					next: "plan it again",
				});
			const before = api.core.fleet().cluster;
			const loss = await guarded(api, query);
			const declared = { document, digest, by: caller.name, base: body.base, ...loss };
			await askCore(api.core, { kind: "declare", ...declared }, "ok");
			const after = api.core.fleet().cluster;
			return { digest, changed: before?.seq !== after?.seq, seq: after?.seq ?? 0, warnings: [...warnings] };
		},
	}),
	route({
		...both,
		method: "POST",
		path: "/v1/plan",
		summary: "What declaring this document would change, file by file; changes nothing",
		scope: "viewer",
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
		async answer(api, { body }) {
			const { document, digest, warnings } = await parse(api, body.text);
			const fleet = api.core.fleet();
			const plan = api.projections.plan(fleet, { document, digest, warnings });
			return fleet.cluster ? { ...plan, base: fleet.cluster.digest } : plan;
		},
	}),
];
