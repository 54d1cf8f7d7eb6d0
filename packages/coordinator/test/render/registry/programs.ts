import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import { CONTAINERD, debianCommand, REGISTRY } from "../../boot/programs/debian.ts";

/** What an operator copies. */
export const DEPLOYED = new URL("../../../../../deploy/registry-cache/", import.meta.url).pathname;

/** A process that ends with the test. */
function start(t: ExecutionContext, program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
	const child = spawn(...tied(program, args), { env, stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
	const stop = () => ended(child);
	t.teardown(stop);
	return { child, output: () => output.slice(-2000), stop };
}

async function ended(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const gone = new Promise((resolve) => child.once("close", resolve));
	child.kill("SIGTERM");
	const late = setTimeout(() => child.kill("SIGKILL"), stretched(10_000));
	await gone;
	clearTimeout(late);
}

/** What the registry writes down of something that is to be deleted. */
interface Entry {
	readonly ExpiryData: string;
}

/** A registry that answers, and how to end it. */
export interface Registry {
	readonly url: string;
	/** How many blobs lie in its folder: a cache writes them beside the answer. */
	stored(): Promise<number>;
	/** When what lies in a cache is to be deleted, in milliseconds since 1970; written down seconds later. */
	ends(): Promise<readonly number[]>;
	stop(): Promise<void>;
}

/**
 * Debian's registry: a plain one, or with `of` a pull-through cache of that one, by the configuration and the environment
 * in `deploy/registry-cache`.
 */
export async function startRegistry(t: ExecutionContext, of?: Registry): Promise<Registry> {
	const command = await debianCommand(REGISTRY);
	const folder = ownFolder(t);
	const url = `http://127.0.0.1:${await freePort()}`;
	const plain = join(folder, "config.yml");
	await writeFile(plain, "version: 0.1\nstorage: { filesystem: { rootdirectory: /nowhere } }\nhttp: { addr: ':0' }\n");
	const env = {
		...command.env,
		...(of ? await environment("registry.k8s.io.env") : {}),
		REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, "data"),
		REGISTRY_HTTP_ADDR: url.slice("http://".length),
		...(of ? { REGISTRY_PROXY_REMOTEURL: of.url } : {}),
	};
	const running = start(t, command.program, ["serve", of ? join(DEPLOYED, "config.yml") : plain], env);
	await eventually("a registry that answers", async () => {
		if (running.child.exitCode !== null) throw new Error(running.output());
		const { status } = await fetch(`${url}/v2/`);
		if (status !== 200) throw new Error(`${status}: ${running.output()}`);
		return true;
	});
	const data = env.REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY;
	return {
		url,
		async stored() {
			const files = await readdir(join(data, "docker/registry/v2/blobs"), { recursive: true });
			return files.filter((file) => file.endsWith("/data")).length;
		},
		async ends() {
			const state = JSON.parse(await readFile(join(data, "scheduler-state.json"), "utf8")) as Record<string, Entry>;
			return Object.values(state).map(({ ExpiryData }) => Date.parse(ExpiryData));
		},
		stop: running.stop,
	};
}

/** An environment file as systemd reads it: lines of NAME=value. */
export async function environment(file: string): Promise<Record<string, string>> {
	const text = await readFile(join(DEPLOYED, file), "utf8");
	return Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

/** One containerd with an image store of its own: pulls an image through the `hosts.toml` files below a folder. */
export interface Puller {
	/** The exit code of `ctr images pull`, and what it said. */
	pull(image: string, hosts: string): Promise<{ readonly status: number | null; readonly output: string }>;
	/** The exit code of any other `ctr`, and what it said. */
	ctr(args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }>;
}

/** Debian's containerd, for pulling alone. */
export async function startContainerd(t: ExecutionContext): Promise<Puller> {
	const command = await debianCommand(CONTAINERD);
	const folder = ownFolder(t);
	const socket = join(folder, "containerd.sock");
	const config = join(folder, "config.toml");
	const lines = [
		"version = 2",
		`root = "${folder}/root"`,
		`state = "${folder}/state"`,
		'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs"]',
		"[grpc]",
		`address = "${socket}"`,
	];
	await writeFile(config, `${lines.join("\n")}\n`);
	const running = start(t, command.program, ["--config", config], command.env);
	const ctr = (args: readonly string[]) => {
		const program = command.program.replace(/containerd$/, "ctr");
		const one = start(t, program, ["--address", socket, "--timeout", `${stretched(60_000)}ms`, ...args], command.env);
		return new Promise<{ status: number | null; output: string }>((resolve) =>
			one.child.once("close", (status) => resolve({ status, output: one.output() })),
		);
	};
	await eventually("a containerd that answers", async () => {
		if (running.child.exitCode !== null) throw new Error(running.output());
		const { status, output } = await ctr(["version"]);
		if (status !== 0) throw new Error(`${output}${running.output()}`);
		return true;
	});
	return {
		ctr,
		pull: (image, hosts) => ctr(["images", "pull", "--snapshotter", "native", "--hosts-dir", hosts, image]),
	};
}
