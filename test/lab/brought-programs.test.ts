import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianFolders, debianPackages } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { newOperator } from "../support/cli.ts";
import { startOn } from "./host.ts";
import type { LabMachine } from "./machine.ts";
import { switchPart } from "./part.ts";
import { RELEASED_PACKAGES, standInFor, writeReleases } from "./releases/makers.ts";
import { POD_IMAGE, writePodKubelet } from "./releases/pod-kubelet.ts";
import { openRoom, type Room } from "./room.ts";

const VERSION = "1.36.2";
const BUSYBOX = "busybox-static";
const MIRROR_PORT = 7490;
/** An emulated machine on a busy computer. */
const BOOTED_MS = 400_000;
const MEMORY_MIB = 2560;

/** Declares that every machine is a worker, with what `rollcall assets fetch` printed, by a mirror beside the coordinator. */
async function declareWorkers(t: Parameters<typeof openRoom>[0], room: Room): Promise<void> {
	const { folder, bridge } = room;
	const [releases, own] = [join(folder, "releases"), join(folder, "own")];
	for (const one of [releases, own]) await mkdir(one);
	const kubelet = join(own, "kubelet");
	await writePodKubelet(kubelet);
	const [kubectl, crictl] = [await standInFor("kubectl", own), await standInFor("crictl", own)];
	await writeReleases(releases, VERSION, { kubelet, kubectl, crictl });
	const script = join(import.meta.dirname, "releases/serve-folder.ts");
	const mirror = startOn(t, bridge, [process.execPath, script, releases, bridge.address, String(MIRROR_PORT)]);
	await eventually("a mirror", () => mirror.output().includes("listening"));
	const artifacts = await room.fetched(VERSION, `http://${bridge.address}:${MIRROR_PORT}`);
	const [busybox = ""] = await debianFolders([BUSYBOX]);
	const image = join(folder, "image.tar");
	const made = await newOperator(t).rollcall(
		...["check", "image", "--busybox", join(busybox, "bin/busybox"), "--out", image],
	);
	if (made.code !== 0) throw new Error(made.stderr);
	await room.declare({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "room",
		kubernetes: { version: VERSION, podNetwork: "routed", artifacts },
		images: { archives: [{ name: "pod", ...(await room.added("pod.tar", image)) }], overrides: { check: POD_IMAGE } },
		networks: { dnsServers: [] },
		approval: { rules: [{ name: "lab", selector: {} }] },
		slots: [{ name: "workers", role: "worker", count: "rest" }],
	});
}

testNeeding(await switchPart(), await debianPackages([...RELEASED_PACKAGES, BUSYBOX]))(
	"machines whose system has nothing that runs containers get all of it from the coordinator, which fetched it from a mirror of its makers, and their pods reach each other",
	async (t) => {
		t.timeout(stretched(3 * BOOTED_MS));
		const room = await openRoom(t, { name: "bare", memoryMiB: [MEMORY_MIB, MEMORY_MIB] });
		await declareWorkers(t, room);
		for (const machine of room.machines) machine.powerOn();
		const logOf = async (machine: LabMachine, unit: string) => {
			const id = (await room.view(machine))?.machine.machineId ?? "";
			return (await room.host.rollcall("logs", id, "-u", unit, "-n", "60")).stdout;
		};
		for (const machine of room.machines) {
			const detail = await eventually(
				`${machine.name} to be ready`,
				async () => {
					const seen = await room.view(machine);
					if (seen?.machine.phase === "ready") return seen;
					throw new Error([seen?.machine.phase, seen?.machine.reason, await machine.consoleTail(20)].join("\n"));
				},
				BOOTED_MS,
				2_000,
			).catch(async (error: unknown) => {
				const logs = [await logOf(machine, "containerd.service"), await logOf(machine, "kubelet.service")];
				throw new Error([...logs, room.host.output().slice(-3000)].join("\n---\n"), { cause: error });
			});
			t.like(
				Object.fromEntries((detail.programs ?? []).map(({ name, from, path }) => [name, `${from} ${path}`])),
				Object.fromEntries([
					...["containerd", "containerd-shim-runc-v2", "ctr", "runc", "kubelet", "kubectl", "crictl"].map((name) => [
						name,
						`coordinator /opt/rollcall/bin/${name}`,
					]),
					...["loopback", "bridge", "host-local", "portmap"].map((name) => [name, `coordinator /opt/cni/bin/${name}`]),
				]),
			);
		}
		for (const machine of room.machines) {
			const shown = await eventually(
				`the pod of ${machine.name} to reach the other`,
				async () => {
					const log = await logOf(machine, "kubelet.service");
					const found = /pod (\S+) reached (\S+) as (\S+)/.exec(log);
					if (found) return found;
					throw new Error(`${log}\n---\n${await logOf(machine, "containerd.service")}`);
				},
				BOOTED_MS,
				2_000,
			);
			const [, own, , as] = shown;
			t.is(as, own, "with its own address");
		}
	},
);
