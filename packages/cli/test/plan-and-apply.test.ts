import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { coordinatorWith, golden, runCli, temporaryFolder } from "./support/cli.ts";
import { DIGEST } from "./support/views.ts";

const plan = {
	digest: DIGEST,
	unchanged: 7,
	machines: [
		{
			machineId: "91cc",
			nodeName: "worker-0",
			action: "update",
			reason: "the document changes a file",
			files: [
				{
					path: "/var/lib/kubelet/config.yaml",
					change: "changed",
					before: "kind: KubeletConfiguration\nmaxPods: 110\nserializeImagePulls: true\n",
					after: "kind: KubeletConfiguration\nmaxPods: 50\nserializeImagePulls: true\n",
				},
				{ path: "/etc/old.conf", change: "removed", before: "a\n" },
			],
			restarts: ["kubelet.service"],
		},
		{
			machineId: "a0ff",
			action: "assign",
			to: "worker/1",
			reason: "a seat is free",
			files: [{ path: "/etc/new.conf", change: "added", mode: "0600", after: "b\n" }],
			restarts: [],
		},
	],
	addOns: [
		{ object: "DaemonSet.apps kube-system/calico-node", change: "added" },
		{ object: "ConfigMap kube-system/coredns", change: "changed" },
		{ object: "ClusterRole.rbac.authorization.k8s.io rollcall:flannel", change: "removed" },
	],
	warnings: ["4 DNS servers: only the first 3 are used"],
};

async function documentIn(t: ExecutionContext, text: string): Promise<string> {
	const file = join(await temporaryFolder(t), "cluster.yaml");
	await writeFile(file, text);
	return file;
}

const TEXT = "apiVersion: rollcall/v1\nkind: Cluster\nname: lab\n";

test("plan shows a unified diff of every file and the warnings", async (t) => {
	const { api, env } = await coordinatorWith(t, { "POST /v1/plan": plan });
	const { code, stdout } = await runCli(t, ["plan", "-f", await documentIn(t, TEXT)], env);
	t.is(code, 0);
	t.deepEqual(api.seen[0]?.body, { text: TEXT });
	golden(t, "plan.txt", stdout);
});

test("plan --exit-code ends with 10 when there are changes and with 0 when there are none", async (t) => {
	const changed = await coordinatorWith(t, { "POST /v1/plan": plan });
	const same = await coordinatorWith(t, { "POST /v1/plan": { ...plan, machines: [], addOns: [], warnings: [] } });
	const inCluster = await coordinatorWith(t, { "POST /v1/plan": { ...plan, machines: [] } });
	const file = await documentIn(t, TEXT);
	t.is((await runCli(t, ["plan", "-f", file, "--exit-code", "--brief"], changed.env)).code, 10);
	t.is((await runCli(t, ["plan", "-f", file, "--exit-code"], inCluster.env)).code, 10);
	const quiet = await runCli(t, ["plan", "-f", file, "--exit-code"], same.env);
	t.is(quiet.code, 0);
	t.is(quiet.stdout, "no machine changes, 7 stay as they are.\n");
});

test("a file that is not YAML is refused with its line, and nothing is sent", async (t) => {
	const { api, env } = await coordinatorWith(t, {});
	const file = await documentIn(t, "kind: Cluster\nslots:\n  - name: [a\n");
	const { code, stderr } = await runCli(t, ["plan", "-f", file], env);
	t.is(code, 2);
	t.regex(stderr, /cluster\.yaml: not YAML: .* at line \d/);
	t.deepEqual(api.seen, []);
});

const INVALID = {
	problem: {
		code: "document-invalid",
		message: "the document has 2 faults",
		details: [
			{ path: "networks.pods", message: "overlaps the network of machine 91cc", suggestion: "10.254.0.0/16" },
			{ path: "slots.0.role", message: "no such role" },
		],
	},
} as const;

test("a document that the coordinator refuses is shown with all findings", async (t) => {
	const { env } = await coordinatorWith(t, { "POST /v1/plan": INVALID });
	const { stderr } = await runCli(t, ["plan", "-f", await documentIn(t, TEXT)], env);
	golden(t, "document-invalid.txt", stderr);
});

test("a document that the coordinator refuses is a wrong file, exit code 2 as of validate, for plan and for apply", async (t) => {
	const file = await documentIn(t, TEXT);
	const atPlan = await coordinatorWith(t, { "POST /v1/plan": INVALID });
	t.is((await runCli(t, ["plan", "-f", file], atPlan.env)).code, 2);
	t.is((await runCli(t, ["apply", "-f", file, "--yes"], atPlan.env)).code, 2);
	const atApply = await coordinatorWith(t, { "POST /v1/plan": plan, "PUT /v1/cluster": INVALID });
	t.is((await runCli(t, ["apply", "-f", file, "--yes"], atApply.env)).code, 2);
});

