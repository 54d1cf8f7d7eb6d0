import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { ownFolder, startCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { type Running, repository } from "../support/processes.ts";
import { type MovedTree, moveTree } from "./moved-tree.ts";
import type { Identity, NodeNetwork } from "./network.ts";

/** Arguments of etcd 3.6 that an older one does not know; Debian 12 has 3.4. */
const NEWER = ["feature-gates", "tls-min-version", "watch-progress-notify-interval", "listen-metrics-urls"];

/** A control plane on disk: where its files are, and who may ask it. */
export interface Scene {
	readonly tree: MovedTree;
	readonly address: string;
	readonly nodeName: string;
	identity(name: string): Identity;
}

/** A control plane as a real agent wrote it, with the certificates that a real coordinator issued, moved below a scratch folder. */
export async function controlPlane(t: ExecutionContext): Promise<Scene> {
	const coordinator = await startCoordinator(t);
	const machine = await startMachine(t, coordinator, { name: "control" });
	const [view] = await allReady(coordinator, 1);
	const tree = moveTree(machine.root, ownFolder(t, "rollcall-kubernetes-"));
	const pki = tree.at("/etc/kubernetes/pki");
	const address = tree.argument("kube-apiserver", "advertise-address");
	return {
		tree,
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
