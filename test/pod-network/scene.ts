import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { routedFiles } from "@rollcall/coordinator/trials";
import type { PodRoute, TargetPodNetwork } from "@rollcall/protocol";
import { withDeadline } from "@rollcall/test-support/eventually";
import { oneFile } from "@rollcall/test-support/one-file";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders } from "@rollcall/test-support/part";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";

const execute = promisify(execFile);
/** An agent's keeper of routes. */
const AGENT = oneFile(join(import.meta.dirname, "agent-process.ts"));
/** Debian's CNI plugins, and the programs that masquerade, with the libraries that they need. */
export const PACKAGES = [
	...["containernetworking-plugins", "nftables", "libnftables1", "libnftnl11", "libmnl0", "libjansson4", "libgmp10"],
	...["iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnetfilter-conntrack3", "libnfnetlink0", "libedit2"],
	...["libbsd0", "libmd0", "libtinfo6"],
];
const PODS = ["10.9.0.0/16", "fd00:9::/48"];

/** Programs for the namespaces: with nft, or with iptables alone. */
export async function programs(t: ExecutionContext, masquerade: "nft" | "iptables"): Promise<NodeJS.ProcessEnv> {
	const folders = await debianFolders(PACKAGES);
	const at = (name: string) => folders[PACKAGES.indexOf(name)] ?? "";
	const bin = join(ownFolder(t), "bin");
	mkdirSync(bin);
	const link = (name: string, target: string) => symlinkSync(target, join(bin, name));
	if (masquerade === "nft") link("nft", join(at("nftables"), "usr/sbin/nft"));
	for (const name of ["iptables", "ip6tables"].flatMap((one) => [one, `${one}-save`, `${one}-restore`]))
		link(name, join(at("iptables"), "usr/sbin/xtables-nft-multi"));
	const libraries = folders.flatMap((folder) => ["usr/lib", "lib"].map((lib) => join(folder, lib, "x86_64-linux-gnu")));
	return {
		...process.env,
		PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin`,
		LD_LIBRARY_PATH: libraries.join(":"),
		XTABLES_LIBDIR: join(at("iptables"), "usr/lib/x86_64-linux-gnu/xtables"),
		CNI_PATH: join(at("containernetworking-plugins"), "usr/lib/cni"),
	};
}

/** Namespaces on links with each other: switches, a router, nodes. All end with the test. */
export class Scene {
	readonly #t: ExecutionContext;
	readonly #env: NodeJS.ProcessEnv;
	readonly #id = randomBytes(3).toString("hex");

	constructor(t: ExecutionContext, env: NodeJS.ProcessEnv) {
		this.#t = t;
		this.#env = env;
	}

	async ip(...words: string[]): Promise<string> {
		return (await execute("ip", words, { env: this.#env })).stdout;
	}

	/** A namespace that forwards, by its short name. */
	async namespace(name: string): Promise<string> {
		const full = `rcn${this.#id}${name}`;
		await this.ip("netns", "add", full);
		this.#t.teardown(() => this.ip("netns", "delete", full));
		await this.ip("-n", full, "link", "set", "lo", "up");
		const settings = ["ipv4/ip_forward=1", "ipv6/conf/all/forwarding=1", "ipv6/conf/default/accept_dad=0"];
		for (const setting of settings) {
			const [path, value] = setting.split("=");
			await this.inside(full, "sh", ["-c", `echo ${value} > /proc/sys/net/${path}`]);
		}
		return full;
	}

	async inside(namespace: string, program: string, args: readonly string[], input?: string): Promise<string> {
		const done = execute("ip", ["netns", "exec", namespace, program, ...args], { env: this.#env });
		if (input !== undefined) done.child.stdin?.end(input);
		return (await done).stdout;
	}

	/** A switch. */
	async wire(name: string): Promise<string> {
		const full = await this.namespace(name);
		await this.ip("-n", full, "link", "add", "br0", "type", "bridge");
		await this.ip("-n", full, "link", "set", "br0", "up");
		return full;
	}

	/** Plugs a namespace into a switch, with addresses on the interface. */
	async plug(namespace: string, wire: string, nic: string, addresses: readonly string[]): Promise<void> {
		const port = `p${randomBytes(4).toString("hex")}`;
		await this.ip("-n", wire, "link", "add", port, "type", "veth", "peer", "name", nic, "netns", namespace);
		await this.ip("-n", wire, "link", "set", port, "master", "br0", "up");
		await this.ip("-n", namespace, "link", "set", nic, "up");
		for (const address of addresses) await this.address(namespace, nic, "add", address);
	}

	async address(namespace: string, nic: string, verb: "add" | "del", address: string): Promise<void> {
		const words = ["-n", namespace, "address", verb, address, "dev", nic];
		await this.ip(...words, ...(verb === "add" && address.includes(":") ? ["nodad"] : []));
	}

	/** A node with its agent's routes, by the number of its share. */
	async node(index: number, wire: string, addresses: readonly string[]): Promise<Node> {
		const namespace = await this.namespace(`n${index}`);
		await this.plug(namespace, wire, "eth0", addresses);
		return new Node(this, this.#t, { namespace, index, addresses, env: this.#env });
	}

	async ask(from: string, host: string, port = 8080): Promise<string> {
		return await this.inside(from, process.execPath, [join(import.meta.dirname, "talk.ts"), "ask", host, String(port)]);
	}

	/** Something that tells who asks. */
	async serve(namespace: string, port = 8080): Promise<void> {
		const script = join(import.meta.dirname, "talk.ts");
		const words = ["netns", "exec", namespace, process.execPath, script, "serve", String(port)];
		const server = spawn(...tied("ip", words, "KILL"), { stdio: ["ignore", "pipe", "inherit"] });
		this.#t.teardown(() => void server.kill("SIGKILL"));
		await withDeadline("a server", new Promise((resolve) => server.stdout?.once("data", resolve)));
	}
}

/** A node of the scene. */
export class Node {
	readonly namespace: string;
	readonly #scene: Scene;
	readonly #t: ExecutionContext;
	readonly #index: number;
	readonly #env: NodeJS.ProcessEnv;
	readonly #folder: string;
	addresses: readonly string[];
	#agent: ChildProcess | undefined;
	#lines: AsyncIterator<string> | undefined;
	#pods = 0;

	constructor(
		scene: Scene,
		t: ExecutionContext,
		of: { namespace: string; index: number; addresses: readonly string[]; env: NodeJS.ProcessEnv },
	) {
		this.#scene = scene;
		this.#t = t;
		this.namespace = of.namespace;
		this.#index = of.index;
		this.#env = of.env;
		this.addresses = of.addresses;
		this.#folder = ownFolder(t);
	}

	get networks(): string[] {
		const families = this.addresses.map((address) => (address.includes(":") ? 128 : 32));
		return families.map((bits) =>
			bits === 32 ? `10.9.${this.#index}.0/24` : `fd00:9:0:${this.#index.toString(16)}::/64`,
		);
	}

	get route(): PodRoute {
		return { nodeName: `node-${this.#index}`, networks: this.networks, addresses: [...this.addresses] };
	}

	get target(): TargetPodNetwork {
		const versions = this.addresses.map((address) => (address.includes(":") ? 1 : 0));
		return {
			own: this.networks,
			pods: versions.map((version) => PODS[version] ?? ""),
			addresses: [...this.addresses],
			nic: "eth0",
			bridge: "cni0",
			vxlan: { id: 29_292, port: 4789 },
		};
	}

	/** Starts its agent's keeper of routes. */
	start(): void {
		const words = ["netns", "exec", this.namespace, process.execPath, AGENT, this.#folder];
		const agent = spawn(...tied("ip", words, "KILL"), { env: this.#env, stdio: ["pipe", "pipe", "pipe"] });
		agent.stderr.on("data", (chunk: Buffer) => this.#t.log(`node-${this.#index}: ${String(chunk).trim()}`));
		this.#t.teardown(() => void agent.kill("SIGKILL"));
		this.#lines = createInterface(agent.stdout)[Symbol.asyncIterator]();
		this.#agent = agent;
	}

	/** Ends its agent as a crash does. */
	async crash(): Promise<void> {
		const ended = new Promise((resolve) => this.#agent?.once("exit", resolve));
		this.#agent?.kill("SIGKILL");
		await ended;
	}

	/** Tells its agent what a coordinator would, and gives how it then says to be. */
	async tell(word: { target?: TargetPodNetwork | null; routes?: readonly PodRoute[] }): Promise<string> {
		this.#agent?.stdin?.write(`${JSON.stringify(word)}\n`);
		const line = await withDeadline("the agent's word", this.#lines?.next() ?? Promise.reject(new Error("no agent")));
		const { healthy, reason } = JSON.parse(line.value) as { healthy: boolean; reason?: string };
		return healthy ? "healthy" : (reason ?? "");
	}

	/** Makes a pod with the configuration that targets have, as containerd does: a namespace, and the plugins one after the other. */
	async pod(ports: readonly { hostPort: number; containerPort: number; protocol: "tcp" }[] = []) {
		const number = ++this.#pods;
		const name = await this.#scene.namespace(`n${this.#index}p${number}`);
		const [file] = routedFiles({ podNetworks: this.networks });
		const list = JSON.parse(file?.content ?? "{}") as { plugins: { type: string; ipam?: object }[] };
		let result: { ips?: { address: string }[] } | undefined;
		for (const plugin of list.plugins) {
			// The folder of real nodes is this computer's own, too.
			const ipam = plugin.ipam ? { ipam: { ...plugin.ipam, dataDir: join(this.#folder, "addresses") } } : {};
			const configuration = {
				cniVersion: "1.0.0",
				name: "rollcall",
				...plugin,
				...ipam,
				...(plugin.type === "portmap" ? { runtimeConfig: { portMappings: ports } } : {}),
				...(result ? { prevResult: result } : {}),
			};
			const script = `CNI_COMMAND=ADD CNI_CONTAINERID=${name} CNI_NETNS=/var/run/netns/${name} CNI_IFNAME=eth0 exec "$CNI_PATH/${plugin.type}"`;
			const text = await this.#scene.inside(this.namespace, "sh", ["-c", script], JSON.stringify(configuration));
			result = JSON.parse(text);
		}
		const addresses = (result?.ips ?? []).map(({ address }) => address.split("/")[0] ?? "");
		return { namespace: name, addresses };
	}

	async routes(): Promise<string> {
		const v4 = await this.#scene.ip("-n", this.namespace, "-4", "route");
		const v6 = await this.#scene.ip("-n", this.namespace, "-6", "route");
		return `${v4}${v6}`;
	}
}