test("apply in a pipe needs --yes, and with it declares the document", async (t) => {
	const reply = { digest: DIGEST, changed: true, seq: 12, warnings: [] };
	const { api, env } = await coordinatorWith(t, { "POST /v1/plan": plan, "PUT /v1/cluster": reply });
	const file = await documentIn(t, TEXT);
	const refused = await runCli(t, ["apply", "-f", file], env);
	t.is(refused.code, 2);
	t.regex(refused.stderr, /needs --yes/);
	t.deepEqual(api.seen, []);
	const done = await runCli(t, ["apply", "-f", file, "--yes"], env);
	t.is(done.code, 0);
	t.deepEqual(api.seen.at(-1), {
		method: "PUT",
		path: "/v1/cluster",
		body: { text: TEXT, digest: DIGEST, base: null },
	});
	t.regex(done.stdout, /declared \(event 12\)/);
	const json = await runCli(t, ["apply", "-f", file, "--yes", "-o", "json"], env);
	t.deepEqual(JSON.parse(json.stdout), reply);
});

test("a file that is no text, or holds a second document, is refused in plain words, and nothing is sent", async (t) => {
	const { api, env } = await coordinatorWith(t, {});
	const folder = await temporaryFolder(t);
	const cases: [Buffer | undefined, RegExp][] = [
		[undefined, /: it is a folder, not a file\n {2}next: name a file in it/],
		[Buffer.from(""), /: it is empty\n {2}next: /],
		[Buffer.of(0x7f, 0x45, 0), /: it is a binary file/],
		[Buffer.from("name: caf\xe9\n", "latin1"), /: line 1 is not UTF-8; save it as UTF-8/],
		[Buffer.from("a: 1\n---\nb: 1\n"), /: a second document begins here, at line 2, column 1\n {2}next: one file/],
	];
	for (const [index, [bytes, refusal]] of cases.entries()) {
		const file = bytes ? join(folder, `${index}.yaml`) : folder;
		if (bytes) await writeFile(file, bytes);
		const { code, stderr } = await runCli(t, ["plan", "-f", file], env);
		t.is(code, 2);
		t.true(stderr.startsWith(`rollcall: ${file}: `));
		t.regex(stderr, refusal);
	}
	t.deepEqual(api.seen, []);
});

test("machines that change alike stand together with one diff, whatever stands around it", async (t) => {
	const change = (name: string, after: string) => ({
		...{ machineId: `id-${name}`, nodeName: name, action: "update", reason: "the document changes a file" },
		files: [
			{ path: "/etc/a.conf", change: "changed", before: `name: ${name}\nmax: 1\n`, after: `name: ${name}\n${after}\n` },
		],
		restarts: ["kubelet.service"],
	});
	const machines = [change("worker-0", "max: 2"), change("worker-1", "max: 2"), change("worker-2", "max: 3")];
	const { env } = await coordinatorWith(t, { "POST /v1/plan": { ...plan, machines, addOns: [], warnings: [] } });
	const file = await documentIn(t, TEXT);
	const { stdout } = await runCli(t, ["plan", "-f", file], env);
	t.regex(stdout, /^update 2 machines: 1 file\n {2}worker-0, worker-1\n/);
	t.is(stdout.match(/max: 2/g)?.length, 1);
	t.regex(stdout, /update worker-2\n/);
	const brief = JSON.parse((await runCli(t, ["plan", "-f", file, "--brief", "-o", "json"], env)).stdout);
	t.deepEqual(brief.machines[0].files, [{ path: "/etc/a.conf", change: "changed" }]);
});

test("apply declares exactly what was planned, and names cluster and coordinator", async (t) => {
	const base = `sha256:${"cd".repeat(32)}`;
	const { api, server, env } = await coordinatorWith(t, {
		"POST /v1/plan": { ...plan, base },
		"PUT /v1/cluster": { digest: DIGEST, changed: true, seq: 9, warnings: [] },
	});
	const { stdout } = await runCli(t, ["apply", "--yes", "-f", await documentIn(t, TEXT)], env);
	t.true(stdout.startsWith(`cluster lab at ${server}:\n`));
	t.true(stdout.endsWith(`cluster lab at ${server}: declared (event 9).\n`));
	t.deepEqual(api.seen.at(-1)?.body, { text: TEXT, digest: DIGEST, base });
});
