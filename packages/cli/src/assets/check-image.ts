import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemReason } from "@rollcall/protocol";
import { Failure, usageFailure } from "../errors.ts";
import { bytesOf } from "../files/read-text.ts";
import type { Image, ImageFile } from "./image-archive.ts";

const run = promisify(execFile);
/** What the pods of a check call. */
const APPLETS = ["sh", "httpd", "wget", "nslookup", "timeout", "tail", "tr", "cut", "grep", "cat", "sleep", "sync"];
/** As it stands in `images.overrides` of the cluster document. */
export const CHECK_IMAGE = "rollcall.local/check:1";
const MOST_BYTES = 16 * 2 ** 20;
/** `e_machine` and `p_type` of elf(5). */
const MACHINES: Readonly<Record<number, string>> = { 62: "amd64", 183: "arm64" };
const PT_INTERP = 3;

/** The image of a check's pods, from a busybox that needs nothing but the kernel (Debian's package busybox-static). Throws Failure. */
export async function checkImage(busybox: string): Promise<Image> {
	const next = "install Debian's package busybox-static, or name a static busybox with --busybox";
	const content = await bytesOf(busybox, MOST_BYTES).catch((error: unknown) => {
		throw usageFailure(`${busybox}: ${systemReason(error)}`, next);
	});
	const architecture = content.length < MOST_BYTES ? staticArchitecture(content) : undefined;
	if (architecture === undefined) throw usageFailure(`${busybox}: it is no static program for amd64 or arm64`, next);
	// One of another architecture cannot be asked here; its pods say what they lack.
	const applets = await run(busybox, ["--list"]).then(
		({ stdout }) => stdout.split("\n"),
		() => APPLETS,
	);
	const lacking = APPLETS.filter((name) => !applets.includes(name));
	if (lacking.length > 0) throw new Failure(`${busybox} lacks ${lacking.join(", ")}`, { next });
	const links = APPLETS.map((name): ImageFile => ({ path: `bin/${name}`, link: "busybox", mode: 0o777 }));
	const folders = ["bin/", "etc/", "tmp/", "proc/", "dev/", "sys/", "data/"].map((path) => ({ path, mode: 0o755 }));
	const files = [...folders, { path: "bin/busybox", content, mode: 0o755 }, ...links];
	return { reference: CHECK_IMAGE, architecture, files };
}

/** Of a program for Linux that asks for no loader (64 bits, little-endian); undefined for anything else. */
function staticArchitecture(elf: Buffer): string | undefined {
	if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) return undefined;
	const start = Number(elf.readBigUInt64LE(32));
	const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
	for (let index = 0; index < count; index++) {
		const at = start + index * size;
		if (at + 4 > elf.length || elf.readUInt32LE(at) === PT_INTERP) return undefined;
	}
	return MACHINES[elf.readUInt16LE(18)];
}
