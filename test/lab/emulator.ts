import { execFile, spawn } from "node:child_process";
import { access, constants, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { alone } from "./image/alone.ts";
import { LabUnavailable, unpackPackages } from "./image/debian.ts";

const run = promisify(execFile);
const PROGRAM = "qemu-system-x86_64";
const PACKAGES = ["qemu-system-x86", "ipxe-qemu"] as const;
/** A machine under KVM has asked for its script long before. */
const KVM_TRIAL_MS = 20_000;
/** Where Debian's QEMU looks for firmware, below the root or the folder into which it was unpacked. */
const FIRMWARE = ["usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"] as const;

/** A QEMU that runs here. */
export interface Emulator {
	readonly program: string;
	/** The arguments that every machine needs: firmware folders and acceleration. */
	readonly args: readonly string[];
	readonly environment: Readonly<Record<string, string>>;
	/** `kvm` runs the guest on this computer's processor; `tcg` translates it, several times slower. */
	readonly acceleration: "kvm" | "tcg";
}

/**
 * The QEMU of this computer, else the one of its Debian release, unpacked below `cache` and not installed. Throws
 * LabUnavailable.
 */
export async function findEmulator(cache: string, wish?: "kvm" | "tcg"): Promise<Emulator> {
	const found = (await installed()) ?? (await unpacked(cache));
	const acceleration = wish ?? ((await kvmWorks(found, cache)) ? "kvm" : "tcg");
	// Newer processors have vector instructions that cost more to translate than they save: a boot takes a third longer.
	const processor = acceleration === "kvm" ? "host" : "Nehalem";
	return { ...found, args: [...found.args, "-accel", acceleration, "-cpu", processor], acceleration };
}

/** The words that start a small machine which boots from the network, and gets as far as its boot script. `nic`: QEMU's arguments for its NIC. */
export function networkBoot({ program, args }: Emulator, nic: readonly string[]): string[] {
	const hardware = ["-machine", "q35", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-boot", "n"];
	return [program, ...args, ...hardware, ...nic];
}

type Found = Pick<Emulator, "program" | "args" | "environment">;

async function installed(): Promise<Found | undefined> {
	for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
		const program = join(folder, PROGRAM);
		// The ROM is in a package of its own.
		if ((await isThere(program, constants.X_OK)) && (await isThere("/usr/lib/ipxe/qemu/pxe-virtio.rom")))
			return { program, args: [], environment: {} };
	}
	return undefined;
}

async function unpacked(cache: string): Promise<Found> {
	const tree = join(cache, "qemu");
	const program = join(tree, "usr/bin", PROGRAM);
	if (!(await isThere(program)))
		await alone(cache, async () => {
			if (!(await isThere(program))) await unpackPackages({ names: PACKAGES, beside: "this-computer" }, tree, cache);
		});
	const found = {
		program,
		args: FIRMWARE.flatMap((folder) => ["-L", join(tree, folder)]),
		environment: { LD_LIBRARY_PATH: join(tree, "usr/lib/x86_64-linux-gnu") },
	};
	try {
		await run(program, ["--version"], { env: { ...process.env, ...found.environment } });
	} catch (error) {
		throw new LabUnavailable(
			`the unpacked ${PROGRAM} does not run here (${(error as Error).message.slice(0, 300)}); install it: apt-get install ${PACKAGES.join(" ")}`,
		);
	}
	return found;
}

/**
 * Whether KVM can really be used: the device may be there and be of no use, as in many containers, or run nothing that begins
 * in real mode, as some nested ones. So a machine has to get as far as its network ROM's first request.
 */
async function kvmWorks(found: Found, cache: string): Promise<boolean> {
	const device = await open("/dev/kvm", "r+").catch(() => undefined);
	if (!device) return false;
	await device.close();
	// Tried once per boot of this computer: where it does not work, that takes a while to show.
	const file = join(cache, "kvm.json");
	const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
	const before = await readFile(file, "utf8").then(
		(text) => JSON.parse(text) as { bootId: string; works: boolean },
		() => undefined,
	);
	if (before?.bootId === bootId) return before.works;
	const works = await tryKvm(found);
	await mkdir(cache, { recursive: true });
	await writeFile(file, JSON.stringify({ bootId, works }));
	return works;
}

async function tryKvm({ program, args, environment }: Found): Promise<boolean> {
	const asked = Promise.withResolvers<boolean>();
	const server = createServer((_request, response) => {
		response.end("#!ipxe\nexit\n");
		asked.resolve(true);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const words = [
		...[...args, "-accel", "kvm", "-cpu", "host", "-m", "128", "-nodefaults", "-display", "none", "-boot", "n"],
		...["-netdev", `user,id=lan,bootfile=http://10.0.2.2:${port}/trial.ipxe`, "-device", "virtio-net-pci,netdev=lan"],
	];
	const trial = spawn(program, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"] });
	const late = setTimeout(() => asked.resolve(false), KVM_TRIAL_MS);
	trial.once("error", () => asked.resolve(false));
	trial.once("exit", () => asked.resolve(false));
	trial.stderr.on("data", (chunk: Buffer) => {
		if (/KVM internal error/.test(chunk.toString())) asked.resolve(false);
	});
	try {
		return await asked.promise;
	} finally {
		clearTimeout(late);
		trial.kill("SIGKILL");
		server.closeAllConnections();
		server.close();
	}
}

function isThere(path: string, mode: number = constants.F_OK): Promise<boolean> {
	return access(path, mode).then(
		() => true,
		() => false,
	);
}
