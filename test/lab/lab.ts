import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Assets, agentAssetName } from "@rollcall/coordinator/trials";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { repository } from "../support/places.ts";
import { type BootWish, LAB_ASSETS, LAB_CLUSTER, labBootDocument } from "./documents.ts";
import { type Emulator, findEmulator } from "./emulator.ts";
import { buildImage, type LabImage } from "./image/build.ts";
import type { ContainerRuntime } from "./image/system-tree.ts";
import { LabMachine } from "./machine.ts";
import { packedAgent } from "./packed-agent.ts";

/** Where the image and QEMU are kept between runs. */
export const LAB_CACHE = join(repository, ".cache/lab");
/** The address of this computer's loopback, as lab machines reach it. */
const HOST_ADDRESS = "10.0.2.2";
/** A worker's least: what rollcall's budget asks for, and what the kernel keeps for itself. */
const MEMORY_MIB = 2048;

/** How a lab differs from the usual one. */
export interface LabWish extends BootWish {
	/** The cluster document's text. */
	readonly document?: string;
	readonly memoryMiB?: number;
	readonly acceleration?: "kvm" | "tcg";
	/** Progress, for whoever waits. */
	readonly say?: (text: string) => void;
}

/** A coordinator, and machines that boot from it. */
export interface Lab {
	/** The one that runs now. */
	coordinator(): TestCoordinator;
	/** Ends the coordinator, and starts it again on the same ports and data. */
	restartCoordinator(signal?: NodeJS.Signals): Promise<void>;
	/** A machine without power. The same number is the same hardware; numbers begin at 1. */
	machine(number: number): LabMachine;
	readonly emulator: Emulator;
	readonly image: LabImage;
	/** Of this run alone: the coordinator's data and the consoles. */
	readonly folder: string;
}

/** The parts that take long the first time: a QEMU and the image. Throws LabUnavailable. */
export async function labParts(
	say: (text: string) => void = () => {},
	{ acceleration, runtime }: { acceleration?: "kvm" | "tcg" | undefined; runtime?: ContainerRuntime } = {},
): Promise<Pick<Lab, "emulator" | "image">> {
	await mkdir(LAB_CACHE, { recursive: true });
	const emulator = await findEmulator(LAB_CACHE, acceleration);
	const image = await buildImage(LAB_CACHE, runtime);
	say(
		`${image.built ? "built" : "found"} the image ${image.hash.slice(0, 12)}; QEMU runs with ${emulator.acceleration}`,
	);
	return { emulator, image };
}

/**
 * Opens a lab: a coordinator on the loopback, with the image among its assets. Its machines reach it as the host of their own
 * networks. All of it ends with `t`, machines first. Throws LabUnavailable where there is no QEMU or no image to be had.
 */
export async function openLab(t: Scope, wish: LabWish = {}): Promise<Lab> {
	const { emulator, image } = await labParts(wish.say, { acceleration: wish.acceleration });
	const folder = ownFolder(t, "rollcall-lab-");
	const dataFolder = join(folder, "coordinator");
	await mkdir(dataFolder, { mode: 0o700 });
	const assets = await Assets.open(join(dataFolder, "assets"));
	for (const part of ["kernel", "initrd"] as const)
		await assets.add({ name: LAB_ASSETS[part], source: { file: image[part] }, expect: {} });
	await assets.add({ name: agentAssetName("x64"), source: { file: await packedAgent(LAB_CACHE) }, expect: {} });
	const bootDocument = join(folder, "boot.yaml");
	await writeFile(bootDocument, labBootDocument(wish));
	const [port, natsPort, bootPort] = [await freePort(), await freePort(), await freePort()];
	const seen = (at: number): string => `http://${HOST_ADDRESS}:${at}`;
	let coordinator = await startCoordinator(t, {
		dataFolder,
		port,
		natsPort,
		document: wish.document ?? LAB_CLUSTER,
		boot: { port: bootPort, url: seen(bootPort), document: bootDocument },
		advertise: { http: seen(port).replace("http:", "https:"), nats: [`${HOST_ADDRESS}:${natsPort}`] },
		readyWithinMs: 120_000,
	});
	const machines = new Map<number, LabMachine>();
	return {
		emulator,
		image,
		folder,
		coordinator: () => coordinator,
		restartCoordinator: async (signal = "SIGTERM") => {
			coordinator = await coordinator.restart({ signal });
		},
		machine: (number) => {
			const known = machines.get(number);
			if (known) return known;
			const machine = new LabMachine({
				name: `lab-${number}`,
				folder,
				emulator,
				nic: (mac) => ownNetwork(mac, number, `${seen(bootPort)}/boot.ipxe`),
				memoryMiB: wish.memoryMiB ?? MEMORY_MIB,
				processors: 1,
			});
			machines.set(number, machine);
			t.teardown(() => machine.cutPower());
			return machine;
		},
	};
}

/** A network card on a network of the machine's own, behind QEMU. Addresses are told apart by the number (0 to 199), since the fleet is one. */
function ownNetwork(mac: string, number: number, bootUrl: string): readonly string[] {
	const network = `user,id=lan,net=10.0.0.0/16,host=${HOST_ADDRESS},dns=10.0.2.3,dhcpstart=10.0.3.${number + 10},bootfile=${bootUrl}`;
	return ["-netdev", network, "-device", `virtio-net-pci,netdev=lan,mac=${mac}`];
}
