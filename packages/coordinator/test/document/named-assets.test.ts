import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";

const text = (artifact: string) => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes:
  version: "1.36"
  artifacts:
    - ${artifact}
slots:
  - { name: w, role: worker, count: 1 }
`;
const NAMED = 'path: /opt/rollcall/bin/kubelet, mode: "0755", asset: kubernetes/v1.36.2/amd64/kubelet';
const assets = {
	base: "http://192.0.2.1:7480",
	files: new Map([["kubernetes/v1.36.2/amd64/kubelet", { sha256: "a".repeat(64), sizeBytes: 7 }]]),
};

test("an artifact that names an asset gets its digest, size and address from it", (t) => {
	const parsed = parseDocument(text(`{ ${NAMED}, arch: x64, when: lacking }`), assets);
	if (!parsed.ok) return t.fail(parsed.problem.message);
	t.deepEqual(parsed.document.kubernetes.artifacts as unknown, [
		{
			path: "/opt/rollcall/bin/kubelet",
			mode: "0755",
			asset: "kubernetes/v1.36.2/amd64/kubelet",
			arch: "x64",
			when: "lacking",
			sha256: `sha256:${"a".repeat(64)}`,
			sizeBytes: 7,
			urls: ["http://192.0.2.1:7480/assets/kubernetes/v1.36.2/amd64/kubelet"],
		},
	]);
	// What a coordinator shows is taken back as it is.
	const again = parseDocument(text(JSON.stringify(parsed.document.kubernetes.artifacts[0])));
	t.is(again.ok && again.digest, parsed.digest);
});

test("an asset that is not there is named with its line and the step that brings it", (t) => {
	const parsed = parseDocument(text(`{ ${NAMED.replace("v1.36.2", "v1.36.3")} }`), assets);
	t.like(!parsed.ok && parsed.problem.details?.[0], {
		path: "kubernetes.artifacts[0].asset",
		suggestion: "rollcall assets fetch, or rollcall assets add",
	});
	t.regex((!parsed.ok && parsed.problem.message) || "", /line 7, .*there is no asset kubernetes\/v1\.36\.3/);
	const offline = parseDocument(text(`{ ${NAMED} }`));
	t.regex((!offline.ok && offline.problem.message) || "", /known to a coordinator with a boot listener only/);
});

test("whatever stands where an artifact should, it is a finding and no failure", (t) => {
	for (const odd of ["7", "[]", "null", "{ asset: 7 }", "{ asset: x }"])
		t.false(parseDocument(text(odd), assets).ok, odd);
});
