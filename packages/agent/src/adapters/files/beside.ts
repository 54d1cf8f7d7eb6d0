import { createHash } from "node:crypto";

/** Names of the agent's temporary files begin with a dot, so that kubelet, systemd and sysctl pass over them. */
const OURS = /^\.rollcall-[0-9a-f]{16}\.(?:staged|kept|[0-9a-f]{8}\.part)$/;

/** Where the temporary files of one path lie: in its own folder, so that a rename is atomic, under names of one length. */
export function beside(path: string): { staged: string; kept: string; part(digest: string): string } {
	const stem = `${path.slice(0, path.lastIndexOf("/"))}/.rollcall-${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
	return {
		staged: `${stem}.staged`,
		kept: `${stem}.kept`,
		part: (digest) => `${stem}.${digest.slice("sha256:".length, "sha256:".length + 8)}.part`,
	};
}

/** True when a file's name is that of one of the agent's temporary files. */
export function isOurs(name: string): boolean {
	return OURS.test(name);
}
