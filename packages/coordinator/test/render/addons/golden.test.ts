import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assertGolden, treeDifference } from "@rollcall/test-support/golden";
import test from "ava";
import { stringify } from "yaml";
import { coreAddOns } from "../../../src/render/addons/core-add-ons.ts";
import { documentOf } from "../fleet-of.ts";

const FOLDER = fileURLToPath(new URL("./golden/", import.meta.url));
/** What is kept whole; of the others their difference from `calico-1.36` is kept. */
const WHOLE = ["flannel-1.36", "calico-1.36"];

/** What `kubernetes` has besides the version, and the rest of the document. */
const CASES: Readonly<Record<string, readonly [string, string?]>> = {
	"flannel-1.36": [", podNetwork: flannel"],
	"calico-1.36": [", podNetwork: calico"],
	"calico-everything-1.36": [
		`, podNetwork: calico, proxyMode: nftables, artifacts: [{ path: /opt/cni/bin/portmap, mode: "0755", sha256: "sha256:${"0".repeat(64)}", sizeBytes: 1, urls: ["http://192.168.1.2/portmap"] }]`,
		`networks: { second: { pods: "fd00:10::/56", services: "fd00:20::/112" } }
images: { overrides: { calico-node: "mirror.lab.example/calico/node@sha256:${"1".repeat(64)}", calico-cni: mirror.lab.example/calico/cni:v3.32.1 } }`,
	],
	"calico-ipv6-1.36": [", podNetwork: calico", 'networks: { pods: "fd00:10::/48", services: "fd00:20::/112" }'],
};

function textOf(name: string): string {
	const [kubernetes, more = ""] = CASES[name] ?? [""];
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36"${kubernetes} }
${more}
slots:
  - { name: control, role: control-plane, count: 1 }
`);
	return coreAddOns(document)
		.map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }))
		.join("---\n");
}

const fileOf = (name: string): string => `${name}.${WHOLE.includes(name) ? "yaml" : "diff"}`;

for (const name of Object.keys(CASES)) {
	test(`the add-ons of ${name} are those that were kept`, (t) => {
		const text = textOf(name);
		const kept = WHOLE.includes(name) ? text : treeDifference({ yaml: textOf("calico-1.36") }, { yaml: text });
		assertGolden(t, `${FOLDER}${fileOf(name)}`, kept);
	});
}

test("no kept file is without its case", (t) => {
	t.deepEqual(readdirSync(FOLDER).sort(), Object.keys(CASES).map(fileOf).sort());
});
