import { spawn } from "node:child_process";
import { rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import { debianCommand, HAPROXY } from "../boot/programs/debian.ts";
import type { NodeTree } from "./node-tree.ts";

const CONFIG = "/etc/kubernetes/balancer/haproxy.cfg";
const WITHIN_MS = 30_000;

/** A connection that its client keeps open. */
interface Held {
	/** The server that it leads to. */
	readonly name: string;
	/** When somebody ended it. Fails by the deadline. */
	readonly ended: Promise<void>;
}

/** A node's balancer, which really runs: HAProxy with the command and the configuration of the node's pod. */
export interface RunningBalancer {
	readonly output: () => string;
	/** Undefined while it runs. */
	readonly exitCode: () => number | null;
	/** Replaces the configuration as an agent does: with the servers of these node names, at these ports of the loopback. */
	declare(servers: Readonly<Record<string, number>>): Promise<void>;
	/** Whom a new connection leads to, or why it leads nowhere. */
	ask(): Promise<string>;
	/** Waits until a new connection leads to one of them; says after how many milliseconds it did. */
	until(...names: readonly string[]): Promise<number>;
	hold(): Promise<Held>;
	/** The status of its health port. Fails where nobody answers. */
	health(): Promise<number>;
	stop(): Promise<void>;
}

/** Starts the balancer of a rendered tree. Undefined where there is no HAProxy to be had; the test's log says so. */
export async function startBalancer(
	t: ExecutionContext,
	tree: NodeTree,
	servers: Readonly<Record<string, number>>,
): Promise<RunningBalancer> {
	const haproxy = await debianCommand(HAPROXY);
	const folder = ownFolder(t, "rollcall-balancer-");
	await symlink(haproxy.program, join(folder, "haproxy"));
	const [port, healthPort] = [await freePort(), await freePort()];
	const file = join(folder, "haproxy.cfg");
	const declare: RunningBalancer["declare"] = async (at) => {
		const text = configText(tree, { port, healthPort }, at);
		await writeFile(`${file}.staged`, text);
		await rename(`${file}.staged`, file);
	};
	await declare(servers);
	const pod = tree.pods.find(({ pod: { metadata } }) => metadata.name === "api-balancer")?.pod;
	const [program = "", ...words] = pod?.spec.containers[0]?.command ?? [];
	const started = words.map((word) => (word === CONFIG ? file : word));
	const child = spawn(...tied(program, started), {
		env: { ...haproxy.env, PATH: `${folder}:${process.env.PATH}` },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	const stop = async (): Promise<void> => {
		child.kill("SIGTERM");
		await ended;
	};
	t.teardown(stop);
	const ask = () => firstAnswer(port);
	return {
		output: () => output,
		exitCode: () => child.exitCode,
		declare,
		ask,
		until: async (...names) => {
			const begun = performance.now();
			const look = async (): Promise<number> => {
				const said = await ask();
				if (names.includes(said)) return performance.now() - begun;
				throw new Error(`${said}
${output}`);
			};
			return eventually(`an answer of ${names} behind the balancer`, look, WITHIN_MS, 20);
		},
		hold: () => held(port),
		health: async () => (await fetch(`http://127.0.0.1:${healthPort}/healthz`)).status,
		stop,
	};
}

/** What was rendered, with the ports of this test, and without the servers that it does not speak of. */
function configText(
	tree: NodeTree,
	{ port, healthPort }: { port: number; healthPort: number },
	servers: Readonly<Record<string, number>>,
): string {
	const [, ...lines] = tree.text(CONFIG).split("\n");
	const text = lines
		.flatMap((line) => {
			const [, name = "", how = ""] = /^ {2}server (\S+) \S+(.*)$/.exec(line) ?? [];
			if (name === "") return [line];
			return servers[name] === undefined ? [] : [`  server ${name} 127.0.0.1:${servers[name]}${how}`];
		})
		.join("\n")
		.replace(":7443", `:${port}`)
		.replace(":7444", `:${healthPort}`);
	return `# ${sha256Of(text)}\n${text}`;
}

function firstAnswer(port: number): Promise<string> {
	return new Promise((resolve) => {
		const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
			socket.end("GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"),
		);
		let text = "";
		socket.setTimeout(stretched(5_000), () => socket.destroy(new Error("no answer")));
		socket.on("data", (chunk) => {
			text += chunk;
		});
		socket.on("error", (error) => resolve(error.message));
		socket.on("close", () => resolve(text.trim().split(/\s/).at(-1) ?? ""));
	});
}

function held(port: number): Promise<Held> {
	return new Promise((resolve, reject) => {
		const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
			socket.write("GET / HTTP/1.1\r\nHost: api\r\n\r\n"),
		);
		const ended = new Promise<void>((end, fail) => {
			socket.once("close", () => end());
			socket.setTimeout(stretched(WITHIN_MS), () =>
				fail(new Error(`a connection is still open after ${WITHIN_MS} ms`)),
			);
		});
		ended.catch(() => socket.destroy());
		socket.on("error", reject);
		socket.once("data", (chunk) => resolve({ name: String(chunk).trim().split(/\s/).at(-1) ?? "", ended }));
	});
}
