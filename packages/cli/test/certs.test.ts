import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { longAgo } from "./support/views.ts";

const certificates = [
	{
		kind: "authority",
		name: "cluster",
		signer: "cluster",
		subject: "cluster",
		fingerprint: `sha256:${"5e".repeat(32)}`,
		expiresAt: longAgo(-86_400),
		state: "signing",
	},
	{
		kind: "node",
		name: "kubelet-client",
		machineId: "m-1",
		nodeName: "worker-0",
		signer: "cluster",
		subject: "O=system:nodes, CN=system:node:worker-0",
		serial: "0a0b",
		issuedAt: longAgo(60),
		expiresAt: longAgo(30),
		state: "expired",
	},
];
const answers = {
	"GET /v1/certificates": { certificates, rotations: [{ what: "authorities", next: "prepare" }] },
	"POST /v1/certificates/rotate": { what: "authorities", done: "prepare", text: "machines believe both" },
	"POST /v1/certificates": {
		cluster: "lab",
		server: "https://192.0.2.10:6443",
		authority: "AUTHORITY\n",
		certificate: "CERTIFICATE\n",
		expiresAt: longAgo(-3600),
	},
};

test("certs lists authorities and certificates with their ends", async (t) => {
	const { env } = await coordinatorWith(t, answers);
	const { code, stdout } = await runCli(t, ["certs"], env);
	t.is(code, 0);
	t.regex(stdout, /\(authority\) +cluster +signing +in /);
	t.regex(stdout, /worker-0 +kubelet-client +expired +.* ago/);
	const json = await runCli(t, ["certs", "-o", "json"], env);
	t.deepEqual(JSON.parse(json.stdout).certificates, certificates);
});

test("certs rotate asks for the next step and says what it was", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const { code, stdout } = await runCli(t, ["certs", "rotate"], env);
	t.is(code, 0);
	t.is(stdout, "authorities: machines believe both\n");
	await runCli(t, ["certs", "rotate", "--service-accounts", "--force"], env);
	t.deepEqual(
		api.seen.filter(({ method }) => method !== "GET").map(({ body }) => body),
		[
			{ what: "authorities", force: false },
			{ what: "service-accounts", force: true },
		],
	);
	await runCli(t, ["certs", "rotate", "--secrets"], env);
	t.deepEqual(api.seen.at(-1)?.body, { what: "secrets", force: false });
	const both = await runCli(t, ["certs", "rotate", "--secrets", "--service-accounts"], env);
	t.is(both.code, 2);
	t.regex(both.stderr, /'--secrets' cannot be used with option '--service-accounts'/);
});

test("kubeconfig keeps the key here, sends a request for it, and writes a file for its owner alone", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const out = join(await temporaryFolder(t), "admin.conf");
	const { code, stdout } = await runCli(t, ["kubeconfig", "--expires", "1h", "--out", out], env);
	t.is(code, 0);
	t.regex(stdout, /^a kubeconfig for lab, until .* is in /);
	t.is((await stat(out)).mode & 0o777, 0o600);
	const config = parse(await readFile(out, "utf8")) as {
		clusters: { cluster: Record<string, string> }[];
		users: { user: Record<string, string> }[];
	};
	const text = (value = "") => Buffer.from(value, "base64").toString();
	t.is(config.clusters[0]?.cluster.server, "https://192.0.2.10:6443");
	t.is(text(config.clusters[0]?.cluster["certificate-authority-data"]), "AUTHORITY\n");
	t.is(text(config.users[0]?.user["client-certificate-data"]), "CERTIFICATE\n");
	const key = createPrivateKey(text(config.users[0]?.user["client-key-data"]));
	const sent = api.seen[0]?.body as { request: string; expiresInSeconds: number; group: string };
	t.like(sent, { expiresInSeconds: 3600, group: "admins", commonName: "kubernetes-admin" });
	const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
	t.true(Buffer.from(sent.request, "base64").includes(publicKey));
	t.notRegex(JSON.stringify(api.seen), /PRIVATE/);
	const again = await runCli(t, ["kubeconfig", "--out", out], env);
	t.is(again.code, 2);
	t.regex(again.stderr, /it exists already/);
});

test("kubeconfig -o json prints the kubeconfig as JSON, and with --out only where it is", async (t) => {
	const { env } = await coordinatorWith(t, answers);
	const printed = JSON.parse((await runCli(t, ["kubeconfig", "-o", "json"], env)).stdout);
	t.like(printed, { apiVersion: "v1", kind: "Config", "current-context": "kubernetes-admin@lab" });
	t.like(printed.clusters[0], { name: "lab", cluster: { server: "https://192.0.2.10:6443" } });
	const out = join(await temporaryFolder(t), "admin.conf");
	const { code, stdout } = await runCli(t, ["kubeconfig", "-o", "json", "--out", out], env);
	t.is(code, 0);
	const told = {
		cluster: "lab",
		server: "https://192.0.2.10:6443",
		expiresAt: answers["POST /v1/certificates"].expiresAt,
	};
	t.deepEqual(JSON.parse(stdout), { ...told, file: out });
	t.like(JSON.parse(await readFile(out, "utf8")), { kind: "Config", "current-context": "kubernetes-admin@lab" });
});
