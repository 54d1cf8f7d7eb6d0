import { ClusterDocument, TargetContent } from "@rollcall/protocol";
import test from "ava";
import { parse } from "yaml";
import { hideAccounts, hideEventSecrets, hideTargetSecrets } from "../../../src/adapters/http/hide-secrets.ts";
import { fileChanges } from "../../../src/domain/views/file-changes.ts";
import { changed } from "../../document/refusal.ts";

const PASSWORD = "CANARY-PASSWORD";
const ADDRESS = `https://someone:${PASSWORD}@files.lab/kubelet`;
const SHA = `sha256:${"0".repeat(64)}`;

/** A document as an earlier version took it: with passwords in all places where an address may stand. */
const OLD = ClusterDocument.parse(
	parse(
		changed(
			"kubernetes:\n",
			`images:
  mirrors: [{ registry: docker.io, endpoints: ["${ADDRESS}"] }]
  archives: [{ name: base, sha256: "${SHA}", sizeBytes: 1, urls: ["${ADDRESS}"] }]
roles:
  own:
    files: [{ path: /etc/rollcall/role/clone, mode: "0644", content: "git clone ssh://git@host/x" }]
    artifacts: [{ path: /opt/rollcall/x, mode: "0755", sha256: "${SHA}", sizeBytes: 1, urls: ["${ADDRESS}"] }]
kubernetes:
  oidc: [{ issuerUrl: "${ADDRESS}", clientId: x, usernameClaim: sub }]
  artifacts: [{ path: /opt/rollcall/y, mode: "0755", sha256: "${SHA}", sizeBytes: 1, urls: ["${ADDRESS}"] }]
`,
		),
	),
);

test("an event with a document of an earlier version shows no password of an address", (t) => {
	const event = { type: "cluster-declared", seq: 1, at: 0, by: "x", digest: SHA, document: OLD } as never;
	const shown = JSON.stringify(hideEventSecrets(event));
	t.false(shown.includes(PASSWORD));
	t.is(shown.match(/https:\/\/\.\.\.@files\.lab\/kubelet/g)?.length, 5);
});

test("whoever may declare a document sees none either, and has his own files back as they are", (t) => {
	const shown = hideAccounts(OLD);
	t.false(JSON.stringify(shown).includes(PASSWORD));
	t.deepEqual(shown.roles.own?.files, OLD.roles.own?.files);
	t.true(ClusterDocument.safeParse(shown).success);
});

test("a target, and what a plan shows of its files, has no password of an address", (t) => {
	const file = (end: string) => ({
		path: "/etc/containerd/certs.d/docker.io/hosts.toml",
		mode: "0644",
		encoding: "utf8" as const,
		content: `[host."${ADDRESS}${end}"]\n`,
	});
	const content = (end: string) =>
		TargetContent.parse({
			...{ cluster: "lab", slot: "own", role: "own", nodeName: "n", units: [], probes: [], deadlineSeconds: 60 },
			files: [file(end)],
			artifacts: [{ path: "/opt/x", mode: "0755", sha256: SHA, sizeBytes: 1, urls: [ADDRESS] }],
		});
	t.false(JSON.stringify(hideTargetSecrets(content(""))).includes(PASSWORD));
	const changes = fileChanges(content("/a"), content("/b"));
	t.is(changes.length, 1);
	t.false(JSON.stringify(changes).includes(PASSWORD));
});
