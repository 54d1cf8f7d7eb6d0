import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { ownFolder, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { eventually } from "../support/eventually.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { type Running, repository } from "../support/processes.ts";
import { type MovedTree, moveTree } from "./moved-tree.ts";
import { type Asking, type Identity, type NodeNetwork, nodeNetwork } from "./network.ts";

/** The programs of a control plane besides etcd. */
export const COMPONENTS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
/** Arguments of etcd 3.6 that an older one does not know; Debian 12 has 3.4. */
const NEWER = ["feature-gates", "tls-min-version", "watch-progress-notify-interval", "listen-metrics-urls"];

/** A control plane's files on a node. */
export interface Scene {
	readonly coordinator: TestCoordinator;
	readonly tree: MovedTree;
	/** Takes over what the machine has written since. */
	refresh(): void;
	readonly address: string;
	readonly nodeName: string;
	identity(name: string): Identity;
}

/** A control plane as a real agent wrote it, with the certificates that a real coordinator issued, moved below a scratch folder. */
export async function controlPlane(t: ExecutionContext): Promise<Scene> {
	const coordinator = await startCoordinator(t);
	const machine = await startMachine(t, coordinator, { name: "control" });
	const [view] = await allReady(coordinator, 1);
	const folder = ownFolder(t, "rollcall-kubernetes-");
	const tree = moveTree(machine.root, folder);
	const pki = tree.at("/etc/kubernetes/pki");
	const address = tree.argument("kube-apiserver", "advertise-address");
	return {
		coordinator,
		tree,
		refresh: () => void moveTree(machine.root, folder),
		address,
		nodeName: view?.nodeName ?? "",
		identity: (name) => ({ ca: join(pki, "ca.crt"), cert: join(pki, `${name}.crt`), key: join(pki, `${name}.key`) }),
	};
}

/** Starts etcd with the rendered arguments: the one of KUBE_BIN, else Debian's without what it does not know. */
export async function startEtcd(
	t: ExecutionContext,
	network: NodeNetwork,
	{ tree, address }: Scene,
): Promise<Running | undefined> {
	const [, ...args] = tree.command("etcd");
	const own = join(process.env.KUBE_BIN ?? "/nowhere", "etcd");
	if (existsSync(own)) return network.start(own, args);
	const script = join(repository, "scripts/debian-package.mjs");
	const { debianPackage } = (await import(script)) as { debianPackage(name: string): string };
	let program: string;
	try {
		program = join(debianPackage("etcd-server"), "usr/bin/etcd");
	} catch (error) {
		if (process.env.CI === "true") throw error;
		t.log(`SKIPPED: there is no etcd: ${(error as Error).message}`);
		t.pass();
		return undefined;
	}
	t.log(`etcd of Debian instead of the rendered version at ${address}, without ${NEWER.join(", ")}`);
	return network.start(
		program,
		args.filter((word) => !NEWER.some((name) => word.startsWith(`--${name}=`))),
	);
}

/** A real control plane that is ready. */
export interface RunningControlPlane {
	readonly scene: Scene;
	readonly network: NodeNetwork;
	readonly programs: readonly (readonly [string, Running])[];
	/** Asks the API server. */
	api(path: string, as: Identity, wish?: Asking): Promise<{ status: number; text: string }>;
	/** The last words of all programs. */
	words(): string;
	/** Ends the API server and starts it again, with what its files say now. */
	restartApiServer(): Promise<void>;
}

/** Starts etcd and these components of KUBE_BIN with what was rendered. Undefined where they are not there; the test's log says so. */
export async function startControlPlane(
	t: ExecutionContext,
	components: readonly string[],
): Promise<RunningControlPlane | undefined> {
	const folder = process.env.KUBE_BIN;
	if (!folder) {
		t.log(`SKIPPED: set KUBE_BIN to a folder with ${components.join(", ")} to run them`);
		t.pass();
		return undefined;
	}
	for (const component of components)
		if (!existsSync(join(folder, component))) throw new Error(`KUBE_BIN has no ${component}`);
	const scene = await controlPlane(t);
	const { tree, address, identity } = scene;
	const network = await nodeNetwork(t, address);
	const etcd = network && (await startEtcd(t, network, scene));
	if (!network || !etcd) return undefined;
	const start = (component: string): readonly [string, Running] => {
		const [, ...args] = tree.command(component);
		return [component, network.start(join(folder, component), args)];
	};
	const programs = components.map(start);
	const words = (): string => programs.map(([name, one]) => `${name}: ${one.output().slice(-1500)}`).join("\n");
	const port = tree.argument("kube-apiserver", "secure-port");
	const api = (path: string, as: Identity, wish?: Asking) => network.ask(`https://${address}:${port}${path}`, as, wish);
	const ready = () =>
		eventually(
			"/readyz",
			async () => {
				const answer = await api("/readyz", identity("super-admin"));
				if (answer.status === 200) return answer;
				throw new Error(`${answer.status} ${answer.text}\n${words()}`);
			},
			120_000,
		);
	await ready();
	return {
		scene,
		network,
		programs,
		api,
		words,
		async restartApiServer() {
			const index = programs.findIndex(([name]) => name === "kube-apiserver");
			await programs[index]?.[1].end();
			programs[index] = start("kube-apiserver");
			await ready();
		},
	};
}
