/** As many files as a worker has, and how long each is. */
export const FILES = 12;
export const FILE_BYTES = 2_048;

/** A role of twelve files; no units and no probes, so that nothing but files is measured. */
export function documentOfFiles(): string {
	const content = "0123456789abcde\n".repeat(FILE_BYTES / 16);
	const files = Array.from({ length: FILES }, (_, index) => ({
		path: `/etc/rollcall/role/file-${index}`,
		mode: "0600",
		content,
	}));
	return JSON.stringify({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "bench",
		kubernetes: { version: "1.36" },
		networks: { pods: "10.254.0.0/16", services: "10.253.0.0/16" },
		approval: { rules: [{ name: "all", selector: {} }] },
		slots: [{ name: "files", role: "files", count: "rest" }],
		roles: { files: { files } },
	});
}
