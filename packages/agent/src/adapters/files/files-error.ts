import { messageOf } from "@rollcall/protocol";
import { FilesError } from "../../errors.ts";
import { errnoOf } from "./disk.ts";

/** What the errno says, and what to do about it. */
const WORDS: Readonly<Record<string, readonly [says: string, next: string]>> = {
	ENOSPC: ["no space left on the device", "; make room there, and it goes on by itself"],
	EROFS: ["the file system is read-only", "; mount it writable, and it goes on by itself"],
	EACCES: ["permission denied", ""],
	EDQUOT: ["the disk quota is used up", "; make room there, and it goes on by itself"],
};

/** Names the path, the errno's text, and what to do where that is known; what is a FilesError already stays as it is. */
export function filesError(path: string, error: unknown): FilesError {
	if (error instanceof FilesError) return error;
	const code = errnoOf(error);
	const words = code === undefined ? undefined : WORDS[code];
	const text = words === undefined ? messageOf(error) : `${words[0]} (${code})${words[1]}`;
	return new FilesError(`${path}: ${text}`, { cause: error });
}
