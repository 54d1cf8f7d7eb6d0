import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { routedFiles } from "@rollcall/coordinator/trials";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, type Part } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import type { Node } from "./scene.ts";

const execute = promisify(execFile);
/** What containers are started with, and made from. */
export const CONTAINER_PACKAGES = ["containerd", "runc", "busybox-static"];
const COMMAND = join(import.meta.dirname, "../../packages/cli/bin/rollcall.cjs");
/** The image that `rollcall check image` makes: a busybox that needs nothing but the kernel. */
const IMAGE = "rollcall.local/check:1";
const CGROUPS = "/sys/fs/cgroup";
/** Tells everybody who asks for `/cgi-bin/who` what address he has. */
const SERVE = `mkdir -p /tmp/www/cgi-bin && cd /tmp/www &&
printf '#!/bin/sh\\nprintf "Content-type: text/plain\\\\r\\\\n\\\\r\\\\n%%s" "$REMOTE_ADDR"\\n' > cgi-bin/who &&
/bin/busybox chmod 755 cgi-bin/who && exec httpd -f -p 8080 -h /tmp/www`;
/**
 * What a diskless machine has and this computer keeps for itself: places in RAM for what containerd and the plugins write, and the configuration
 * where a target has it. Then containerd, as the first process of the machine: with it ends whatever it started.
 */
const BOOT = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
mkdir -p /run/etc /run/work /run/opt /run/opt-work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work /etc
mount -t overlay overlay -o lowerdir=/opt,upperdir=/run/opt,workdir=/run/opt-work /opt
mkdir -p /etc/cni/net.d /opt/cni
ln -s "$CNI_PATH" /opt/cni/bin
cp "$1" "$2"
exec containerd --config "$3"`;
const CONFIGURATION = `version = 2
disabled_plugins = [${["grpc.v1.cri", ...["aufs", "btrfs", "devmapper", "zfs"].map((name) => `snapshotter.v1.${name}`)]
	.map((name) => `"io.containerd.${name}"`)
	.join(", ")}]
