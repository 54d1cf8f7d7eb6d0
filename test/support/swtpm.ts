import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { debianFolders } from "@rollcall/test-support/part";
import { run } from "@rollcall/test-support/running";

/** A TPM 2.0 in software, IBM's as QEMU uses it, and what its libraries come from. */
export const SWTPM = ["swtpm", "swtpm-libs", "libtpms0", "libseccomp2"] as const;

/** Starts a TPM of its own, with seeds that no other has. Returns the Unix socket at which it takes commands. */
export async function startTpm(t: Scope): Promise<string> {
	const folders = await debianFolders(SWTPM);
	const libraries = folders.flatMap((folder) => {
		const base = join(folder, "usr/lib");
		if (!existsSync(base)) return [];
		return readdirSync(base).flatMap((name) => [join(base, name), join(base, name, "swtpm")]);
	});
	const folder = ownFolder(t);
	const socket = join(folder, "tpm");
	const server = ["--server", `type=unixio,path=${socket}`, "--ctrl", `type=unixio,path=${socket}.ctrl`];
	const started = run(
		join(folders[0] ?? "", "usr/bin/swtpm"),
		["socket", "--tpm2", "--tpmstate", `dir=${folder}`, ...server, "--flags", "not-need-init,startup-clear"],
		{ LD_LIBRARY_PATH: libraries.join(":") },
	);
	t.teardown(() => started.end());
	await eventually("the TPM", () => {
		if (started.child.exitCode !== null) throw new Error(started.output());
		return isListenedAt(socket);
	});
	return socket;
}

/** True for a Unix socket at which a process listens, not only one that has its name already (proc_pid_net(5): the flag of those that take connections). */
function isListenedAt(socket: string): boolean {
	return readFileSync("/proc/net/unix", "utf8")
		.split("\n")
		.some((line) => line.endsWith(` ${socket}`) && line.split(/\s+/)[3] === "00010000");
}
