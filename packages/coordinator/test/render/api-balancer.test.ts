import { spawn } from "node:child_process";
import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { debianCommand, HAPROXY } from "../boot/programs/debian.ts";
import { NODE_TREES } from "./cis/rule.ts";
import { selfSigned } from "./self-signed.ts";

const CONFIG = "/etc/kubernetes/balancer/haproxy.cfg";
const WITHIN_MS = 15_000;

/** A stand-in for an API server: ready, and says its name. */
async function apiServer(t: ExecutionContext, name: string): Promise<number> {
	const server = createServer(await selfSigned(), (_, response) => response.end(name));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
	const server = createTcp().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** Whom a new connection to the balancer leads to, or why it leads nowhere. */
function ask(port: number): Promise<string> {
	return new Promise((resolve) => {
		const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
			socket.end("GET /readyz HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"),
		);
		let text = "";
		socket.setTimeout(2_000, () => socket.destroy(new Error("no answer")));
		socket.on("data", (chunk) => {
			text += chunk;
		});
		socket.on("error", (error) => resolve(error.message));
		socket.on("close", () => resolve(text.trim().split(/\s/).at(-1) ?? ""));
	});
}

async function until(port: number, name: string): Promise<number> {
	const begun = performance.now();
	let said = "";
	while (performance.now() - begun < WITHIN_MS) {
		said = await ask(port);
		if (said === name) return performance.now() - begun;
		await pause(20);
	}
	throw new Error(`${name} does not answer behind the balancer after ${WITHIN_MS} ms: ${said}`);
}

test("the balancer follows a change of the control planes in the same pod, and ends with it", async (t) => {
	const haproxy = await debianCommand(t, HAPROXY);
	if (!haproxy) return;
	const folder = await mkdtemp(join(tmpdir(), "rollcall-balancer-"));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	await symlink(haproxy.program, join(folder, "haproxy"));
	const [port, health] = [await freePort(), await freePort()];
	const file = join(folder, "haproxy.cfg");
	const tree = NODE_TREES.worker;
	const declare = async (digest: string, servers: readonly (readonly [string, number])[]): Promise<void> => {
		const lines = servers.map(([name, at]) => `  server ${name} 127.0.0.1:${at}\n`).join("");
		const text = tree
			.text(CONFIG)
			.replace(/^# .*/, `# ${digest}`)
			.replace(/(?:^ {2}server .*\n)+/m, lines)
			.replace(":7443", `:${port}`)
			.replace(":7444", `:${health}`);
		// As the agent does it.
		await writeFile(`${file}.staged`, text);
		await rename(`${file}.staged`, file);
	};
	const [one, two] = [await apiServer(t, "one"), await apiServer(t, "two")];
	await declare("first", [["one", one]]);
	const [program = "", ...words] =
		tree.pods.find(({ pod }) => pod.metadata.name === "api-balancer")?.pod.spec.containers[0]?.command ?? [];
	const child = spawn(
		program,
		words.map((word) => (word === CONFIG ? file : word)),
		{ env: { ...haproxy.env, PATH: `${folder}:${process.env.PATH}` }, stdio: ["ignore", "pipe", "pipe"] },
	);
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	t.teardown(() => void child.kill("SIGTERM"));

	await until(port, "one");
	await declare("second", [["two", two]]);
	const there = await until(port, "two");
	await declare("third", [
		["one", one],
		["two", two],
	]);
	const back = await until(port, "one");
	t.log(`new connections followed after ${there.toFixed(0)} and ${back.toFixed(0)} ms`);
	t.is((await fetch(`http://127.0.0.1:${health}/healthz`)).status, 200);
	t.is(child.exitCode, null);
	t.notRegex(output, /ALERT/);

	child.kill("SIGTERM");
	await ended;
	await t.throwsAsync(fetch(`http://127.0.0.1:${health}/healthz`));
});
