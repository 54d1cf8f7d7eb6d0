import type { NfsVolumes } from "@rollcall/protocol";
import type { Check, Finding } from "./finding.ts";

const AT = ["volumes", "nfs"] as const;

/**
 * Refuses a folder or mount options that a node cannot mount with the kernel's NFS client alone, and warns where nothing makes volumes, so that claims
 * would wait for ever. (The server's address is checked with the other addresses.)
 */
export const checkVolumes: Check = ({ volumes, slots }) => {
	if (volumes?.nfs)
		return { findings: [...checkServer(volumes.nfs), ...checkPath(volumes.nfs), ...checkOptions(volumes.nfs)] };
	const runsPods = slots.some(({ role, count }) => role === "worker" && count !== 0);
	if (volumes || !runsPods) return {};
	const message =
		"nothing makes volumes: on machines without disks, a PersistentVolumeClaim waits for ever; declare volumes.nfs, or write volumes: {} if that is meant";
	return { warnings: [{ path: ["volumes"], message }] };
};

function checkServer({ server }: NfsVolumes): Finding[] {
	if (!/^(?:.*\.)?localhost\.?$/i.test(server)) return [];
	const message = `${server} is a loopback address: every machine would reach itself`;
	return [{ path: [...AT, "server"], message, suggestion: "the file server's name or address, as nodes reach it" }];
}

function checkPath({ path }: NfsVolumes): Finding[] {
	const parts = path.split("/").filter((part) => part !== "" && part !== ".");
	const clean = `/${parts.join("/")}`;
	if (parts.includes("..")) {
		const message = `${path} leads out of the folder that it names`;
		return [{ path: [...AT, "path"], message, suggestion: "the exported folder itself, without .." }];
	}
	if (clean === path) return [];
	return [{ path: [...AT, "path"], message: `${path} is not written plainly`, suggestion: clean }];
}

/** Other versions and kinds of security need daemons on the nodes (rpcbind, rpc.statd, rpc.gssd), which a minimal system lacks. */
function checkOptions({ mountOptions }: NfsVolumes): Finding[] {
	return mountOptions.flatMap((option, index): Finding[] => {
		const path = [...AT, "mountOptions", index];
		const [name = "", value = ""] = option.split("=");
		if (/^(?:nfsvers|vers)$/.test(name) && !/^4(?:\.[0-2])?$/.test(value)) {
			const message = `${option}: only NFS 4 works without daemons on the nodes`;
			return [{ path, message, suggestion: "nfsvers=4.1" }];
		}
		if (/^(?:v[23]|sec|proto|mountproto)$/.test(name) && !/^(?:sec=sys|proto=tcp6?)$/.test(option)) {
			return [{ path, message: `${option} needs what the nodes do not have`, suggestion: "leave it out" }];
		}
		return [];
	});
}
