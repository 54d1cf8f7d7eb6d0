import { FilesError, messageOf } from "../../errors.ts";
import { errnoOf } from "./disk.ts";

const WORDS: Readonly<Record<string, string>> = {
	ENOSPC: "no space left on the device",
	EROFS: "the file system is read-only",
	EACCES: "permission denied",
	EDQUOT: "the disk quota is used up",
};

/** Names the path and the errno's text; what is a FilesError already stays as it is. */
export function filesError(path: string, error: unknown): FilesError {
	if (error instanceof FilesError) return error;
	const code = errnoOf(error);
	const words = code === undefined ? undefined : WORDS[code];
	const text = messageOf(error);
	return new FilesError(`${path}: ${words === undefined ? text : `${words} (${code})`}`, { cause: error });
}
