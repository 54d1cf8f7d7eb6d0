import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, namespaces, type Part } from "@rollcall/test-support/part";
import type { Running } from "@rollcall/test-support/running";
import type { ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";
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

const ETCD = ["etcd-server"];

/** A network and an etcd: what real components need besides programs of Kubernetes. */
export async function etcdParts(): Promise<readonly Part[]> {
	const own = existsSync(join(process.env.KUBE_BIN ?? "/nowhere", "etcd"));
	return [namespaces(), ...(own ? [] : [await debianPackages(ETCD)])];
}

/** Starts etcd with the rendered arguments: the one of KUBE_BIN, else Debian's without what it does not know. */
export async function startEtcd(t: ExecutionContext, network: NodeNetwork, { tree, address }: Scene): Promise<Running> {
	const [, ...args] = tree.command("etcd");
	const own = join(process.env.KUBE_BIN ?? "/nowhere", "etcd");
	if (existsSync(own)) return network.start(own, args);
	const [folder = ""] = await debianFolders(ETCD);
	t.log(`etcd of Debian instead of the rendered version at ${address}, without ${NEWER.join(", ")}`);
	return network.start(
		join(folder, "usr/bin/etcd"),
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

/** Starts etcd and these components of KUBE_BIN with what was rendered. */
export async function startControlPlane(
	t: ExecutionContext,
	components: readonly string[],
): Promise<RunningControlPlane> {
	const folder = process.env.KUBE_BIN ?? "";
	const scene = await controlPlane(t);
	const { tree, address, identity } = scene;
	const network = await nodeNetwork(t, address);
	const _etcd = await startEtcd(t, network, scene);
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
