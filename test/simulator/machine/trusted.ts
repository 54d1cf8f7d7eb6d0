import { CERTIFICATE_PATH, ROLE } from "../targets.ts";
import { endOf, isValidAt, signerOf } from "./keys.ts";
import type { RamDisk } from "./ram-disk.ts";

const textOn = (disk: RamDisk, path: string): string | undefined =>
	disk.standing(path) ? disk.read(path).toString() : undefined;

/** True for a certificate on a disk that is valid at a time. */
export function hasValidCertificate(disk: RamDisk, now: number): boolean {
	const text = textOn(disk, CERTIFICATE_PATH);
	return text !== undefined && isValidAt(text, now);
}

/** When the certificate on a disk ends, in milliseconds since 1970; never, without one. */
export function certificateEndOn(disk: RamDisk): number {
	const text = textOn(disk, CERTIFICATE_PATH);
	return text === undefined ? Number.POSITIVE_INFINITY : endOf(text);
}

/** Who signed the certificate that lies on a disk; undefined without one. */
export function signerOn(disk: RamDisk): string | undefined {
	const text = textOn(disk, CERTIFICATE_PATH);
	return text === undefined ? undefined : signerOf(text);
}

/** The authorities that a machine believes by what lies on its disk. */
export function believedOn(disk: RamDisk): readonly string[] {
	return textOn(disk, ROLE)?.split("\n")[1]?.split(",") ?? [];
}
