import { z } from "zod";
import { type OpenRequest, SIGNERS, type SignerName } from "../../domain/certificates/signing-requests.ts";
import type { RequestsPage } from "../../ports/kubernetes.ts";
import type { Ask } from "./evict-pods.ts";
import { readAnswer } from "./read-answer.ts";

const PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const KIND = "CertificateSigningRequest";
/** Requests per answer: each may have 1.5 MB, which is the most that etcd takes. */
const PAGE = 20;
const MERGE_PATCH = "application/merge-patch+json";
const NAMES: ReadonlySet<string> = new Set(Object.values(SIGNERS));
/** Conditions that end a request, but for its certificate. */
const OVER: ReadonlySet<string> = new Set(["Denied", "Failed"]);

/** As much of a CertificateSigningRequest (certificates.k8s.io/v1) as is looked at. */
const Item = z.object({
	metadata: z.object({ name: z.string(), resourceVersion: z.string() }),
	spec: z.object({
		signerName: z.string(),
		request: z.string(),
		username: z.string().default(""),
		groups: z.array(z.string()).default([]),
		usages: z.array(z.string()).default([]),
		expirationSeconds: z.number().optional(),
	}),
	status: z
		.object({
			certificate: z.string().optional(),
			conditions: z.array(z.looseObject({ type: z.string() })).optional(),
		})
		.optional(),
});
const Page = z.object({
	metadata: z.object({ continue: z.string().optional() }).optional(),
	items: z.array(z.unknown()),
});

/** A page of the requests for signers that the coordinator signs for, without those that are over. With status 410 the page is forgotten. */
export async function listSigningRequests(ask: Ask, from: string | undefined): Promise<RequestsPage> {
	const query = new URLSearchParams({ limit: String(PAGE), ...(from === undefined ? {} : { continue: from }) });
	const about = { kind: KIND, name: "*" };
	const { text } = await ask({ path: `${PATH}?${query}` }, about);
	const page = readAnswer(Page, text, about);
	return { requests: page.items.flatMap(openRequest), next: page.metadata?.continue || undefined };
}

function openRequest(item: unknown): RequestsPage["requests"] {
	const read = Item.safeParse(item);
	if (!read.success || !NAMES.has(read.data.spec.signerName)) return [];
	const { metadata, spec, status } = read.data;
	const conditions = status?.conditions ?? [];
	if (status?.certificate || conditions.some(({ type }) => OVER.has(type))) return [];
	return [
		{
			name: metadata.name,
			version: metadata.resourceVersion,
			signer: spec.signerName as SignerName,
			user: spec.username,
			groups: spec.groups,
			usages: spec.usages,
			expiresInSeconds: spec.expirationSeconds,
			approved: conditions.some(({ type }) => type === "Approved"),
			conditions,
			pem: Buffer.from(spec.request, "base64").toString("latin1"),
		},
	];
}

/** Approves a request, or ends it: one that was approved fails, another one is denied. Returns its new version. With status 409 it is not what was seen. */
export async function decideSigningRequest(
	ask: Ask,
	request: OpenRequest,
	decision: { readonly approve: boolean; readonly reason: string },
): Promise<string> {
	const type = decision.approve ? "Approved" : request.approved ? "Failed" : "Denied";
	const reason = decision.approve ? "CheckedByRollcall" : "RefusedByRollcall";
	const condition = { type, status: "True", reason, message: decision.reason.slice(0, 1024) };
	const part = type === "Failed" ? "status" : "approval";
	return change(ask, request, part, { conditions: [...request.conditions, condition] });
}

/** Puts the certificate into a request that is approved. */
export async function answerSigningRequest(ask: Ask, request: OpenRequest, pem: string): Promise<void> {
	await change(ask, request, "status", { certificate: Buffer.from(pem).toString("base64") });
}

/** Takes a request out of the API. */
export async function removeSigningRequest(ask: Ask, { name }: OpenRequest): Promise<void> {
	await ask({ method: "DELETE", path: pathOf(name) }, { kind: KIND, name }, [404]);
}

async function change(
	ask: Ask,
	{ name, version }: OpenRequest,
	part: "approval" | "status",
	status: Readonly<Record<string, unknown>>,
): Promise<string> {
	const body = { metadata: { resourceVersion: version }, status };
	const { text } = await ask(
		{ method: "PATCH", path: `${pathOf(name)}/${part}`, body, type: MERGE_PATCH },
		{ kind: KIND, name },
	);
	return readAnswer(Item.pick({ metadata: true }), text, { kind: KIND, name }).metadata.resourceVersion;
}

function pathOf(name: string): string {
	return `${PATH}/${encodeURIComponent(name)}`;
}
