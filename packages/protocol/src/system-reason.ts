const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "there is no such file",
	ENOTDIR: "a part of its path is no folder",
	EISDIR: "it is a folder, not a file",
	EACCES: "this user may not",
	EPERM: "this user may not",
	EEXIST: "it exists already",
	ENOSPC: "no space is left on the device",
	EROFS: "the file system is read-only",
	EIO: "the device reports an error",
	EMFILE: "too many files are open",
	ELOOP: "its links lead in a circle",
	ENAMETOOLONG: "the name is too long",
};

/** Why the system refused a file, in plain words; its own text where we have none. */
export function systemReason(error: unknown): string {
	const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
	return REASONS[code] ?? message;
}
