import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ReleaseFile } from "@rollcall/coordinator/command-line";

/** Puts what stands at an address into a folder as `rollcall assets fetch --from` reads it. */
export function putUrl(folder: string, url: string, bytes: Buffer | string): void {
	const file = join(folder, url.replace("https://", ""));
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, bytes);
}

/** A digest, hexadecimal. */
export function hexOf(algorithm: string, bytes: Buffer | string): string {
	return createHash(algorithm).update(bytes).digest("hex");
}

/** Puts a file of a release into such a folder, with its sum beside it in the maker's form. */
export function publish(folder: string, { url, sum }: ReleaseFile, bytes: Buffer | string): void {
	putUrl(folder, url, bytes);
	if (!("url" in sum)) return;
	const line = `${hexOf(sum.algorithm, bytes)}  ${url.replace(/^.*\//, "")}\n`;
	putUrl(folder, sum.url, sum.algorithm === "sha512" ? `# SHA512 HASH\n${line}` : line);
}
