import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TargetContent, Trust } from "@rollcall/protocol";
import { newRequest } from "@rollcall/test-support/certificate-request";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import type { createPki } from "../../src/adapters/pki/pki.ts";
import { readTree } from "../render/node-tree.ts";
import type { Network } from "./network.ts";

/** etcd 3.4, which Debian has, and 3.5 do not know these arguments of 3.6. */
const NEWER = ["feature-gates", "tls-min-version", "watch-progress-notify-interval"];

/** Puts a machine's files in their places, in a mount namespace of its own; then runs the rest. */
const PLACES =
	'mount -t tmpfs etc /etc && mkdir /etc/kubernetes && mount --bind "$1/etc/kubernetes" /etc/kubernetes && ' +
	'mount -t tmpfs lib /var/lib && mkdir /var/lib/etcd && mount --bind "$1/memory" /var/lib/etcd && ' +
	'mkdir -p "$1/run/rollcall/role" && mount -t tmpfs run /run && mkdir -p /run/rollcall/role && ' +
	'mount --bind "$1/run/rollcall/role" /run/rollcall/role && shift && exec "$@"';

/** A machine with etcd on it, as far as etcd is concerned. */
export interface Member {
	readonly root: string;
	/** Starts etcd with the arguments of the static pod. */
	start(): void;
	/** Ends it, at once. */
	kill(): Promise<void>;
	/** Runs the container that restores, as the static pod has it; the snapshot lies in its place below the root. */
	restore(): { readonly status: number | null; readonly output: string };
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
 * A member on one machine of the network. It sees the root's `/etc/kubernetes` at its place, and a `/var/lib/etcd` of 256 MiB
 * in RAM, in a mount namespace of its own.
 */
export function memberOn(
	t: ExecutionContext,
	on: {
		network: Network;
		index: number;
		root: string;
		content: () => TargetContent;
		program: string;
		/** A folder with an `etcdutl`. */
		tools: string;
	},
): Member {
	const { network, index, root } = on;
	const data = join(root, "memory");
	mkdirSync(data, { recursive: true });
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=256m,mode=0700", "etcd", data]);
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
	/** Words that run a program on this machine, with its own files in their places. */
	const inside = (words: readonly string[]): string[] => [
		"unshare",
		"--mount",
		"sh",
		"-c",
		PLACES,
		"sh",
		root,
		...words,
	];
	return {
		root,
		output: () => output,
		kill,
		start() {
			const args = Object.entries(readTree(on.content()).arguments("etcd"))
				.filter(([name]) => !NEWER.includes(name))
				.map(([name, value]) => `--${name}=${value}`);
			const words = inside([on.program, ...args]);
			const [ip = "ip", ...before] = network.on(index);
			child = spawn(...tied(ip, [...before, ...words]), { stdio: ["ignore", "pipe", "pipe"] });
			const keep = (chunk: Buffer): void => {
				output = (output + chunk.toString()).slice(-20_000);
			};
			child.stdout?.on("data", keep);
			child.stderr?.on("data", keep);
		},
		restore() {
			const pod = readTree(on.content()).pods.find(({ pod: { metadata } }) => metadata.name === "etcd")?.pod;
			const [container] = pod?.spec.initContainers ?? [];
			if (!container) throw new Error("the static pod of etcd restores nothing");
			const [ip = "ip", ...before] = network.on(index);
			const { status, stdout, stderr } = spawnSync(ip, [...before, ...inside(container.command)], {
				encoding: "utf8",
				env: { ...process.env, PATH: `${on.tools}:${process.env.PATH}` },
				timeout: stretched(60_000),
			});
			return { status, output: `${stdout}${stderr}` };
		},
		async loseMemory() {
			await kill();
			execFileSync("umount", [data]);
			execFileSync("mount", ["-t", "tmpfs", "-o", "size=256m,mode=0700", "etcd", data]);
		},
	};
}
