import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TargetContent, Trust } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import type { createPki } from "../../src/adapters/pki/pki.ts";
import { newRequest } from "../adapters/pki/request.ts";
import { readTree } from "../render/node-tree.ts";
import type { Network } from "./network.ts";

/** Debian has etcd 3.4, which does not know these arguments of 3.6. */
const NEWER = ["feature-gates", "tls-min-version", "watch-progress-notify-interval"];

/** A machine with etcd on it, as far as etcd is concerned. */
export interface Member {
	readonly root: string;
	/** Starts etcd with the arguments of the static pod. */
	start(): void;
	/** Ends it, at once. */
	kill(): Promise<void>;
	/** Ends it, and empties its memory: the machine boots anew. */
	loseMemory(): Promise<void>;
	output(): string;
}

/** Writes what a target says about files and certificates below a root: what an agent does. */
export async function fillRoot(
	root: string,
	content: TargetContent,
	{ pki, trust }: { pki: ReturnType<typeof createPki>; trust: Trust },
): Promise<void> {
	const write = (path: string, text: string): void => {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text, { mode: 0o600 });
	};
	for (const file of content.files) write(file.path, file.content);
	for (const request of content.certificates ?? []) {
		const own = newRequest();
		const { pem } = await pki.certify(trust, { ...request, request: own.request, lifeSeconds: 3600 });
		write(request.certificate, pem);
		write(request.key, own.key);
	}
}

/**
 * A member on one machine of the network. It sees the root's `/etc/kubernetes` at its place, and a `/var/lib/etcd` of 64 MiB
 * in RAM, in a mount namespace of its own.
 */
export function memberOn(
	t: ExecutionContext,
	on: { network: Network; index: number; root: string; content: () => TargetContent; program: string },
): Member {
	const { network, index, root } = on;
	const data = join(root, "memory");
	mkdirSync(data, { recursive: true });
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=0700", "etcd", data]);
	let child: ChildProcess | undefined;
	let output = "";
	const kill = async (): Promise<void> => {
		const running = child;
		if (!running || running.exitCode !== null || running.signalCode !== null) return;
		const ended = new Promise((resolve) => running.once("exit", resolve));
		running.kill("SIGKILL");
		await ended;
	};
	t.teardown(async () => {
		await kill();
		execFileSync("umount", [data]);
	});
	return {
		root,
		output: () => output,
		kill,
		start() {
			const args = Object.entries(readTree(on.content()).arguments("etcd"))
				.filter(([name]) => !NEWER.includes(name))
				.map(([name, value]) => `--${name}=${value}`);
			const script =
				'mount -t tmpfs etc /etc && mkdir /etc/kubernetes && mount --bind "$1/etc/kubernetes" /etc/kubernetes && ' +
				'mount -t tmpfs lib /var/lib && mkdir /var/lib/etcd && mount --bind "$1/memory" /var/lib/etcd && ' +
				'shift && exec "$@"';
			const words = ["unshare", "--mount", "sh", "-c", script, "sh", root, on.program, ...args];
			const [ip = "ip", ...before] = network.on(index);
			child = spawn(ip, [...before, ...words], { stdio: ["ignore", "pipe", "pipe"] });
			const keep = (chunk: Buffer): void => {
				output = (output + chunk.toString()).slice(-20_000);
			};
			child.stdout?.on("data", keep);
			child.stderr?.on("data", keep);
		},
		async loseMemory() {
			await kill();
			execFileSync("umount", [data]);
			execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=0700", "etcd", data]);
		},
	};
}
