import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";

const document = (kubernetes: object, more: object = {}): string =>
	JSON.stringify(
		{
			apiVersion: "rollcall/v1",
			kind: "Cluster",
			name: "lab",
			kubernetes: { version: "1.36", ...kubernetes },
			networks: { pods: "10.9.0.0/22", services: "10.8.0.0/16" },
			slots: [{ name: "w", role: "worker", count: 4 }],
			volumes: {},
			...more,
		},
		null,
		1,
	);
function warningsOf(text: string, inForce?: Parameters<typeof parseDocument>[2]): string {
	const parsed = parseDocument(text, undefined, inForce);
	return parsed.ok ? parsed.warnings.join("\n") : parsed.problem.message;
}

test("a routed pod network says that it enforces no NetworkPolicy", (t) => {
	t.regex(warningsOf(document({ podNetwork: "routed" })), /kubernetes\.podNetwork: routed enforces no NetworkPolicy/);
});

test("a document that names no pod network keeps the one that its cluster has, and says so", (t) => {
	for (const podNetwork of ["flannel", "calico", "none"] as const) {
		const inForce = { name: "lab", podNetwork };
		const parsed = parseDocument(document({}), undefined, inForce);
		t.is(parsed.ok && parsed.document.kubernetes.podNetwork, podNetwork);
		t.regex(warningsOf(document({}), inForce), new RegExp(`stays ${podNetwork}, which this cluster has`));
		const said = parseDocument(document({ podNetwork: "routed" }), undefined, inForce);
		t.is(said.ok && said.document.kubernetes.podNetwork, "routed");
		const other = parseDocument(document({}, { name: "other" }), undefined, inForce);
		const fresh = parseDocument(document({}, { name: "other" }));
		t.is(other.ok && other.digest, fresh.ok && fresh.digest);
	}
});

test("a new cluster whose document names no pod network is routed, and a setting of flannel's needs flannel", (t) => {
	const parsed = parseDocument(document({}));
	t.is(parsed.ok && parsed.document.kubernetes.podNetwork, "routed");
	t.regex(
		warningsOf(document({ flannelBackend: "host-gw" })),
		/flannelBackend: .*is for flannel, and the pod network is routed/,
	);
	t.notRegex(warningsOf(document({ flannelBackend: "host-gw", podNetwork: "flannel" })), /flannelBackend/);
});
