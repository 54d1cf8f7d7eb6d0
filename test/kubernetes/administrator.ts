import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ownFolder } from "@rollcall/test-support/own-folder";
import type { ExecutionContext } from "ava";
import { parse } from "yaml";
import { repository } from "../support/places.ts";
import type { RealCluster } from "./real-cluster.ts";

const execute = promisify(execFile);

/** The API server as an administrator reaches it from the coordinator's host. */
export interface Administrator {
	/** Asks a path; a body is sent by POST unless `method` says otherwise. Status 0: no answer, and the text says why. */
	ask(path: string, body?: unknown, method?: string): Promise<{ status: number; text: string }>;
	/** Runs a command in a pod, as `kubectl exec` does: what it wrote to its standard output. Throws what the API server said of a failure. */
	exec(pod: { namespace: string; name: string }, command: readonly string[]): Promise<string>;
	/** Gets a URL of a node by plain HTTP, from outside of the cluster. */
	get(url: string): Promise<string>;
}

/** Takes a kubeconfig from rollcall, valid for some hours, and uses it. */
export async function administrator(t: ExecutionContext, { host, bridge }: RealCluster): Promise<Administrator> {
	const folder = ownFolder(t);
	const { code, stdout, stderr } = await host.rollcall("kubeconfig", "--expires", "4h");
	t.is(code, 0, stderr);
	const config = parse(stdout) as {
		clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
		users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
	};
	const [{ cluster }] = config.clusters;
	const [{ user }] = config.users;
	const files = {
		ca: cluster["certificate-authority-data"],
		cert: user["client-certificate-data"],
		key: user["client-key-data"],
	};
	for (const [name, text] of Object.entries(files))
		await writeFile(join(folder, name), Buffer.from(text, "base64"), { mode: 0o600 });
	const identity = ["ca", "cert", "key"].map((name) => join(folder, name));
	const [ip = "ip", ...onHost] = bridge.onHost;
	const node = async (...words: string[]): Promise<string> =>
		(await execute(ip, [...onHost, process.execPath, ...words])).stdout;
	return {
		async ask(path, body, method = "POST") {
			const wish = body === undefined ? [] : [method, JSON.stringify(body)];
			return JSON.parse(
				await node(join(repository, "test/kubernetes/ask.ts"), `${cluster.server}${path}`, ...identity, ...wish),
			);
		},
		async exec({ namespace, name }, command) {
			const query = new URLSearchParams({ stdout: "1", stderr: "1" });
			for (const word of command) query.append("command", word);
			const path = `/api/v1/namespaces/${namespace}/pods/${name}/exec?${query}`;
			return await node(
				join(repository, "test/kubernetes/exec.ts"),
				`${cluster.server.replace(/^http/, "ws")}${path}`,
				...identity,
			);
		},
		get: (url) =>
			node("-e", "fetch(process.argv[1]).then(async (answer) => process.stdout.write(await answer.text()))", url),
	};
}

/** Reads an object. Throws with the API server's answer. */
export async function read<T>(api: Administrator, path: string): Promise<T> {
	const { status, text } = await api.ask(path);
	if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 1000)}`);
	return JSON.parse(text) as T;
}
