import { z } from "zod";

/** An absolute, normalised path: no `..`, no `.`, no empty part, no NUL. */
export const AbsolutePath = z
	.string()
	.max(1024)
	.regex(/^(?:\/[^/\0]+)+$/, "a path is absolute, without trailing slash or empty parts")
	.refine(isPlainPath, "a path has no '.' or '..' parts");

/** True when no part of a path is `.` or `..`. */
export function isPlainPath(path: string): boolean {
	return !path.split("/").some((part) => part === "." || part === "..");
}

/** Permission bits as an octal text, `0600`. No set-uid, set-gid or sticky bit. */
export const Mode = z.string().regex(/^0[0-7]{3}$/, "a mode is four octal digits, like 0644");
