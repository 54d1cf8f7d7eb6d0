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
	ECONNREFUSED: "nothing listens there",
	ENOTFOUND: "the name does not resolve",
	EAI_AGAIN: "the name does not resolve",
	EHOSTUNREACH: "no way leads there",
	ENETUNREACH: "no way leads there",
	ETIMEDOUT: "no answer came in time",
	ECONNRESET: "the connection was cut off",
	EADDRINUSE: "another program listens there already",
	EADDRNOTAVAIL: "this computer has no such address",
	UND_ERR_SOCKET: "the connection was cut off",
	UND_ERR_CONNECT_TIMEOUT: "no answer came in time",
	UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
	UND_ERR_BODY_TIMEOUT: "nothing came for too long",
	ENAMETOOLONG: "the name is too long",
};

/** Why the system refused a file or an address, in plain words; its own text where we have none. */
export function systemReason(error: unknown): string {
	const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
	return REASONS[code] ?? message;
}
