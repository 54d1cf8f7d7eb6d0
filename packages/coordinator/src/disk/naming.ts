/** An error of the system that names its file: that of a write to an open file, such as of a full disk, does not say which one. */
export function naming(file: string, error: unknown): unknown {
	if (!(error instanceof Error) || !("code" in error) || "path" in error) return error;
	return Object.assign(new Error(`${error.message} '${file}'`, { cause: error }), { code: error.code, path: file });
}
