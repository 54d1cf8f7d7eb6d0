/** `e_machine` of an ELF header (elf(5)). */
const ARCHITECTURES: Readonly<Record<number, "x64" | "arm64">> = { 62: "x64", 183: "arm64" };

/** The architecture of a Linux program, by its first 20 bytes; undefined for anything else. */
export function programArch(header: Buffer): "x64" | "arm64" | undefined {
	if (header.length < 20 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
	return ARCHITECTURES[header.readUInt16LE(18)];
}
