import { execFile } from "node:child_process";
import { access, constants, open } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { LabUnavailable, unpackPackages } from "./image/debian.ts";

const run = promisify(execFile);
const PROGRAM = "qemu-system-x86_64";
const PACKAGES = ["qemu-system-x86", "ipxe-qemu"] as const;
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
	const acceleration = wish ?? ((await kvmWorks(found)) ? "kvm" : "tcg");
	const processor = acceleration === "kvm" ? "host" : "max";
	return {
		...found,
		args: [...found.args, "-accel", acceleration, "-cpu", process.env.CPU ?? processor],
		acceleration,
	};
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
	if (!(await isThere(program))) await unpackPackages({ names: PACKAGES, beside: "this-computer" }, tree, cache);
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

/** Whether KVM can really be used: the device may be there and still be of no use, as in many containers. */
async function kvmWorks({ program, args, environment }: Found): Promise<boolean> {
	const device = await open("/dev/kvm", "r+").catch(() => undefined);
	if (!device) return false;
	await device.close();
	// A machine that is stopped from the start and told to quit at once.
	const words = [
		...args,
		"-accel",
		"kvm",
		"-cpu",
		"host",
		"-S",
		"-display",
		"none",
		"-nodefaults",
		"-monitor",
		"stdio",
	];
	const trial = run(program, words, { env: { ...process.env, ...environment }, timeout: 10_000 });
	trial.child.stdin?.end("quit\n");
	return trial.then(
		() => true,
		() => false,
	);
}

function isThere(path: string, mode: number = constants.F_OK): Promise<boolean> {
	return access(path, mode).then(
		() => true,
		() => false,
	);
}
