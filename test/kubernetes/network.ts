import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Running, run } from "@rollcall/test-support/running";
import type { ExecutionContext } from "ava";
import { repository } from "../support/places.ts";

const execute = promisify(execFile);

/** A network of a node's own, in which its address is real. */
export interface NodeNetwork {
	/** Starts a program in it; ended with the test. */
	start(program: string, args: readonly string[]): Running;
	/** Runs a program in it to its end, and gives what it wrote. */
	run(program: string, args: readonly string[]): Promise<string>;
	/** Asks a URL from inside, with a client certificate. Status 0: no answer, with the reason. */
	ask(url: string, identity: Identity, request?: Asking): Promise<{ status: number; text: string }>;
}
export interface Asking {
	readonly method: string;
	readonly body: unknown;
	/** Of the body; plain JSON without it. */
	readonly type?: string;
}
export interface Identity {
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
}

/** Makes a network namespace with this address in it. */
export async function nodeNetwork(t: ExecutionContext, address: string): Promise<NodeNetwork> {
	const name = `rollcall-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
	const ip = (...words: string[]) =>
		execute("ip", words, { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
	await ip("netns", "add", name);
	t.teardown(() => ip("netns", "delete", name));
	await ip("-n", name, "link", "set", "lo", "up");
	await ip("-n", name, "link", "add", "node0", "type", "veth", "peer", "name", "node1");
	for (const link of ["node0", "node1"]) await ip("-n", name, "link", "set", link, "up");
	await ip("-n", name, "address", "add", `${address}/16`, "dev", "node0");
	await ip("-n", name, "route", "add", "default", "dev", "node0");
	return {
		start(program, args) {
			const started = run("ip", ["netns", "exec", name, program, ...args]);
			t.teardown(() => started.end());
			return started;
		},
		async run(program, args) {
			const { stdout } = await execute("ip", ["netns", "exec", name, program, ...args]);
			return stdout;
		},
		async ask(url, { ca, cert, key }, wish) {
			const script = join(repository, "test/kubernetes/ask.ts");
			const words = [script, url, ca, cert, key, ...(wish ? askingWords(wish) : [])];
			const { stdout } = await execute("ip", ["netns", "exec", name, process.execPath, ...words]);
			return JSON.parse(stdout) as { status: number; text: string };
		},
	};
}

function askingWords({ method, body, type = "application/json" }: Asking): string[] {
	return [method, JSON.stringify(body), type];
}
