import { rmSync } from "node:fs";
import { countOf, networkChanges } from "../../domain/pod-kernel.ts";
import { NetworkError } from "../../errors.ts";
import type { PodKernel } from "../../ports.ts";
import { runCommand } from "../command.ts";
import { readNetwork } from "./found-network.ts";
import { bringMasquerade } from "./masquerade.ts";

/** Thousands of lines take less than a second. */
const LIMIT_MS = 60_000;
/** Where the CNI plugin host-local notes which addresses it gave, of the network that targets have. */
const GIVEN = "/run/cni/networks/rollcall";

/** The kernel of this machine, over ip(8), bridge(8), and nft(8) or iptables(8). */
export function createPodKernel(): PodKernel {
	return {
		async bring(wanted) {
			const changes = networkChanges(wanted, await readNetwork());
			if (countOf(changes) > 0) {
				const words = [
					await batch("ip", changes.devices),
					await batch("bridge", changes.forwarding),
					await batch("ip", changes.routes),
				].filter((text) => text !== "");
				const left = networkChanges(wanted, await readNetwork());
				const [line] = [...left.devices, ...left.forwarding, ...left.routes];
				if (line !== undefined) throw new NetworkError(`${line}: ${words[0] ?? "it did not last"}`);
			}
			await bringMasquerade(wanted?.masquerade ?? []);
			return countOf(changes);
		},
		async clear(bridge) {
			// It has an address of a share that is this node's no more, and the plugin would not take another one.
			await runCommand("ip", ["link", "del", bridge], LIMIT_MS);
			rmSync(GIVEN, { recursive: true, force: true });
		},
	};
}

/** Runs all lines, also after one that fails; the next look finds what is missing then. Returns the first complaint. */
async function batch(program: "ip" | "bridge", lines: readonly string[]): Promise<string> {
	if (lines.length === 0) return "";
	const input = `${lines.join("\n")}\n`;
	const { code, stderr } = await runCommand(program, ["-force", "-batch", "-"], LIMIT_MS, { input });
	if (code === 0) return "";
	const first = stderr.split("\n").find((line) => line !== "" && !line.startsWith("Command failed"));
	return (first ?? `${program} ended with ${code}`).slice(0, 300);
}