`;

/** Control groups, without which runc starts nothing. */
export function controlGroups(): Part {
	const probe = join(CGROUPS, readdirSync(CGROUPS).includes("pids") ? "pids" : "", `rcn${process.pid}`);
	try {
		mkdirSync(probe);
		rmdirSync(probe);
		return { missing: undefined };
	} catch (error) {
		return { missing: `no control groups can be made here: ${(error as Error).message}` };
	}
}

/** An archive of the image that containers are made from. */
export async function imageArchive(t: ExecutionContext): Promise<string> {
	const [busybox = ""] = await debianFolders(["busybox-static"]);
	const archive = join(ownFolder(t), "image.tar");
	const words = ["check", "image", "--busybox", join(busybox, "bin/busybox"), "--out", archive];
	await execute(process.execPath, [COMMAND, ...words]);
	return archive;
}

/** A port of the machine that leads to one of a container, as kubelet hands it to the plugin. */
interface HostPort {
	readonly hostPort: number;
	readonly containerPort: number;
	readonly protocol: "tcp";
}

/** A node of the scene with a containerd of its own, which calls the plugins with the configuration of a target. */
export class Machine {
	readonly #t: ExecutionContext;
	readonly #node: Node;
	readonly #env: NodeJS.ProcessEnv;
	#pid = 0;

	private constructor(t: ExecutionContext, node: Node, env: NodeJS.ProcessEnv) {
		this.#t = t;
		this.#node = node;
		this.#env = env;
	}

	/** Starts it, with the image. `ports`: those of the one container that has any. */
	static async start(
		t: ExecutionContext,
		node: Node,
		of: { readonly env: NodeJS.ProcessEnv; readonly archive: string; readonly ports?: readonly HostPort[] },
	): Promise<Machine> {
		const folders = await debianFolders(CONTAINER_PACKAGES);
		const programs = folders.flatMap((folder) => [join(folder, "usr/bin"), join(folder, "usr/sbin")]).join(":");
		const machine = new Machine(t, node, { ...of.env, PATH: `${programs}:${of.env.PATH}` });
		await machine.#boot(of.ports ?? []);
		await machine.run("ctr", "images", "import", of.archive);
		return machine;
	}

	async #boot(ports: readonly HostPort[]): Promise<void> {
		const [file] = routedFiles({ podNetworks: this.#node.networks });
		const list = JSON.parse(file?.content ?? "{}") as { plugins: { type: string }[] };
		// ctr has no words for ports: what kubelet would have containerd hand over stands in the list.
		const plugins = list.plugins.map((plugin) =>
			plugin.type === "portmap" ? { ...plugin, runtimeConfig: { portMappings: ports } } : plugin,
		);
		const folder = ownFolder(this.#t);
		const [written, configuration] = [join(folder, "conflist"), join(folder, "config.toml")];
		writeFileSync(written, JSON.stringify({ ...list, plugins }));
		writeFileSync(configuration, CONFIGURATION);
		const own = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"];
		const boot = ["sh", "-c", BOOT, "boot", written, file?.path ?? "", configuration];
		const words = [`--net=/run/netns/${this.#node.namespace}`, "unshare", ...own, ...boot];
		const child = spawn(...tied("nsenter", words, "KILL"), { env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
		const said = keepOutput(child);
		const ended = new Promise((resolve) => child.once("exit", resolve));
		this.#t.teardown(async () => {
			child.kill("SIGKILL");
			await ended;
			await eventually("the control groups to be gone", () => {
				for (const group of this.#groups()) rmdirSync(group);
				return true;
			});
		});
		await eventually("a containerd that answers", async () => {
			if (child.exitCode !== null) throw new Error(said());
			const { stdout } = await execute("ps", ["--ppid", String(child.pid), "-o", "pid="]);
			this.#pid = Number(stdout);
			return this.#pid > 0 && (await this.run("ctr", "version").catch(() => ""));
		});
	}

	/** Runs a program to its end on the machine, and gives what it wrote. Throws with what it said when it fails. */
	async run(...words: string[]): Promise<string> {
		const { stdout } = await execute("nsenter", this.#inside(words), { env: this.#env, timeout: stretched(60_000) });
		return stdout;
	}

	#inside(words: readonly string[]): string[] {
		return ["--target", String(this.#pid), "--mount", "--pid", "--net", ...words];
	}

	/** Runs a container that tells who asks it. */
	async container(name: string): Promise<Container> {
		const group = `/${this.#node.namespace}-${name}`;
		const words = ["ctr", "run", "--rm", "--cni", "--cgroup", group, IMAGE, name, "/bin/sh", "-c", SERVE];
		const child = spawn(...tied("nsenter", this.#inside(words), "KILL"), {
			env: this.#env,
			stdio: ["ignore", "pipe", "pipe"],
		});
		const said = keepOutput(child);
		// It ends with the machine at the latest.
		const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
		const inside = (id: string, script: string) =>
			this.run("ctr", "task", "exec", "--exec-id", id, name, "/bin/sh", "-c", script);
		let asked = 0;
		const container: Container = {
			addresses: [],
			inside: (script) => inside(`ask-${++asked}`, script),
			remove: async () => {
				await this.run("ctr", "task", "kill", "--signal", "KILL", name);
				await ended;
			},
		};
		const addresses = await eventually("a container with addresses", async () => {
			if (child.exitCode !== null) throw new Error(said());
			const text = await inside(`look-${++asked}`, "/bin/busybox ip -o address show dev eth0 scope global").catch(
				() => "",
			);
			const found = [...text.matchAll(/inet6? ([0-9a-f.:]+)\//g)].map(([, address = ""]) => address);
			return found.length === this.#node.networks.length && found;
		});
		return { ...container, addresses };
	}

	/** Of every hierarchy, where there are several. */
	#groups(): string[] {
		const hierarchies = ["", ...readdirSync(CGROUPS).filter((name) => !name.includes("."))];
		return hierarchies.flatMap((one) =>
			readdirSync(join(CGROUPS, one))
				.filter((name) => name.startsWith(this.#node.namespace))
				.map((name) => join(CGROUPS, one, name)),
		);
	}

	/** All that containers leave on a machine: links, rules, addresses that are taken, control groups, and what containerd knows. */
	async left(): Promise<Record<string, readonly string[]>> {
		const lines = async (...words: string[]) => (await this.run(...words)).split("\n").filter(Boolean);
		const rules = await lines("sh", "-c", "iptables-save; ip6tables-save");
		const files = await lines("sh", "-c", "mkdir -p /run/cni /var/lib/cni && find /run/cni /var/lib/cni -type f");
		return {
			links: (await lines("ip", "-o", "link")).map((line) => line.split(/[:@]/)[1]?.trim() ?? ""),
			rules: rules.filter((rule) => /CNI-DN|--to-destination|--dports/.test(rule)),
			// host-local keeps a lock, and which address it gave last.
			files: files.filter((file) => !/\/(?:lock|last_reserved_ip\.\d)$/.test(file)),
			groups: this.#groups(),
			containers: await lines("ctr", "containers", "list", "--quiet"),
			tasks: await lines("ctr", "tasks", "list", "--quiet"),
			snapshots: (await lines("ctr", "snapshots", "list")).filter((line) => line.includes("Active")),
		};
	}
}

/** The page of a container, or of a port that leads to one: it tells who asks. */
export function pageOf(host: string, port = 8080): string {
	return `http://${host.includes(":") ? `[${host}]` : host}:${port}/cgi-bin/who`;
}

/** A container that runs. */
export interface Container {
	readonly addresses: readonly string[];
	/** What a script of busybox's shell writes in it. Throws when it fails. */
	inside(script: string): Promise<string>;
	/** Ends it, and waits until containerd has taken everything back. */
	remove(): Promise<void>;
}

/** Collects what a process says. */
function keepOutput(child: ChildProcess): () => string {
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
	return () => output.slice(-2000);
}
